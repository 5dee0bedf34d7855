"""The Mermaid text, and what the real Mermaid understands of it."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from deployer.report.graph.difference import compare
from deployer.report.graph.mermaid import MOST_CHARACTERS, MOST_EDGES, escape, render, too_large
from deployer.report.graph.model import Graph, Kind, Node, Shape
from deployer.report.graph.reading import graph_of
from tests.conftest import Golden
from tests.report.graph.bodies import (
    HOSTILE,
    Body,
    body,
    everywhere,
    inside,
    menus,
    sms,
    tangle,
    wait_for_reply,
)

HERE = Path(__file__).parent
CASES = HERE / "cases"
PACKAGES = Path(sys.prefix) / "node"
"""Where the packages of package.json are installed: in the virtual environment, beside Python's."""

Parse = Callable[[Sequence[str]], list[dict[str, Any]]]  # JSON payload


@pytest.fixture(scope="session")
def parse() -> Iterator[Parse]:
    """The real Mermaid."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")
    if not (PACKAGES / "node_modules" / "mermaid").is_dir():
        pytest.skip(f"Mermaid is missing: copy {HERE.name}/package.json to {PACKAGES}, run `npm install` there")

    with subprocess.Popen(
        ["node", str(HERE / "parse.mjs"), str(PACKAGES)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    ) as node:
        asked, answered = node.stdin, node.stdout
        assert asked is not None
        assert answered is not None

        def call(texts: Sequence[str]) -> list[dict[str, Any]]:
            asked.write(json.dumps(list(texts)) + "\n")
            asked.flush()
            answers: list[dict[str, Any]] = json.loads(answered.readline())
            assert len(answers) == len(texts)
            return answers

        yield call
        asked.close()


def random_texts(count: int) -> list[str]:
    chance = random.Random(5)  # test data
    alphabet = "ab1 \"'`#;&<>[](){}|\\/%:.-_*~=@$!?^,\n\t" + "endstyle" + "é漢👋\u202e\u00b0\u00b6\ufb02"
    return ["".join(chance.choices(alphabet, k=chance.randrange(1, 30))) for _ in range(count)]


@pytest.mark.node
def test_mermaid_reads_any_text_as_that_text_and_as_nothing_else(parse: Parse) -> None:
    graphs = [compare(*everywhere(text)) for text in (*HOSTILE, *random_texts(40))]
    for graph, answer in zip(graphs, parse([render(graph) for graph in graphs]), strict=True):
        assert "error" not in answer, (answer, render(graph))
        assert len(answer["nodes"]) == len(graph.nodes)
        assert len(answer["edges"]) == len(graph.edges)
        for number, (node, understood) in enumerate(zip(graph.nodes, answer["nodes"], strict=True), 1):
            assert understood["id"] == f"n{number}"
            head = understood["text"].split("<br>")[0]
            assert head.endswith(node.id.replace("\ufb02", "fl"))
        for edge, understood in zip(graph.edges, answer["edges"], strict=True):
            assert understood["text"].endswith(edge.label.replace("\ufb02", "fl"))


@pytest.mark.node
def test_mermaid_understands_the_whole_of_a_workflow(parse: Parse) -> None:
    graph = graph_of(body(
        wait_for_reply("w", w="{{data.reply == '1'}}", a="{{data.reply == null}}", b=None), sms("a", "Bye"),
        inside("b", [sms("c", nextStepId="d"), inside("d", [sms("e")])], nextStepId="a"),
    ))  # fmt: skip
    (answer,) = parse([render(graph)])
    assert [node["text"] for node in answer["nodes"]] == [
        "inbound_sms", "WaitForReply: w<br>a reply by sms, 10 min at most", "SMS: a<br>Bye", "If: b<br>data.x",
        "SMS: c<br>Hello", "If: d<br>data.x", "SMS: e<br>Hello",
    ]  # fmt: skip
    assert [(edge["text"], edge["stroke"]) for edge in answer["edges"]] == [
        ("", "normal"), ("↺ data.reply == '1'", "thick"), ("time-out", "dotted"), ("otherwise", "dotted"),
        ("do", "normal"), ("", "normal"), ("", "normal"), ("do", "normal"),
    ]  # fmt: skip
    assert [(group["title"], set(group["nodes"])) for group in answer["groups"]] == [
        ("inside d", {"n7"}), ("inside b", {"n5", "n6", "gn6"}),
    ]  # fmt: skip


@pytest.mark.node
@pytest.mark.parametrize("large", [menus(3, 3), tangle(120, 3)], ids=["menus", "tangle"])
def test_mermaid_reads_large_workflows(parse: Parse, large: Body) -> None:
    graph = graph_of(large)
    (answer,) = parse([render(graph)])
    assert len(answer["nodes"]) == len(graph.nodes)
    assert len(answer["edges"]) == len(graph.edges)


@pytest.mark.node
def test_mermaid_reads_every_shape_and_every_kind_of_way(parse: Parse) -> None:
    nodes = tuple(Node(key=shape, id=shape, type="T", text="x", shape=shape) for shape in Shape)
    start = graph_of(body(sms("a", nextStepId="a")))
    edges = tuple(
        edge.__class__(source="start", target="message", kind=kind, label="x", loop=loop)
        for edge in start.edges[:1]
        for kind in Kind
        for loop in (True, False)
    )
    (answer,) = parse([render(Graph(title="", nodes=nodes, edges=edges))])
    assert "error" not in answer
    assert (len(answer["nodes"]), len(answer["edges"])) == (len(Shape), 2 * len(Kind))


@pytest.mark.parametrize("text", HOSTILE)
def test_only_letters_digits_and_harmless_signs_stand_as_they_are(text: str) -> None:
    escaped = escape(text)
    assert not set(escaped) & set('"<>[]{}()|`\\%*~$@=&\n\r\t')
    assert "://" not in escaped
    assert "www." not in escaped


def test_ordinary_text_stays_readable() -> None:
    assert (
        escape("Hi Mei, see you at half past two. Any-thing else?")
        == "Hi Mei, see you at half past two. Any-thing else?"
    )
    assert escape("step_one: ok") == "step_one: ok"


def test_a_difference_has_signs_and_colours() -> None:
    before = body(sms("a", "old", nextStepId="b"), sms("b"))
    drawn = render(compare(before, body(sms("a", "new", nextStepId="c"), sms("c"))))
    assert '("#126; SMS: a<br/>− old<br/>#43; new")' in drawn
    assert '("#43; SMS: c<br/>Hello")' in drawn
    assert '("− SMS: b<br/>Hello")' in drawn
    assert "class n2 changed" in drawn
    assert "class n3 removed" in drawn
    assert "class n4 added" in drawn
    assert '-->|"#43;"|' in drawn


def test_the_flowchart_of_a_menu(golden: Golden) -> None:
    golden(CASES / "menu.mmd", render(graph_of(menus(1, 2))))


def ring(count: int, text: str = "") -> Body:
    return body(*(sms(f"s{number}", text, nextStepId=f"s{(number + 1) % count}") for number in range(count)))


@pytest.mark.node
def test_what_mermaid_refuses_for_its_size_is_known_before(parse: Parse) -> None:
    fits, beyond = graph_of(ring(MOST_EDGES - 1)), graph_of(ring(MOST_EDGES))
    assert (len(fits.edges), len(beyond.edges)) == (MOST_EDGES, MOST_EDGES + 1)
    assert too_large(fits, render(fits)) is None
    assert too_large(beyond, render(beyond)) == "501 ways are more than the 500 that Mermaid draws"
    fitting, refused = parse([render(fits), render(beyond)])
    assert "error" not in fitting
    assert "500" in refused["error"]


def test_a_long_text_is_too_large_too() -> None:
    graph = graph_of(ring(200, "😀" * 60))
    reason = too_large(graph, render(graph))
    assert reason is not None
    assert reason.endswith(f"characters are more than the {MOST_CHARACTERS} that Mermaid reads")
