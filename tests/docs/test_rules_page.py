"""docs/rules.md is made from the rules; `pytest --update-golden` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

from deployer.lint.registry import documented_rules
from deployer.report.rules import render_page
from tests.conftest import Golden

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_says_what_the_rules_say(golden: Golden) -> None:
    golden(PAGE, render_page(list(documented_rules().values())))


def test_every_link_of_the_table_leads_to_a_heading() -> None:
    text = PAGE.read_text(encoding="utf-8")
    linked = re.findall(r"\]\(#([^)]+)\)", text)
    assert linked == re.findall(r"^## (\S+)$", text, re.MULTILINE)
    assert linked
