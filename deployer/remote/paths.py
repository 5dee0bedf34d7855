"""Ids on their way into paths: anything that is no id is refused before it is sent."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlencode, urlsplit

from deployer.errors import ConfigurationError
from deployer.remote.errors import printable

Query = Mapping[str, str | int | None]
"""Parameters; None is left out."""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_INSTANCE_ID = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)


def account_path(account: str) -> str:
    """Where everything of an account lies."""
    return f"/api/v1/accounts/{quote(account, safe='')}"


def definition_path(definition_id: str) -> str:
    """One definition. Raises ConfigurationError for what is no UUID."""
    if not _UUID.fullmatch(definition_id):
        raise ConfigurationError(
            f"{printable(definition_id, limit=80)!r} is not a definition id",
            hint="Definition ids are UUIDs, like 5870442f-3ddd-4657-b74c-6e17308f5230.",
        )
    return f"/definitions/{definition_id}"


def instance_path(definition_id: str, instance_id: str) -> str:
    """One instance. Raises ConfigurationError for what is no id."""
    check_instance_id(instance_id)
    return f"{definition_path(definition_id)}/workflows/{instance_id}"


def check_instance_id(instance_id: str) -> None:
    """Raise ConfigurationError for what is no id."""
    if not _INSTANCE_ID.fullmatch(instance_id):
        raise ConfigurationError(
            f"{printable(instance_id, limit=80)!r} is not an instance id",
            hint="Instance ids are letters and digits, like 60dbe307fe55d99fc083db61.",
        )


def with_query(path: str, query: Query) -> str:
    """Add the parameters that have a value."""
    given = {name: value for name, value in query.items() if value is not None}
    return f"{path}?{urlencode(given, quote_via=quote, safe='')}" if given else path


def last_segment(location: str) -> str | None:
    """The id that a `Location` header ends in, None when it ends in something else."""
    try:
        path = urlsplit(location).path
    except ValueError:
        return None
    named = unquote(path.rstrip("/").rpartition("/")[2])
    return named if _INSTANCE_ID.fullmatch(named) else None
