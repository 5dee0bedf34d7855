"""The page of a run of GitHub Actions: what each of its steps found."""

from __future__ import annotations

from deployer.report.markdown.escape import code

MOST = 1024 * 1024
"""Bytes that one step may write: https://docs.github.com/actions/reference/workflow-commands-for-github-actions"""


def summary(command: str, environment: str, *, report: str | None, exit_code: int) -> str:
    """What a command reported, in Markdown, and never more than the page takes."""
    title = f"### deployer {command}" + (f" · {code(environment)}" if environment else "")
    ended = f"`deployer {command}` ended with exit code {exit_code}; the log says why."
    page = f"{title}\n\n{report or ended}\n\n"
    if len(page.encode()) <= MOST:
        return page
    return f"{title}\n\nThe report is longer than the 1 MiB that fits here. `report-file` has all of it.\n\n"
