"""The file with which GitHub checks a new project: by the program's own action, or by the program from a registry."""

from __future__ import annotations

import re

from deployer import __version__
from deployer.errors import ConfigurationError

_ACTION = """\
name: deployer check
on: pull_request
permissions: {}

concurrency:
  group: deployer-check-${{ github.ref }}
  cancel-in-progress: true

jobs:
  check:
    name: Check
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    permissions:
      contents: read
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          fetch-depth: 2 # the pull request merged, and before it the branch that it goes to
          persist-credentials: false
      - uses: ACTION
        with:
          command: validate
      - uses: ACTION
        if: ${{ !cancelled() }}
        with:
          command: test
      # What the pull request changes, told by the files alone: it works without a key, for forks too.
      - uses: ACTION
        if: ${{ !cancelled() }}
        with:
          command: plan
          environment: ENVIRONMENT
          args: |
            --offline
            --base=HEAD^1
"""
"""The check of docs/github.md."""

_PROGRAM = f"""\
name: deployer
on:
  pull_request:
  push: {{ branches: [main] }}
permissions: {{ contents: read }}
jobs:
  validate:
    runs-on: ubuntu-24.04
    timeout-minutes: 15
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with: {{ persist-credentials: false }}
      - uses: actions/setup-python@e797f83bcb11b83ae66e0230d6156d7c80228e7c # v6.0.0
        with: {{ python-version: "3.12" }}
      - run: pip install deployer=={__version__}
      - run: deployer validate --strict
      - run: deployer test
"""

_PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}", re.ASCII)


def ci_file(action: str | None, environment: str) -> tuple[str, str]:
    """Path and text. `environment` is what a change is planned for.

    `action` is `OWNER/REPO@COMMIT`, as an author writes it after `uses`; None where nobody named one.
    Raises ConfigurationError for one that a later push could change.
    """
    if action is None:
        return ".github/workflows/deployer.yml", _PROGRAM
    if _PINNED.fullmatch(action) is None:
        raise ConfigurationError(
            f"the action is OWNER/REPO@COMMIT, not {action!r}",
            hint="COMMIT is the whole hash, 40 characters, of a commit that you reviewed; a tag can be moved.",
        )
    # What the user wrote comes last, so that nothing is looked for in it.
    return ".github/workflows/deployer-check.yml", _ACTION.replace("ENVIRONMENT", environment).replace("ACTION", action)
