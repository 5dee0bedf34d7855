"""What a picture shows: steps, ways, what stands out, and what changed."""

from __future__ import annotations

import pytest

from deployer.report.graph.difference import compare
from deployer.report.graph.model import Edge, Graph, Kind, Mark, Node, Shape
from deployer.report.graph.reading import graph_of
from tests.report.graph.bodies import Body, body, choice, inside, menus, sms, wait_for_reply


def node(graph: Graph, name: str) -> Node:
    return next(node for node in graph.nodes if node.id == name)


def way(graph: Graph, source: str, target: str) -> Edge:
    keys = node(graph, source).key, node(graph, target).key
    return next(edge for edge in graph.edges if (edge.source, edge.target) == keys)


def test_the_first_step_of_the_list_starts() -> None:
    graph = graph_of(body(sms("hello"), sms("other")))
    assert way(graph, "inbound_sms", "hello").kind is Kind.NEXT
    assert node(graph, "inbound_sms").shape is Shape.START


def test_conditions_label_the_ways_without_their_braces() -> None:
    graph = graph_of(body(choice("c", a="{{ data.x == 1; }}", b=None), sms("a"), sms("b")))
    assert (way(graph, "c", "a").kind, way(graph, "c", "a").label) == (Kind.SELECT, "data.x == 1")
    assert (way(graph, "c", "b").kind, way(graph, "c", "b").label) == (Kind.DEFAULT, "otherwise")


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({"a": "{{data.reply == null}}", "b": "{{data.reply != null}}"}, Kind.TIMEOUT),
        ({"a": "{{!data.reply}}", "b": None}, Kind.TIMEOUT),
        ({"a": "{{data.reply === undefined}}", "b": None}, Kind.TIMEOUT),
        ({"a": None, "b": "{{data.reply != null}}"}, Kind.TIMEOUT),
        ({"a": None, "b": "{{data.reply == '1'}}"}, Kind.DEFAULT),
        ({"a": "{{data.reply == null || data.reply == '9'}}", "b": None}, Kind.SELECT),
        ({"a": "{{data.other == null}}", "b": None}, Kind.SELECT),
        ({"a": "{{step.reply == null}}", "b": None}, Kind.TIMEOUT),
    ],
)
def test_a_way_is_a_time_out_when_only_silence_leads_there(conditions: dict[str, str | None], expected: Kind) -> None:
    graph = graph_of(body(wait_for_reply("w", **conditions), sms("a"), sms("b")))
    assert way(graph, "w", "a").kind is expected


def test_only_steps_that_wait_time_out() -> None:
    graph = graph_of(body({**choice("c", a="{{data.reply == null}}"), "outputs": {"reply": "{{1}}"}}, sms("a")))
    assert way(graph, "c", "a").kind is Kind.SELECT


def test_loops_are_told_from_ways_forward() -> None:
    graph = graph_of(body(sms("a", nextStepId="b"), sms("b", nextStepId="c"), sms("c", nextStepId="b")))
    assert [edge.loop for edge in graph.edges] == [False, False, False, True]


def test_a_step_that_leads_to_itself_is_a_loop() -> None:
    assert way(graph_of(body(sms("a", nextStepId="a"))), "a", "a").loop


def test_what_does_not_exist_is_drawn_as_a_fault() -> None:
    graph = graph_of(body(sms("a", nextStepId="nowhere")))
    assert (node(graph, "nowhere").shape, node(graph, "nowhere").fault) == (Shape.MISSING, "no step has this id")


def test_steps_that_nothing_leads_to_are_faults() -> None:
    graph = graph_of(body(sms("a"), sms("lost", nextStepId="lost2"), sms("lost2")))
    assert [found.fault for found in graph.nodes] == ["", "", "nothing leads here", "nothing leads here"]


def test_a_repeated_id_is_drawn_twice_and_leads_to_the_first() -> None:
    graph = graph_of(body(sms("a", nextStepId="b"), sms("b", "first"), sms("b", "second")))
    assert way(graph, "a", "b").target == node(graph, "b").key
    assert [found.fault for found in graph.nodes if found.id == "b"] == ["", "repeats the id of another step"]


def test_steps_inside_a_step_stand_in_its_group() -> None:
    graph = graph_of(body(inside("if", [sms("a", nextStepId="b"), sms("b")], [sms("c")], nextStepId="end"), sms("end")))
    assert [found.group for found in graph.nodes] == [None, None, "step if", "step if", "step if", None]
    assert (way(graph, "if", "a").kind, way(graph, "if", "a").label) == (Kind.DO, "branch 1")
    assert way(graph, "if", "c").label == "branch 2"
    assert way(graph, "if", "end").kind is Kind.NEXT


def test_credentials_and_secrets_do_not_show() -> None:
    step: Body = {"id": "a", "stepType": "HttpRequest", "inputs": {"url": "https://u:hunter2hunter2@x.example/"}}
    graph = graph_of(body(step, sms("b", "${secret.PIN} is 12345678")), lambda text: text.replace("12345678", "***"))
    assert "hunter2" not in repr(graph)
    assert node(graph, "b").text == "(secret PIN) is ***"


def test_texts_are_one_short_harmless_line() -> None:
    found = node(graph_of(body(sms("a", "one\ntwo\x1b[31m \u202ethree " + "x" * 300))), "a").text
    assert found.startswith("one two\\u{1b}[31m \\u{202e}three xxx")
    assert len(found) == 90


def test_a_body_without_steps_is_only_a_start() -> None:
    for nothing in ({}, {"definition": 5}, {"definition": {"steps": [1, None, "x"]}}):
        graph = graph_of(nothing)
        assert [found.shape for found in graph.nodes] == [Shape.START]


def test_the_summary_is_a_sentence_for_those_who_cannot_see() -> None:
    assert graph_of(menus(1, 2)).summary() == "6 steps, starts with menu, 1 loop, 1 time-out"


BEFORE = body(sms("a", "Hello", nextStepId="b"), sms("b", "old", nextStepId="c"), sms("c"))


def test_equal_bodies_have_no_mark() -> None:
    graph = compare(BEFORE, BEFORE)
    assert {found.mark for found in graph.nodes} | {edge.mark for edge in graph.edges} == {None}
    assert graph.summary() == "3 steps, starts with a, nothing changes"


def test_a_difference_marks_what_is_new_changed_and_gone() -> None:
    after = body(sms("a", "Hello", nextStepId="b"), sms("b", "new", nextStepId="d"), sms("d"))
    graph = compare(BEFORE, after)
    assert {found.id: found.mark for found in graph.nodes} == {
        "inbound_sms": None, "a": None, "b": Mark.CHANGED, "c": Mark.REMOVED, "d": Mark.ADDED,
    }  # fmt: skip
    assert (node(graph, "b").before, node(graph, "b").text) == ("old", "new")
    assert way(graph, "a", "b").mark is None
    assert way(graph, "b", "d").mark is Mark.ADDED
    assert way(graph, "b", "c").mark is Mark.REMOVED


def test_another_condition_changes_the_way_and_not_the_step() -> None:
    before = body(choice("c", a="{{data.x}}"), sms("a"))
    graph = compare(before, body(choice("c", a="{{data.y}}"), sms("a")))
    assert node(graph, "c").mark is None
    assert (way(graph, "c", "a").mark, way(graph, "c", "a").label) == (Mark.CHANGED, "data.y")


def test_a_late_change_of_a_long_text_is_seen() -> None:
    same = "word " * 100
    graph = compare(body(sms("a", same + "one")), body(sms("a", same + "two")))
    assert node(graph, "a").before.endswith("word one")
    assert node(graph, "a").text.endswith("word two")
    assert len(node(graph, "a").text) <= 90


def test_a_change_of_a_masked_credential_is_still_a_change() -> None:
    def call(token: str) -> Body:
        headers = {"Authorization": f"Bearer {token}"}
        return body({"id": "a", "stepType": "HttpRequest", "inputs": {"url": "https://x.example", "headers": headers}})

    graph = compare(call("abcdefgh12345678abcdefgh"), call("zyxwvuts87654321zyxwvuts"))
    assert node(graph, "a").mark is Mark.CHANGED


def test_a_step_that_moves_into_another_one_is_changed() -> None:
    graph = compare(body(inside("i", [sms("x")]), sms("a")), body(inside("i", [sms("x"), sms("a")])))
    assert (node(graph, "a").mark, node(graph, "a").group) == (Mark.CHANGED, "step i")


def test_another_first_step_moves_the_start() -> None:
    graph = compare(body(sms("a"), sms("b")), body(sms("b"), sms("a")))
    assert way(graph, "inbound_sms", "b").mark is Mark.ADDED
    assert way(graph, "inbound_sms", "a").mark is Mark.REMOVED


@pytest.mark.parametrize(("before", "after", "mark"), [(None, BEFORE, Mark.ADDED), (BEFORE, None, Mark.REMOVED)])
def test_a_whole_workflow_comes_or_goes(before: Body | None, after: Body | None, mark: Mark) -> None:
    graph = compare(before, after)
    assert {found.mark for found in graph.nodes} == {mark}
    assert {edge.mark for edge in graph.edges} == {mark}


def test_marks_of_any_kind_can_be_laid_over_a_graph() -> None:
    graph = graph_of(BEFORE).marked({"a": Mark.REACHED, "c": Mark.UNREACHED}, {("a", "b"): Mark.REACHED})
    assert [found.mark for found in graph.nodes] == [None, Mark.REACHED, None, Mark.UNREACHED]
    assert way(graph, "a", "b").mark is Mark.REACHED
    assert way(graph, "b", "c").mark is None
