"""A named tuple of ours is what `typing.NamedTuple` makes."""

from __future__ import annotations

import copy
import inspect
import pickle
import typing

import pytest

from deployer.tuples import NamedTuple


class Ours(NamedTuple):
    """A place."""

    line: int
    file: str = "a.yaml"
    """Where it is."""
    names: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        return f"{self.file}:{self.line}"

    @classmethod
    def first(cls, file: str) -> Ours:
        return cls(1, file)


class Standard(typing.NamedTuple):
    """A place."""

    line: int
    file: str = "a.yaml"
    """Where it is."""
    names: tuple[str, ...] = ()

    @property
    def told(self) -> str:
        return f"{self.file}:{self.line}"

    @classmethod
    def first(cls, file: str) -> Standard:
        return cls(1, file)


def test_its_objects_are_those_of_the_standard_one() -> None:
    ours, standard = Ours(3, names=("x",)), Standard(3, names=("x",))
    assert tuple(ours) == tuple(standard) == (3, "a.yaml", ("x",))
    assert hash(ours) == hash(standard)
    assert repr(ours) == repr(standard).replace("Standard", "Ours")
    assert (ours.told, Ours.first("b").told) == (standard.told, Standard.first("b").told)
    assert ours._replace(line=4) == tuple(standard._replace(line=4))
    assert ours._asdict() == standard._asdict()
    assert Ours._make([1, "b", ()]) == tuple(Standard._make([1, "b", ()]))
    assert isinstance(ours, tuple)
    assert type(ours._replace(line=4)) is Ours


def test_its_class_tells_what_the_standard_one_tells() -> None:
    for name in ("_fields", "_field_defaults", "__match_args__", "__doc__", "__slots__", "__module__", "__bases__"):
        assert getattr(Ours, name) == getattr(Standard, name), name
    assert Ours.__qualname__ == Ours.__name__ == "Ours"
    assert typing.get_type_hints(Ours) == typing.get_type_hints(Standard)
    assert list(inspect.signature(Ours).parameters) == list(inspect.signature(Standard).parameters)
    assert set(dir(Standard)) <= set(dir(Ours)) | {"__orig_bases__"}


def test_it_goes_from_one_process_to_another() -> None:
    ours = Ours(3, "b.yaml", ("x",))
    for copied in (pickle.loads(pickle.dumps(ours)), copy.deepcopy(ours)):  # noqa: S301  # our own
        assert copied == ours
        assert type(copied) is Ours


def test_nothing_is_set_and_nothing_left_out() -> None:
    with pytest.raises(AttributeError):
        Ours(1).line = 2  # type: ignore[misc]
    with pytest.raises(TypeError, match="line"):
        Ours()  # type: ignore[call-arg]


def test_a_class_without_annotated_names_is_refused() -> None:
    with pytest.raises(TypeError, match="Nothing lacks annotated names"):

        class Nothing(NamedTuple):
            pass
