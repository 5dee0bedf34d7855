"""What tests reached, and the way of one case, on the graph."""

from __future__ import annotations

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest

from deployer.engine.definition import load_definition
from deployer.engine.engine import trigger_data
from deployer.engine.messages import sms_webhook
from deployer.engine.run import simulate
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.trace import Trace
from deployer.engine.world import Reply, World
from deployer.errors import ConfigurationError
from deployer.operations.coverage import Coverage, WorkflowCoverage, reached, spots
from deployer.operations.reach import Reach, read_reach
from deployer.report.graph import document, mermaid, svg
from deployer.report.graph.model import Edge, Graph, Mark, Node
from deployer.report.graph.reach import covered, traced, unknown_steps
from deployer.report.graph.reading import graph_of
from tests.report.graph.bodies import HOSTILE, Body, body, inside, sms, wait_for_reply
from tests.report.graph.test_mermaid import Parse, parse  # noqa: F401  # a fixture

AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def message(step_id: str, text: str = "Hello", **more: object) -> Body:
    inputs = {"subAccountId": "acme_sms", "destination": "+65", "text": text}
    return {**sms(step_id, text, **more), "inputs": inputs}


SURVEY = body(
    message("hello", nextStepId="ask"),
    wait_for_reply("ask", good="{{data.reply == '1'}}", hello="{{data.reply == '9'}}", late="{{data.reply == null}}",
                   other=None),
    message("good", nextStepId="if"), message("late"), message("other", nextStepId="good"),
    {**inside("if", [message("inner")], nextStepId="end"), "inputs": {"condition": "{{data.reply == '1'}}"}},
    message("end"),
)  # fmt: skip


def run(*texts: str, definition: Body = SURVEY) -> Trace:
    webhook = sms_webhook(sender="+6591234567", recipient="acme", text="hi", at=AT, umid="u")
    data = trigger_data(webhook, account_id="acme", sub_account_id="acme_sms", at=AT)
    world = World(replies=tuple(Reply(text=text) for text in texts))
    with Evaluator() as evaluator:
        return simulate(
            load_definition(definition), data, world=world, settings=EngineSettings(), at=AT, evaluator=evaluator
        )


def reach(*traces: Trace) -> Reach:
    """Through the file, as `graph --coverage` gets it."""
    hits = reached(record for trace in traces for record in trace.records)
    known = {spot: hits[spot] for spot in spots(load_definition(SURVEY))}
    whole = Coverage(workflows=(WorkflowCoverage(key="survey", file="survey.yaml", cases=len(traces), hits=known),))
    return read_reach(whole.as_json(), "coverage.json")["survey"]


def node(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.id == name)


def edge(graph: Graph, source: str, target: str) -> Edge:
    return next(edge for edge in graph.edges if (edge.source, edge.target) == (f"step {source}", f"step {target}"))


def test_steps_say_how_often_they_ran_and_branches_how_often_they_were_taken() -> None:
    graph = covered(graph_of(SURVEY), reach(run("1"), run("9", "1")))
    assert graph.title == "Menu: what 2 cases reached"
    assert (node(graph, "hello").mark, node(graph, "hello").note) == (Mark.REACHED, "ran 3×")
    assert (node(graph, "late").mark, node(graph, "late").note) == (Mark.UNREACHED, "never ran")
    good, late = edge(graph, "ask", "good"), edge(graph, "ask", "late")
    assert ((good.mark, good.note), (late.mark, late.note)) == ((Mark.REACHED, "2×"), (Mark.UNREACHED, ""))
    assert edge(graph, "hello", "ask").mark is None
    assert edge(graph, "other", "good").mark is Mark.UNREACHED


def test_outcomes_without_a_way_of_their_own_stand_at_the_step() -> None:
    graph = covered(graph_of(SURVEY), reach(run("1")))
    assert node(graph, "ask").note == "ran 1×, never timed out"
    assert node(graph, "if").note == "ran 1×, never skipped"
    never = covered(graph_of(SURVEY), reach(run("7")))
    assert node(never, "if").note == "ran 1×, never held"
    assert edge(never, "if", "inner").mark is Mark.UNREACHED


def test_a_step_that_the_coverage_does_not_know_carries_no_mark() -> None:
    more = body(*SURVEY["definition"]["steps"], message("new"))  # type: ignore[index]  # a body
    graph, known = graph_of(more), reach(run("1"))
    assert unknown_steps(graph, known) == ("new",)
    assert node(covered(graph, known), "new").mark is None


def test_a_trace_shows_the_order_and_what_was_decided() -> None:
    graph = traced(graph_of(SURVEY), run("9", "1"), "second thoughts")
    assert graph.title == "Menu: second thoughts"
    assert node(graph, "inbound_sms").note == "Complete after 00:00:00"
    assert [(node(graph, name).note, node(graph, name).mark) for name in ("hello", "ask", "late", "inner")] == [
        ("1, 3 of 8", Mark.REACHED), ("2, 4 of 8, answered", Mark.REACHED), ("", None), ("7 of 8", Mark.REACHED),
    ]  # fmt: skip
    marks = {target: edge(graph, "ask", target).mark for target in ("good", "hello", "late", "other")}
    assert marks == {"good": Mark.REACHED, "hello": Mark.REACHED, "late": Mark.UNREACHED, "other": Mark.UNREACHED}
    assert edge(graph, "hello", "ask").mark is Mark.REACHED
    assert edge(graph, "other", "good").mark is None


def test_a_trace_shows_where_it_timed_out_and_where_it_failed() -> None:
    late = traced(graph_of(SURVEY), run(), "silence")
    assert node(late, "ask").note == "2 of 3, timed out"
    broken = body(
        message("hello", nextStepId="call"), message("call", "{{data.x.y}}", nextStepId="end"), message("end")
    )
    graph = traced(graph_of(broken), run(definition=broken), "broken")
    assert node(graph, "call").fault.startswith("inputs.text: TypeError: cannot read property 'y' of undefined")
    assert (node(graph, "end").mark, edge(graph, "call", "end").mark) == (None, None)
    assert node(graph, "inbound_sms").note == "Terminated after 00:00:00"


def test_colour_is_never_alone() -> None:
    graph = traced(graph_of(SURVEY), run("1"), "a")
    drawn = ET.fromstring(svg.render(graph))  # noqa: S314  # our own text
    shown = [element.text for element in drawn.iter("{http://www.w3.org/2000/svg}text")]
    marked: list[Node | Edge] = [*graph.nodes, *graph.edges]
    for mark in (Mark.REACHED, Mark.UNREACHED):
        signs = sum(1 for text in shown if text is not None and text.startswith(mark.sign))
        assert signs == 1 + sum(item.mark is mark for item in marked)  # and the legend
    text = mermaid.render(graph)
    assert text.count("✓") == sum(item.mark is Mark.REACHED for item in marked)
    assert text.count("✗") == sum(item.mark is Mark.UNREACHED for item in marked)


def test_json_tells_marks_and_notes() -> None:
    text = document.render({"survey": covered(graph_of(SURVEY), reach(run("1")))})
    assert '"mark": "reached",\n          "before": null,\n          "note": "ran 1×"' in text


@pytest.mark.node
def test_mermaid_reads_what_was_reached(parse: Parse) -> None:  # noqa: F811  # the fixture
    graphs = [covered(graph_of(SURVEY), reach(run("9", "1")))]
    for text in HOSTILE:
        steps = body(message("a", "{{data.x.y}}" + text), name=text)
        if text.strip():
            graphs.append(traced(graph_of(steps), run(definition=steps), text))
    for graph, answer in zip(graphs, parse([mermaid.render(graph) for graph in graphs]), strict=True):
        assert "error" not in answer, (answer, mermaid.render(graph))
        assert len(answer["nodes"]) == len(graph.nodes)
        assert len(answer["edges"]) == len(graph.edges)
    assert "✓ 1× ↺ data.reply == '9'" in [edge["text"] for edge in parse([mermaid.render(graphs[0])])[0]["edges"]]


def with_workflow(**more: object) -> dict[str, object]:
    workflow = {"key": "a", "cases": 1, "steps": {"hits": {}}, "branches": {"hits": []}, **more}
    return {"version": 1, "workflows": [workflow]}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([], "it has no `workflows`"),
        ({"workflows": {}}, "it has no `workflows`"),
        ({"workflows": [], "version": 2}, "its version is not 1"),
        ({"version": 1, "workflows": [3]}, "one of its workflows has no `key`"),
        (with_workflow(steps=None), "one of its workflows has no `steps`"),
        (with_workflow(steps={"hits": []}), "its hits are of another kind"),
        (with_workflow(steps={"hits": {"x": -1}}), "a count in it is no number"),
        (with_workflow(cases=True), "a count in it is no number"),
        (with_workflow(branches={"hits": [1]}), "one of its branches is no mapping"),
    ],
)
def test_another_file_is_refused_with_the_reason(value: object, reason: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_reach(value, "it")
    assert str(refused.value) == f"it is no coverage file: {reason}"
