"""A record is what the standard decorator makes, in all that can be seen from outside."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace
from typing import ClassVar

import pytest

from deployer.record import record


@record
class Ours:
    """A place."""

    name: str
    hidden: str = field(default="", repr=False)
    unlike: int = field(default=0, compare=False)
    tags: list[str] = field(default_factory=list)

    @property
    def shout(self) -> str:
        return self.name.upper()


@dataclass(frozen=True, slots=True, kw_only=True)
class Theirs:
    """A place."""

    name: str
    hidden: str = field(default="", repr=False)
    unlike: int = field(default=0, compare=False)
    tags: list[str] = field(default_factory=list)


@record
class Tags:
    """One value, which can be hashed."""

    tags: tuple[str, ...] = ()


@record(order=True)
class OurPlace:
    """Sorted by line, then by column."""

    line: int
    column: int = 1


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class TheirPlace:
    """Sorted by line, then by column."""

    line: int
    column: int = 1


@record
class Nothing:
    """No values at all."""


@record
class Counted:
    """Something of the class beside the data."""

    most: ClassVar[int] = 3
    name: str = "a"


@record(eq=False)
class Single:
    """Equals only itself."""

    name: str


@record
class Told:
    """Says itself how it is shown."""

    name: str
    seen: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.seen.append(self.name)

    def __repr__(self) -> str:
        return f"<{self.name}>"


def test_a_record_is_shown_as_the_standard_one() -> None:
    assert repr(Ours(name="a", hidden="b")) == repr(Theirs(name="a", hidden="b")).replace("Theirs", "Ours")
    assert repr(Told(name="a")) == "<a>"


def test_records_are_equal_where_the_standard_ones_are() -> None:
    assert Ours(name="a") == Ours(name="a", unlike=3)
    assert Ours(name="a") != Ours(name="a", hidden="b")
    assert Ours(name="a") != Theirs(name="a")  # type: ignore[comparison-overlap]
    assert Single(name="a") != Single(name="a")
    assert Nothing() == Nothing()


def test_records_with_an_order_are_sorted_as_the_standard_ones() -> None:
    pairs = [(2, 1), (1, 3), (1, 2), (2, 0)]
    ours = sorted(OurPlace(line=line, column=column) for line, column in pairs)
    theirs = sorted(TheirPlace(line=line, column=column) for line, column in pairs)
    assert [(one.line, one.column) for one in ours] == [(one.line, one.column) for one in theirs]
    assert OurPlace(line=1) <= OurPlace(line=1) < OurPlace(line=2)
    assert OurPlace(line=2) >= OurPlace(line=2) > OurPlace(line=1)
    with pytest.raises(TypeError, match="not supported"):
        OurPlace(line=1) < TheirPlace(line=2)  # type: ignore[operator]  # noqa: B015
    with pytest.raises(TypeError, match="not supported"):
        Tags() < Tags()  # type: ignore[operator]  # noqa: B015


def test_a_default_that_could_change_is_refused_where_the_class_is_made() -> None:
    with pytest.raises(ValueError, match="default_factory"):

        @record
        class _Shared:
            names: list[str] = []  # noqa: RUF012  # as a slip would be


def test_a_record_has_no_heirs_since_nobody_needs_any() -> None:
    with pytest.raises(TypeError, match="heir"):

        @record
        class _Heir(Tags):
            name: str


def test_what_belongs_to_the_class_is_no_value_of_its_objects() -> None:
    assert Counted().name == "a"
    assert [each.name for each in fields(Counted())] == ["name"]
    assert Counted.most == 3


def test_equal_records_have_one_hash_the_standard_one() -> None:
    assert hash(Tags(tags=("a",))) == hash(Tags(tags=("a",))) == hash((("a",),))
    assert len({Nothing(), Nothing()}) == 1
    assert len({Single(name="a"), Single(name="a")}) == 2
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ours(name="a"))


def test_a_default_list_belongs_to_one_record() -> None:
    one, other = Ours(name="a"), Ours(name="b")
    one.tags.append("x")
    assert other.tags == []


@pytest.mark.parametrize("wrong", [{}, {"name": "a", "nam": "b"}])
def test_wrong_names_are_refused_at_the_first_and_at_every_later_object(wrong: dict[str, str]) -> None:
    for _ in range(2):
        with pytest.raises(TypeError, match=r"'nam(?:e)?'"):
            Ours(**wrong)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="positional"):
        Tags(("a",))  # type: ignore[call-arg]


def test_nothing_of_a_record_can_be_changed() -> None:
    one = Ours(name="a")
    for name in ("name", "other"):
        with pytest.raises(FrozenInstanceError, match=f"cannot assign to field '{name}'"):
            setattr(one, name, "b")
    with pytest.raises(FrozenInstanceError, match="cannot delete field 'name'"):
        del one.name
    assert not hasattr(one, "__dict__")


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, replace, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301
def test_a_record_can_be_copied_replaced_and_sent(again: Callable[[Ours], Ours]) -> None:
    one = Ours(name="a", hidden="b", tags=["c"])
    assert again(one) == one
    assert replace(one, name="d").shout == "D"
    assert [each.name for each in fields(one)] == ["name", "hidden", "unlike", "tags"]


def test_what_a_class_does_after_its_making_is_done() -> None:
    assert Told(name="a").seen == ["a"]
