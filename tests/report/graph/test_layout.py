"""Nothing lies on anything else: boxes, labels and lines keep apart, whatever the graph."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.report.graph.difference import compare
from deployer.report.graph.far import FROM, referred
from deployer.report.graph.layers import Box, Link
from deployer.report.graph.layout import Laid, lay_out
from deployer.report.graph.model import Shape
from deployer.report.graph.picture import MOST_STEPS, Picture, picture
from deployer.report.graph.reading import graph_of
from tests.report.graph.bodies import Body, body, inside, menus, sms, tangle, wait_for_reply

Rectangle = tuple[float, float, float, float]
"""Left, top, right, bottom."""

sizes = st.builds(Box, width=st.integers(40, 260).map(float), height=st.integers(20, 140).map(float))


@st.composite
def graphs(draw: st.DrawFn) -> tuple[list[Box], list[Link]]:
    """Any boxes and any links, circles and loops among them."""
    boxes = draw(st.lists(sizes, min_size=1, max_size=12))
    ends = st.integers(0, len(boxes) - 1)
    label = st.builds(Box, width=st.integers(0, 160).map(float), height=st.integers(0, 40).map(float))
    return boxes, draw(st.lists(st.builds(Link, source=ends, target=ends, label=label), max_size=24))


def overlap(one: Rectangle, other: Rectangle) -> bool:
    return one[0] < other[2] - 0.1 and other[0] < one[2] - 0.1 and one[1] < other[3] - 0.1 and other[1] < one[3] - 0.1


def around(x: float, y: float, box: Box) -> Rectangle:
    return x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2


def rectangles(laid: Laid, boxes: list[Box], links: list[Link]) -> list[Rectangle]:
    """Of all boxes and of all labels that show."""
    found = [(x, y, x + box.width, y + box.height) for (x, y), box in zip(laid.places, boxes, strict=True)]
    found += [
        around(*route.label, link.label)
        for route, link in zip(laid.routes, links, strict=True)
        if link.label.width and link.label.height
    ]
    return found


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_boxes_and_labels_never_overlap(drawn: tuple[list[Box], list[Link]]) -> None:
    boxes, links = drawn
    laid = lay_out(boxes, links, gap=20)
    for one, other in combinations(rectangles(laid, boxes, links), 2):
        assert not overlap(one, other)


@settings(max_examples=150, deadline=None)
@given(graphs())
def test_lines_run_upright_or_level_from_box_to_box_and_through_none(drawn: tuple[list[Box], list[Link]]) -> None:
    boxes, links = drawn
    laid = lay_out(boxes, links, gap=20)
    solid = [(x, y, x + box.width, y + box.height) for (x, y), box in zip(laid.places, boxes, strict=True)]
    for link, route in zip(links, laid.routes, strict=True):
        start, end = solid[link.source], solid[link.target]
        assert route.points[0][1] == pytest.approx(start[3])
        assert start[0] <= route.points[0][0] <= start[2]
        assert route.points[-1][1] == pytest.approx(end[1])
        assert end[0] <= route.points[-1][0] <= end[2]
        for (x, y), (x2, y2) in pairwise(route.points):
            assert abs(x - x2) < 1.5 or abs(y - y2) < 0.01
            line = (min(x, x2) - 0.2, min(y, y2), max(x, x2) + 0.2, max(y, y2))
            assert not any(overlap(line, box) for box in solid)


@settings(max_examples=50, deadline=None)
@given(graphs())
def test_everything_stands_within_the_picture(drawn: tuple[list[Box], list[Link]]) -> None:
    boxes, links = drawn
    laid = lay_out(boxes, links, gap=20)
    for left, top, right, bottom in rectangles(laid, boxes, links):
        assert left >= -0.1
        assert top >= -0.1
        assert right <= laid.width + 0.1
        assert bottom <= laid.height + 0.1
    for x, y in (point for route in laid.routes for point in route.points):
        assert -0.1 <= x <= laid.width + 0.1
        assert -0.1 <= y <= laid.height + 0.1


@settings(max_examples=30, deadline=None)
@given(graphs())
def test_the_same_graph_is_always_laid_out_the_same(drawn: tuple[list[Box], list[Link]]) -> None:
    assert lay_out(*drawn, gap=20) == lay_out(*drawn, gap=20)


def test_steps_in_a_row_stand_straight_below_each_other() -> None:
    boxes = [Box(width=wide, height=40) for wide in (100, 200, 60, 140)]
    laid = lay_out(boxes, [Link(source=at, target=at + 1) for at in range(3)], gap=20)
    middles = {x + box.width / 2 for (x, _), box in zip(laid.places, boxes, strict=True)}
    assert len(middles) == 1
    assert [len(route.points) for route in laid.routes] == [2, 2, 2]


def test_a_tree_has_no_crossing() -> None:
    boxes = [Box(width=80, height=30)] * 13
    links = [Link(source=(at - 1) // 3, target=at) for at in range(1, 13)]
    laid = lay_out(boxes, links, gap=20)
    lows = [laid.places[at][0] for at in range(4, 13)]
    assert lows == sorted(lows)


def cards(drawn: Picture) -> Iterator[Rectangle]:
    yield from ((card.x, card.y, card.x + card.width, card.y + card.height) for card in drawn.cards)


@pytest.mark.parametrize(
    "large", [menus(3, 5), tangle(200, 1), tangle(200, 2), body(*(sms(f"s{n}") for n in range(200)))]
)
def test_two_hundred_steps_are_all_drawn_and_keep_apart(large: Body) -> None:
    graph = graph_of(large)
    drawn = picture(graph)
    steps = [card for card in drawn.cards if card.node.shape not in (Shape.REFERENCE, Shape.MISSING, Shape.START)]
    assert len(steps) == graph.steps >= 95
    labels = [
        (tag.x - tag.width / 2, tag.y - tag.height / 2, tag.x + tag.width / 2, tag.y + tag.height / 2)
        for wire in drawn.wires
        if (tag := wire.label) is not None
    ]
    everything = sorted([*cards(drawn), *labels], key=lambda rectangle: rectangle[1])
    for at, one in enumerate(everything):
        for other in everything[at + 1 :]:
            if other[1] >= one[3]:
                break
            assert not overlap(one, other)


def test_in_a_large_picture_far_ways_end_in_references_and_every_step_is_still_led_to() -> None:
    graph = graph_of(menus(3, 4))
    cut = referred(graph)
    assert graph.steps > FROM
    assert len(cut.edges) == len(graph.edges)
    led_to = {edge.target for edge in cut.edges}
    assert {node.key for node in graph.nodes[1:]} <= led_to
    names = [node.id for node in cut.nodes if node.shape is Shape.REFERENCE]
    assert "goodbye" in names
    assert "wait-1" in names


def test_a_small_picture_draws_every_way_to_its_end() -> None:
    graph = graph_of(menus(1, 4))
    assert referred(graph) is graph


def test_a_wide_picture_runs_from_left_to_right() -> None:
    drawn = picture(graph_of(menus(2, 6)))
    assert drawn.height > drawn.width


def test_steps_inside_stand_in_the_frame_of_their_step() -> None:
    nested = inside("outer", [sms("a", nextStepId="in"), inside("in", [sms("b")], [sms("c", nextStepId="z")])])
    drawn = picture(graph_of(body({**nested, "nextStepId": "z"}, sms("z"))))
    frames = {frame.node.id: frame for frame in drawn.frames}
    places = {card.node.id: card for card in drawn.cards}

    def holds(frame: str, card: str) -> bool:
        outer, inner = frames[frame], places[card]
        across = outer.x < inner.x and inner.x + inner.width < outer.x + outer.width
        return across and outer.y < inner.y and inner.y + inner.height < outer.y + outer.height

    assert {name for name in places if holds("outer", name)} == {"outer", "a", "in", "b", "c"}
    assert {name for name in places if holds("in", name)} == {"in", "b", "c"}
    labels = [" ".join(wire.label.lines) for wire in drawn.wires if wire.label is not None]
    assert "c → z" in labels  # drawn from the frame, so the label says between which steps


def test_removed_and_added_steps_are_drawn_together() -> None:
    graph = compare(body(sms("a", nextStepId="b"), sms("b")), body(sms("a", nextStepId="c"), sms("c")))
    assert {card.node.id for card in picture(graph).cards} == {"inbound_sms", "a", "b", "c"}


def test_what_is_too_large_for_a_picture_says_so() -> None:
    from deployer.errors import ConfigurationError

    large = graph_of(body(*(sms(f"s{number}") for number in range(MOST_STEPS + 1))))
    with pytest.raises(ConfigurationError, match="too many for a picture") as caught:
        picture(large)
    assert "mermaid" in str(caught.value.hint)


def questions(count: int) -> Body:
    """A long conversation: each question's second answer leads to the next question, the other two come to an end."""
    steps: list[Body] = []
    for number in range(count):
        ways = {f"good{number}": "{{data.reply == '1'}}", f"next{number}": None, f"end{number}": "{{!data.reply}}"}
        ask = {**wait_for_reply(f"ask{number}"), "selectNextStep": ways}
        steps += [ask, sms(f"good{number}"), sms(f"next{number}", nextStepId=f"ask{number + 1}"), sms(f"end{number}")]
    return body(*steps, sms(f"ask{count}"))


def test_a_long_conversation_runs_straight_down() -> None:
    few, many = picture(graph_of(questions(3))), picture(graph_of(questions(50)))
    assert many.width <= few.width + 20
    asked = [card.x + card.width / 2 for card in many.cards if card.node.id.startswith("ask")]
    assert max(asked) - min(asked) < 1
