"""docs/cli.md is made from the program; `deployer` and the page never disagree."""

from __future__ import annotations

import re
from pathlib import Path

import click

from deployer.cli.main import COMMANDS, LazyGroup
from deployer.cli.reference import render
from deployer.emulator import Settings

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_of_commands_is_what_the_program_says_of_itself() -> None:
    expected = render()
    assert (DOCS / "cli.md").read_text(encoding="utf-8") == expected, (
        'run: python -c "from deployer.cli.reference import render; print(render(), end=str())" > docs/cli.md'
    )


def test_every_command_is_listed_with_its_own_first_sentence() -> None:
    group = LazyGroup("deployer")
    context = click.Context(group)
    for name, summary in COMMANDS.items():
        command = group.get_command(context, name)
        assert command is not None, name
        assert (command.help or "").startswith(summary), name


def test_the_page_of_the_emulator_names_every_setting_and_its_default() -> None:
    page = (DOCS / "emulator.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `([a-z-]+)` \| `([^`]+)` \|", page, re.MULTILINE))
    assert listed.keys() == Settings.legal_values().keys()
    assert Settings.parse(f"{name}={value}" for name, value in listed.items()) == Settings()


def test_links_in_the_documents_lead_somewhere() -> None:
    for page in (DOCS.parent / "README.md", *DOCS.glob("*.md")):
        for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (page.parent / target).exists(), f"{page.name}: {target}"
