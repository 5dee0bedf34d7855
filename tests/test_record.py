"""A record is what the standard decorator makes, in all that can be seen from outside."""

from __future__ import annotations

import copy
import pickle
import pprint
import typing
from collections.abc import Callable
from dataclasses import FrozenInstanceError, InitVar, asdict, astuple, dataclass, field, fields, is_dataclass, replace
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


@record
class Named:
    """Has a field of the name that methods give to their object."""

    self: str


class Heir(Ours):
    """A class of its own below a record."""


@record
class Around:
    """May hold itself."""

    inner: list[Around] = field(default_factory=list)


def test_a_field_may_be_called_self() -> None:
    assert [Named(self="a").self, Named(self="b").self] == ["a", "b"]


@pytest.mark.parametrize("first", [Ours, Heir], ids=lambda kind: kind.__name__)
def test_the_standard_functions_know_a_record_and_a_class_below_it(first: type[Ours]) -> None:
    one = first(name="a", tags=["b"])
    assert is_dataclass(one)
    assert asdict(one) == asdict(Theirs(name="a", tags=["b"])) == {**asdict(one), "hidden": "", "unlike": 0}
    assert astuple(one) == ("a", "", 0, ["b"])
    assert [each.default_factory for each in fields(first)] == [each.default_factory for each in fields(Theirs)]
    assert [each.default for each in fields(first)] == [each.default for each in fields(Theirs)]
    assert type(replace(one, name="c")) is first


def test_a_class_below_a_record_is_as_one_below_a_standard_one() -> None:
    one = Heir(name="a")
    assert one != Ours(name="a")
    assert one == Heir(name="a")
    assert pickle.loads(pickle.dumps(one)) == one == copy.deepcopy(one)  # noqa: S301  # our own bytes
    with pytest.raises(FrozenInstanceError):
        one.name = "b"  # type: ignore[misc]  # what is tried here
    vars(one)["more"] = 1
    assert repr(one) == "Heir(name='a', unlike=0, tags=[])"


def test_a_long_record_can_be_printed_prettily() -> None:
    text = "a" * 100
    assert pprint.pformat(Ours(name=text)) == repr(Ours(name=text))
    for ours, theirs in ((Ours, Theirs), (OurPlace, TheirPlace)):
        shown = [getattr(kind, "__dataclass_params__") for kind in (ours, theirs)]  # noqa: B009  # typeshed lacks it
        assert [(one.init, one.repr, one.eq, one.order, one.frozen) for one in shown] == [
            (True, True, True, ours is OurPlace, True)
        ] * 2


def test_a_record_that_holds_itself_is_shown_once() -> None:
    one = Around()
    one.inner.append(one)
    assert repr(one) == "Around(inner=[...])"


def test_a_record_is_matched_by_name_alone() -> None:
    match Ours(name="a"):
        case Ours(name=name):
            assert name == "a"
    assert Ours.__match_args__ == Theirs.__match_args__ == ()


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_record_is_sent_in_any_protocol(protocol: int) -> None:
    one = Ours(name="a", tags=["b"])
    assert pickle.loads(pickle.dumps(one, protocol)) == one  # noqa: S301  # our own bytes


def test_what_is_no_value_of_an_object_is_refused_or_left_to_the_class() -> None:
    with pytest.raises(TypeError, match="`b` of _Late"):

        @record
        class _Late:
            a: int
            b: int = field(default=1, init=False)

    with pytest.raises(TypeError, match="`b` of _Given"):

        @record
        class _Given:
            a: int
            b: InitVar[int]

    @record
    class _Spelled:
        a: int
        b: typing.ClassVar[int] = 3

    assert [each.name for each in fields(_Spelled)] == ["a"]
    assert _Spelled(a=1).b == 3


def test_an_order_needs_equality() -> None:
    with pytest.raises(ValueError, match="eq"):

        @record(eq=False, order=True)  # type: ignore[misc]  # mypy sees it, too
        class _Sorted:
            a: int


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, replace, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301
def test_a_record_can_be_copied_replaced_and_sent(again: Callable[[Ours], Ours]) -> None:
    one = Ours(name="a", hidden="b", tags=["c"])
    assert again(one) == one
    assert replace(one, name="d").shout == "D"
    assert [each.name for each in fields(one)] == ["name", "hidden", "unlike", "tags"]


def test_what_a_class_does_after_its_making_is_done() -> None:
    assert Told(name="a").seen == ["a"]
