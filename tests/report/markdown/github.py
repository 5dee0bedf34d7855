"""Markdown as GitHub reads it: its own parser, then what its filters look for in the finished page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

import cmarkgfm
from cmarkgfm.cmark import Options

ZERO_WIDTH = "\u200b"
_FILTERS = {
    "mention": re.compile(r"(?<![\w/])@[a-z0-9]", re.IGNORECASE),
    "issue": re.compile(r"#\d|\bGH-\d", re.IGNORECASE),
    "commit": re.compile(r"\b[0-9a-f]{7,40}\b", re.IGNORECASE),
    "address": re.compile(r"\w://|\bwww\.|\w@\w", re.IGNORECASE),
    "emoji": re.compile(r":[\w+-]+:"),
    "formula": re.compile(r"\$"),
}
"""What GitHub turns into links, pictures and formulas after parsing, outside of code."""


@dataclass
class Page(HTMLParser):
    """A finished page."""

    tags: list[str] = field(default_factory=list)
    """Every tag, with its attributes if it has any."""
    text: str = ""
    prose: list[str] = field(default_factory=list)
    """Stretches of text outside of code, each within one element: filters see no further."""
    code: list[str] = field(default_factory=list)
    _open: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(" ".join([tag, *(f"{name}={value}" for name, value in attrs)]))
        if tag == "br":
            self.text += "\n"
        else:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes nothing"

    def handle_comment(self, data: str) -> None:
        self.tags.append(f"comment {data}")

    def handle_data(self, data: str) -> None:
        self.text += data
        if "code" in self._open or "pre" in self._open:
            self.code.append(data)
        else:
            self.prose.append(data)

    def close(self) -> None:
        super().close()
        assert not self._open, f"left open: {self._open}"


def read(markdown: str) -> Page:
    """The page that GitHub makes of a text."""
    page = Page()
    page.feed(cmarkgfm.github_flavored_markdown_to_html(markdown, options=Options.CMARK_OPT_UNSAFE))
    page.close()
    return page


def triggered(page: Page) -> list[str]:
    """Which filters find something; a dollar sign alone in its element begins no formula."""
    return [name for name, pattern in _FILTERS.items()
            if any(pattern.search(item) for item in page.prose if item != "$")]  # fmt: skip
