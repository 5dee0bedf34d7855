"""The files that the documentation shows whole, to be copied: each begins with a comment that says its name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from tests.action.machines import ROOT


def files(page: str) -> Mapping[str, str]:
    """The files of a page of `docs/`, by name."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:yaml|sh)\n(# (\.\S+|\S+\.sh)\n.*?)```", text, re.DOTALL)
    return {name: block for block, name in blocks}


WORKFLOWS = {
    name.removeprefix(".github/workflows/deployer-").removesuffix(".yml"): content
    for name, content in files("github.md").items()
}
"""Of docs/github.md, by what they are for."""
