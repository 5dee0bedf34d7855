"""Findings for tests, good-natured and hostile."""

from __future__ import annotations

from deployer.finding import Finding, Path, Severity, Span

HOSTILE = (
    "a\r\n::error::stolen",
    "\r::set-output name=x::y",
    "##[error]stolen",
    "%0A::add-mask::x",
    "%25%0D%0A",
    "file=x,line=1::y",
    "\x00\x07\x1b[31m\ud800\ufffe\u202e",
    ']]><script>alert("x")</script>&amp;',
    "[a link](https://example.com)",
    "\u2028\u2029\x85\x0b\x0c::error::x",
    "",
)
"""What somebody might put into a file's name, a key or a text."""


def finding(
    message: str = "step `ask` has no way out",
    *,
    rule: str = "unreachable-step",
    severity: Severity = Severity.ERROR,
    file: str = "workflows/reply.yaml",
    line: int = 12,
    columns: tuple[int, int] = (5, 9),
    end_line: int | None = None,
    path: Path = ("definition", "steps", 0, "id"),
    step: str | None = None,
    suggestion: str | None = None,
    excerpt: str = "    - id: ask",
) -> Finding:
    return Finding(
        rule=rule,
        severity=severity,
        message=message,
        file=file,
        span=Span(line=line, column=columns[0], end_line=end_line or line, end_column=columns[1]),
        path=path,
        step=step,
        suggestion=suggestion,
        excerpt=excerpt,
    )
