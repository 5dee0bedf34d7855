"""The page of a run: what a step reported, and never more than GitHub takes."""

from __future__ import annotations

from deployer.report.markdown.document import Document, block
from deployer.report.markdown.step import MOST, SHORTENED, summary


def test_a_report_stands_below_the_command_and_its_environment() -> None:
    report = Document(blocks=(block(["**1 workflow changes.**"]),), changes=True)
    assert summary("plan", "a`b|<c>", report=report, exit_code=0) == (
        "### deployer plan · ``a`b|<c>``\n\n**1 workflow changes.**\n\n"
    )


def test_a_command_without_a_report_says_how_it_ended() -> None:
    assert summary("plan", "", report=None, exit_code=4) == (
        "### deployer plan\n\n`deployer plan` ended with exit code 4; the log says why.\n\n"
    )


def test_a_report_that_is_too_long_is_shortened_and_says_so() -> None:
    long = block(["é" * MOST], ["One line in its place."])
    page = summary("plan", "", report=Document(blocks=(block(["Head"]), long), changes=True), exit_code=0)
    assert len(page.encode()) <= MOST
    assert page == f"### deployer plan\n\nHead\n\nOne line in its place.\n\n{SHORTENED}\n\n"
