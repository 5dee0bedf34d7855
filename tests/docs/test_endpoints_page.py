"""docs/endpoints.md is made from the catalogue; `pytest --update-golden` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deployer.lint.check import check
from deployer.lint.endpoints import Endpoint, catalogue
from deployer.report.endpoints import render_page, step_of
from tests.conftest import Golden
from tests.lint.workflows import workflow

PAGE = Path(__file__).parents[2] / "docs" / "endpoints.md"
VARIABLES = {
    "account": "5f3c2b1a-0d9e-4c8b-a7f6-1234567890ab",
    "chat": "acme_chat",
    "sms": "acme_sms",
    "verify": "acme_verify",
    "voice": "acme_voice",
}


def test_the_page_says_what_the_catalogue_says(golden: Golden) -> None:
    golden(PAGE, render_page(catalogue().endpoints))


def test_every_link_of_the_table_leads_to_a_heading() -> None:
    text = PAGE.read_text(encoding="utf-8")
    headings = [re.sub(r"[^a-z0-9]+", "-", heading.lower()) for heading in re.findall(r"^## (.+)$", text, re.MULTILINE)]
    assert re.findall(r"\]\(#([^)]+)\)", text) == headings


@pytest.mark.parametrize("endpoint", catalogue().endpoints, ids=lambda endpoint: endpoint.name)
def test_the_step_to_start_from_is_right_as_it_stands(endpoint: Endpoint) -> None:
    step = step_of(endpoint).replace("\n", "\n    ")
    text = f"trigger: http_request\nstatus: enabled\ndefinition:\n  name: Call\n  steps:\n    {step}"
    found = check([workflow(text, variables=VARIABLES)])
    assert [finding for finding in found if finding.rule in ("8x8-endpoint", "expression-syntax")] == []
