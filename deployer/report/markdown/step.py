"""The page of a run of GitHub Actions: what each of its steps found."""

from __future__ import annotations

from deployer.report.markdown.document import Document, block, fitted
from deployer.report.markdown.escape import code

MOST = 1024 * 1024
"""Bytes that one step may write: https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""
SHORTENED = "*Shortened to what fits here; `report-file` has the whole report.*"


def summary(command: str, environment: str, *, report: Document | None, exit_code: int) -> str:
    """What a command reported, shortened to what the page takes; without a report, how it ended."""
    title = f"### deployer {command}" + (f" · {code(environment)}" if environment else "") + "\n\n"
    ended = block([f"`deployer {command}` ended with exit code {exit_code}; the log says why."])
    said = report or Document(blocks=(ended,), changes=False)
    room = MOST - len(title.encode()) - 1
    return title + fitted(said, room, SHORTENED, size=lambda text: len(text.encode())) + "\n"
