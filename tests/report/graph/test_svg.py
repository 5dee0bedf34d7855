"""The SVG: well-formed, harmless, readable by everybody."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from deployer.report.graph.difference import compare
from deployer.report.graph.metrics import width, wrap
from deployer.report.graph.model import Graph, Mark
from deployer.report.graph.reading import graph_of
from deployer.report.graph.style import DARK, LIGHT, MARKS, SHAPES, Palette
from deployer.report.graph.svg import render
from tests.conftest import Golden
from tests.report.graph.bodies import HOSTILE, body, everywhere, inside, menus, sms, wait_for_reply

NAMESPACE = "{http://www.w3.org/2000/svg}"
CASES = Path(__file__).parent / "cases"


def parsed(graph: Graph) -> ET.Element:
    return ET.fromstring(render(graph))  # noqa: S314  # our own text


def texts(root: ET.Element, tag: str = "text") -> list[str]:
    return [found.text or "" for found in root.iter(NAMESPACE + tag)]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_gets_out_of_its_place(text: str) -> None:
    root = parsed(compare(*everywhere(text)))
    allowed = {"svg", "title", "desc", "style", "rect", "g", "text", "path", "polygon", "circle"}
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= allowed
    attributes = {name for element in root.iter() for name in element.attrib}
    assert not any(name.startswith("on") or "href" in name or name == "style" for name in attributes)
    assert "url(" not in render(compare(*everywhere(text))).split("<style>")[1].split("</style>")[0]


@pytest.mark.parametrize("text", [text for text in HOSTILE if text.strip() and text.isprintable() and len(text) < 90])
def test_texts_arrive_as_they_are(text: str) -> None:
    told = texts(parsed(graph_of(body(sms("a", text)))), "title")
    assert f"SMS a; {text}" in told


def test_it_needs_nothing_from_elsewhere() -> None:
    drawn = render(graph_of(menus(1, 3)))
    assert re.findall(r"https?://[^\s\"<]+", drawn) == ["http://www.w3.org/2000/svg"]
    for word in ("<script", "<image", "<use", "@import", "url(", "<foreignObject"):
        assert word not in drawn


def test_it_tells_who_cannot_see_it_what_it_is() -> None:
    root = parsed(graph_of(menus(1, 2)))
    assert root.attrib["role"] == "img"
    title, desc = root.find(f"{NAMESPACE}title"), root.find(f"{NAMESPACE}desc")
    assert title is not None
    assert desc is not None
    assert root.attrib["aria-labelledby"].split() == [title.attrib["id"], desc.attrib["id"]]
    assert (title.text, desc.text) == ("Menu", "6 steps, starts with menu, 1 loop, 1 time-out")


def test_changes_show_by_sign_too() -> None:
    before = body(sms("a", "old", nextStepId="b"), sms("b"))
    root = parsed(compare(before, body(sms("a", "new", nextStepId="c"), sms("c"))))
    shown = texts(root)
    assert shown.count("+") == 3  # the step's, its way's, the legend's
    assert {"~", "−", "− old", "+ new", "added", "changed", "removed"} <= set(shown)


@pytest.mark.parametrize("mark", Mark)
def test_every_mark_has_a_colour_and_a_sign(mark: Mark) -> None:
    graph = graph_of(body(sms("a"))).marked({"a": mark}, {})
    sign = "−" if mark is Mark.REMOVED else mark.sign
    assert texts(parsed(graph)).count(sign) == 2
    assert f".is-{mark} .card" in render(graph)


def test_the_legend_explains_what_occurs_and_nothing_else() -> None:
    plain = texts(parsed(graph_of(body(sms("a")))))
    assert "message" in plain
    assert not {"time-out", "↺ loop", "otherwise", "! fault", "added", "wait"} & set(plain)
    ways = {"w": "{{data.reply == '1'}}", "a": "{{data.reply == null}}", "b": None}
    much = body(wait_for_reply("w", **ways), sms("a"), inside("b", [sms("c")]), sms("lost"))
    everything = texts(parsed(graph_of(much)))
    assert {"message", "wait", "choice", "steps inside", "time-out", "otherwise", "↺ loop", "! fault"} <= set(
        everything
    )


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(palette: Palette) -> None:
    marks = set(MARKS.values())
    pairs = [("ink", "ground"), ("soft", "ground"), ("start-ink", "start"), ("fault", "fault-card")]
    pairs += [(text, f"{shape}-card") for shape in SHAPES for text in ("ink", shape, "soft")]
    pairs += [(text, f"{mark}-card") for mark in marks for text in ("ink", "fault", "soft", *SHAPES)]
    pairs += [(mark, "ground") for mark in (*marks, "timeout", "loop")]
    pairs += [("badge-ink", mark) for mark in marks]
    pairs += [(colour, "changed-card") for colour in ("added", "removed")]
    weak = {pair: round(contrast(palette[pair[0]], palette[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in weak.items() if ratio < 4.5} == {}


def test_a_dark_page_gets_a_dark_picture() -> None:
    drawn = render(graph_of(body(sms("a"))))
    light, dark = drawn.split("@media (prefers-color-scheme:dark)")
    assert f".deployer-graph .ground{{fill:{LIGHT['ground']}}}" in light
    assert f".deployer-graph .ground{{fill:{DARK['ground']}}}" in dark


@pytest.mark.parametrize(
    "text", ["Hello, how are you today my friend?", "x" * 200, "漢字" * 40, "https://a.example/b/c?d=e"]
)
def test_wrapped_lines_fit_and_lose_nothing_but_what_the_ellipsis_says(text: str) -> None:
    lines = wrap(text, 150, 12, 3)
    assert all(width(line, 12) <= 150 for line in lines)
    joined = "".join(lines).replace(" ", "")
    assert text.replace(" ", "").startswith(joined.removesuffix("…"))
    assert len(lines) <= 3
    assert wrap(text, 150, 12, 99)[-1][-1] == text[-1]


def test_a_line_never_splits_a_letter_from_its_accent() -> None:
    assert all(line[0] != "\u0301" for line in wrap("e\u0301" * 200, 60, 12, 50))


def test_the_picture_of_a_menu(golden: Golden) -> None:
    golden(CASES / "menu.svg", render(graph_of(menus(1, 2))))
