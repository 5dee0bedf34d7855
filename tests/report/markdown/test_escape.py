"""Whatever a stranger writes, in Markdown it is text."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from deployer.report.markdown.escape import code, code_html, fence, prose, text
from deployer.report.terminal import safe, safe_lines
from tests.report.markdown.github import ZERO_WIDTH, Page, read, triggered

FRAGMENTS = (
    "@octocat", "@org/team", "#1", "GH-12", "owner/repo#3", "deadbeefcafe", "0123456789abcdef0123456789abcdef01234567",
    "https://evil.example/x", "HTTP://x.y", "www.evil.example", "a@b.de", "mailto:a@b.de", "xmpp:a@b.de",
    "[x](https://evil.example)", "![x](https://evil.example/p.png)", "<img src=x onerror=alert(1)>", "<!-- -->", "-->",
    "</details>", "</code>", "<https://x.de>", "&amp;", "&#64;", "\\", "`", "``", "```", "~~~", "|", "||", "*", "**x**",
    "_x_", "~~x~~", "\n", "\r\n", "\r", "\t", " ", "    ", "- ", "+ ", "1. ", "1) ", "> ", "# ", "---", "===",
    "::error::", "##[error]", "::", ":smile:", ":+1:", "$x$", "$$", "${var.x}", "{{ data.x }}", "[x]: y", "[^1]",
    "- [ ] x", "!1", "%2", "\u202e", "\u200b", "\x00", "\x1b[31m", "\ufeff", "é", "日本", "👍🏽", "a", "B", "9", ".",
    "/", "'", '"', "(", ")", "\u2028",
)  # fmt: skip
STRANGERS = st.lists(st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=6)), max_size=12).map("".join)


def shown(value: str) -> str:
    """What remains of a text for the eye: control characters are escapes, white space is white space."""
    return " ".join("\n".join(safe(line) for line in value.replace("\r\n", "\n").split("\n")).split())


def seen(page: Page) -> str:
    return " ".join(page.text.replace(ZERO_WIDTH, "").split())


PLACES = {
    "a paragraph": "{}\n",
    "the middle of a paragraph": "before {} after\n",
    "a heading": "### {}\n",
    "an item": "- `+` {}\n",
    "a cell": "| a | b |\n|---|---|\n| {} | after |\n",
    "a summary": "<details><summary>{}</summary>\n\nx\n\n</details>\n",
    "the line after an item": "- x\n\n{}\n",
}


@pytest.mark.parametrize("place", PLACES)
@given(value=STRANGERS)
@example("x\n- y\n::error::z")
@example("www.evil.example https://evil.example @octocat #1 a@b.de")
@example("$x$ :smile: deadbeef1 GH-1")
def test_running_text_is_text_wherever_it_stands(place: str, value: str) -> None:
    page = read(PLACES[place].format(text(value)))
    around = read(PLACES[place].format("x" if text(value) else ""))
    assert [tag for tag in page.tags if tag not in ("br", "span")] == around.tags
    assert triggered(page) == []
    assert shown(value) in seen(page)


@pytest.mark.parametrize("place", [place for place in PLACES if place != "a summary"])
@given(value=STRANGERS)
@example("\\|")
@example("`")
@example(" a ")
@example("a\\")
def test_code_is_code_wherever_it_stands(place: str, value: str) -> None:
    page = read(PLACES[place].format(code(value, cell=place == "a cell")))
    assert page.tags == read(PLACES[place].format("`x`")).tags
    wanted = safe(value) or " "
    assert page.code[-1].replace(ZERO_WIDTH, "") == wanted.replace(ZERO_WIDTH, "")


@given(value=STRANGERS)
def test_code_in_a_summary_is_code(value: str) -> None:
    page = read(f"<details><summary>{code_html(value)}</summary>\n\nx\n\n</details>\n")
    assert page.tags == ["details", "summary", "code", "p"]
    assert "".join(page.code).strip() == safe(value).strip()


@given(value=STRANGERS, before=st.sampled_from(["", "- x\n\n", "<details><summary>x</summary>\n\n"]))
@example("```\n<b>", "")
@example("~~~\n````\n", "- x\n\n")
def test_a_fenced_text_stays_within_its_fence(value: str, before: str) -> None:
    after = "\n\n</details>\n" if before.startswith("<") else "\n"
    page = read(before + "\n".join(fence([value], "diff")) + after)
    assert page.tags[-2:] == ["pre lang=diff", "code"]
    lines = [line.rstrip() for line in "".join(page.code).replace(ZERO_WIDTH, "").rstrip("\n").split("\n")]
    assert lines == [line.rstrip() for line in "\n".join(safe_lines(value)).rstrip("\n").split("\n")]


@given(values=st.lists(STRANGERS, max_size=4))
@example(["x\n::error::y", "  ::set-output name=x::y", "a ##[error] b"])
def test_no_line_is_a_command_of_github_actions(values: list[str]) -> None:
    whole = "\n".join([*fence(values), *map(text, values), *map(code, values), *map(prose, values)])
    assert not any(line.strip().startswith("::") for line in re.split(r"[\r\n\v\f\x85\u2028\u2029]", whole))
    assert "##[" not in whole


@given(value=STRANGERS, cell=st.booleans())
def test_a_message_of_ours_shows_names_as_code_and_keeps_the_rest_out(value: str, cell: bool) -> None:
    template = "| a |\n|---|\n| {} |\n" if cell else "- {}\n"
    page = read(template.format(prose(value, cell=cell)))
    around = {"table", "thead", "tbody", "tr", "th", "td"} if cell else {"ul", "li"}
    assert {tag.split()[0] for tag in page.tags} <= {"br", "span", "code"} | around
    assert not any("=" in tag for tag in page.tags)
    assert triggered(page) == []


@pytest.mark.parametrize("value", ["a@.x", "a@-x.y", "a@_x.y", "a@x.y"])
def test_no_address_becomes_a_link(value: str) -> None:
    assert "a" not in {tag.split()[0] for tag in read(text(value)).tags}


PARTED = ("@``octocat", "https:``//evil.example", "www``.evil.example", "a1b2``c3d4e", "#``12")


@pytest.mark.parametrize("value", PARTED)
def test_what_two_backticks_part_in_a_message_stays_parted(value: str) -> None:
    page = read(prose(value))
    assert triggered(page) == []
    assert page.text.replace(ZERO_WIDTH, "").strip() == value


def test_a_message_of_ours_reads_as_it_was_meant() -> None:
    assert prose("step `ask|er` has no *way*, see `x`.", cell=True) == (
        "step `ask\\|er` has no &#42;way&#42;, see `x`."
    )  # fmt: skip
