"""Where `deployer.yaml` cannot be read: the account from the environment, for whoever names a definition by its id."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

from deployer.errors import ConfigurationError
from deployer.source.project import DEFAULT_BASE_URL, Environment, Project, ProjectError, open_project
from deployer.source.root import find_root

ACCOUNT = "DEPLOYER_ACCOUNT"
BASE_URL = "DEPLOYER_BASE_URL"
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")


def open_or_stand_in(
    start: Path, environ: Mapping[str, str], env: str | None, *, say: Callable[[str], None]
) -> Project:
    """The project around `start`; where its file is missing or cannot be read, one that the environment describes.

    A file that can be read is never overruled. Raises ConfigurationError where the environment does not say enough.
    """
    try:
        project = open_project(start)
    except ConfigurationError as error:
        if not environ.get(ACCOUNT):
            error.hint = (
                f"Without it: set {ACCOUNT} (and {BASE_URL}, unless it is {DEFAULT_BASE_URL}), and give --env NAME and "
                "--id UUID. Or restore it: `git show HEAD:deployer.yaml` prints the last one."
            )
            raise
        what = error.findings[0].message if isinstance(error, ProjectError) else str(error)
        say(f"warning: deployer.yaml cannot be used: {what}; going by {ACCOUNT}, and as if `protect` stood there")
        return _described(find_root(start) or start.resolve(), environ, env, protect=True)
    if project.document is None and environ.get(ACCOUNT):
        say(f"there is no deployer.yaml: going by {ACCOUNT}")
        return _described(project.root, environ, env, protect=False)
    return project


def _described(root: Path, environ: Mapping[str, str], env: str | None, *, protect: bool) -> Project:
    account = environ[ACCOUNT]
    name = env or account
    if _NAME.fullmatch(name) is None:
        raise ConfigurationError(
            f"`{name[:100]}` cannot name an environment: letters, digits, `_` and `-`, at most 64",
            hint="Give --env NAME, as deployer.yaml has it.",
        )
    environment = Environment(
        name=name,
        account=account,
        base_url=environ.get(BASE_URL) or DEFAULT_BASE_URL,
        protect=protect,
        # Under a name that nobody gave, nothing is to appear in the team's repository.
        state="auto" if env else "file",
    )
    return Project(root=root, document=None, default_environment=name, environments={name: environment})
