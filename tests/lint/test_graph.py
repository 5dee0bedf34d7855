"""Who follows whom, what goes round, and which workflows answer together."""

from __future__ import annotations

from deployer.lint.graph import components, graph_of, graph_with_guesses, reachable, shortest_cycle
from deployer.lint.overlap import Listener, overlaps
from tests.lint.workflows import SMS, with_steps


def listener(name: str, trigger: str = "inbound_sms", sub_account: str | None = None) -> Listener:
    return Listener(name=name, trigger=trigger, sub_account=sub_account)


def names(pairs: tuple[tuple[Listener, Listener], ...]) -> list[str]:
    return [f"{one.name}+{other.name}" for one, other in pairs]


def test_a_step_leads_to_its_next_step_its_selected_ones_and_into_do() -> None:
    nested = f"[[{{ id: in, {SMS}, nextStepId: out }}, {{ id: late, {SMS} }}]]"
    flow = with_steps(
        f"id: if, stepType: If, inputs: {{ condition: true }}, do: {nested}, nextStepId: out", f"id: out, {SMS}"
    )
    graph = graph_of(flow)
    assert [step.id for step in graph.steps] == ["if", "in", "late", "out"]
    assert graph.edges == [[3, 1], [3], [], []]
    assert graph.back == [[], [3], [3], []]
    assert graph.parents == [None, 0, 0, None]
    assert reachable(graph.edges, [0]) == {0, 1, 3}


def test_a_do_that_begins_with_something_else_starts_no_step() -> None:
    graph = graph_of(
        with_steps(f"id: if, stepType: If, do: [[x, {{ id: in, {SMS} }}]], nextStepId: out", f"id: out, {SMS}")
    )
    assert (graph.edges, graph.back) == ([[2], [], []], [[], [2], []])


def test_a_repeated_id_leads_to_all_its_steps() -> None:
    graph = graph_of(with_steps(f"id: a, {SMS}, nextStepId: b", f"id: b, {SMS}", f"id: b, {SMS}"))
    assert graph.edges[0] == [1, 2]


def test_a_guess_stands_for_a_target_that_does_not_exist() -> None:
    flow = with_steps(f"id: a, {SMS}, nextStepId: c", f"id: b, {SMS}")
    assert graph_of(flow).edges[0] == []
    assert graph_with_guesses(flow, lambda _: "b").edges[0] == [1]


def test_components_are_found_without_recursion() -> None:
    size = 50_000
    ring = [[(number + 1) % size] for number in range(size)]
    assert components(ring, set(range(size))) == [list(range(size))]
    assert len(components(ring, set(range(1, size)))) == size - 1


def test_the_shortest_way_round_is_named() -> None:
    edges = [[1, 2], [2], [3, 0], [0]]
    assert components(edges, {0, 1, 2, 3}) == [[0, 1, 2, 3]]
    assert shortest_cycle(edges, [0, 1, 2, 3]) == [0, 2]
    assert shortest_cycle([[1], []], [0]) == []
    assert shortest_cycle([[0]], [0]) == [0]


def test_one_sub_account_overlaps_with_itself_and_with_any() -> None:
    one, same, other = (listener(name, sub_account=sub) for name, sub in (("a", "x"), ("b", "x"), ("c", "y")))
    everywhere = listener("d")
    assert names(overlaps([one, same, other, everywhere])) == ["a+b", "a+d", "b+d", "c+d"]
    assert names(overlaps([everywhere, other])) == ["d+c"]


def test_other_triggers_do_not_overlap() -> None:
    assert overlaps([listener("a"), listener("b", "inbound_chat_apps")]) == ()


def test_a_listener_is_paired_with_no_more_than_people_read() -> None:
    pairs = overlaps([listener(str(number)) for number in range(2_000)])
    assert len(pairs) < 2_000 * 20
    assert {other.name for _, other in pairs} == {str(number) for number in range(1, 2_000)}
