"""docs/endpoints.md: the vendor's other APIs that workflows call, from the catalogue by which they are checked."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence

from deployer.lint.endpoints import Endpoint, Field

_HEAD = """\
# 8x8's other APIs

An HttpRequest step may call the vendor's other services: put a number on the blacklist, show that an answer is being
written, remove personal data. The rule [`8x8-endpoint`](rules.md#8x8-endpoint) checks such steps against this list.
Expressions are taken as right where they stand; addresses of 8x8 that are not on the list are let be. The
[emulator](emulator.md#8x8s-other-services) answers what [the examples](../examples/8x8-services/README.md) call.

Made from `schemas/endpoints/`, one file an endpoint. A file more is an endpoint more.
"""


def render_page(endpoints: Sequence[Endpoint]) -> str:
    """The whole page: a table, then each endpoint with a step to start from."""
    rows = [
        f"| [{endpoint.name}](#{_anchor(endpoint.name)}) | {endpoint.method} | `{endpoint.host}` | {endpoint.purpose} |"
        for endpoint in endpoints
    ]
    table = ["| endpoint | method | host | what it is for |", "|---|---|---|---|", *rows, ""]
    return "\n".join((_HEAD, *table, *map(_section, endpoints)))


def step_of(endpoint: Endpoint) -> str:
    """An HttpRequest step that calls an endpoint, in YAML; what differs from company to company is a variable."""
    key = "Bearer ${secret.CPAAS_API_KEY}" if endpoint.key_header == "Authorization" else "${secret.VIDEO_TOKEN}"
    body = {name: field.example for name, field in endpoint.body.items() if field.example is not None}
    lines = [
        f"- id: {_anchor(endpoint.name)}",
        "  stepType: HttpRequest",
        "  inputs:",
        f"    url: {json.dumps(_address(endpoint))}",
        f"    method: {endpoint.method}",
        f"    headers: {{ {endpoint.key_header}: {json.dumps(key)} }}",
        *(["    body:"] if body else []),
        *(f"      {name}: {json.dumps(value, ensure_ascii=False)}" for name, value in body.items()),
    ]
    return "\n".join(lines) + "\n"


def _section(endpoint: Endpoint) -> str:
    fields = [*_rows("path", endpoint.places), *_rows("body", endpoint.body)]
    return "\n".join(
        (
            f"## {endpoint.name}\n",
            f"{endpoint.purpose} See [the vendor's page]({endpoint.source}).\n",
            f"```\n{endpoint.method} {endpoint.url}\n```\n",
            "| field | where | what is right |",
            "|---|---|---|",
            *fields,
            f"\n```yaml\n{step_of(endpoint)}```\n",
        )
    )


def _rows(where: str, fields: Mapping[str, Field]) -> list[str]:
    return [f"| `{name}` | {_where(where, field)} | {_legal(field)} |" for name, field in fields.items()]


def _where(where: str, field: Field) -> str:
    return where if where == "path" else f"{where}, {'required' if field.required else 'may be left out'}"


def _legal(field: Field) -> str:
    words = f": {', '.join(f'`{word}`' for word in field.words)}" if field.words else ""
    later = f"; before `{field.before}`" if field.before is not None else ""
    beside = (
        f"; where it matches `{field.needs[1].pattern}`, `{field.needs[0]}` stands beside it" if field.needs else ""
    )
    return f"{field.legal}{words}{later}{beside}".replace("|", "\\|")


def _address(endpoint: Endpoint) -> str:
    segments = []
    for segment in endpoint.segments:
        place = endpoint.places.get(segment.strip("{*}")) if segment.startswith("{") else None
        segments.append(segment if place is None else str(place.example))
    return f"https://{endpoint.host}/{'/'.join(segments)}"


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
