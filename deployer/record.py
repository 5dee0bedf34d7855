"""`@record`: frozen, slotted, keyword-only data, as `@dataclass(frozen=True, slots=True, kw_only=True)` makes it.

The standard decorator compiles six functions for each class, which takes 0.3 ms; a command that imports a
hundred such classes would wait 30 ms before it does anything. Here equality, hash, text and frozenness are
plain functions shared by all, and `__init__` is compiled when the first object is made: most commands
make objects of few classes. Even without compiling, the standard decorator takes 0.1 ms for a class, so it is
asked what it notes of one only where `replace`, `fields` or `pprint` want that. What can be seen from outside is
the same; tests/test_record.py holds both beside each other.
"""

from __future__ import annotations

import inspect
import operator
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type)


@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(cls: Class, /) -> Class: ...
@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(*, eq: bool = True, order: bool = False) -> Callable[[Class], Class]: ...
def record(cls: Class | None = None, /, *, eq: bool = True, order: bool = False) -> Class | Callable[[Class], Class]:
    """Make a class whose annotated names are its data.

    With `eq=False` an object equals only itself; with `order` objects are sorted by their values, one by one.

    Raises TypeError for what no record of ours has, such as another record above it or a value that `__init__`
    does not take, and ValueError for an order without equality and for a default that can change.
    """
    if cls is None:
        return lambda given: _made(given, eq=eq, order=order)
    return _made(cls, eq=eq, order=order)


def _made(given: Class, *, eq: bool, order: bool) -> Class:
    if order and not eq:
        raise ValueError(f"{given.__name__}: an order needs eq=True")
    known = _fields(given)
    cls = _slotted(given, [each.name for each in known], _Standard(given, eq=eq, order=order))
    own = vars(cls)
    methods = _shared(cls, known)
    compared = _values([each.name for each in known if each.compare])
    if eq:
        hashed = _values([each.name for each in known if (each.compare if each.hash is None else each.hash)])
        methods |= {"__eq__": _comparison(compared, operator.eq), "__hash__": lambda self: hash(hashed(self))}
    if order:
        by_name = {"__lt__": operator.lt, "__le__": operator.le, "__gt__": operator.gt, "__ge__": operator.ge}
        methods |= {name: _comparison(compared, compare) for name, compare in by_name.items()}
    for name, method in methods.items():
        if name not in own or (name == "__hash__" and own[name] is None):
            method.__name__, method.__qualname__ = name, f"{cls.__qualname__}.{name}"
            setattr(cls, name, method)
    return cls  # type: ignore[return-value]  # made anew, for its slots


def _fields(given: type) -> list[Field[Any]]:
    """The annotated names of a class. Raises TypeError for what no record of ours has."""
    if any(hasattr(base, _FIELDS) for base in given.__bases__):
        raise TypeError(f"{given.__name__} is the heir of another record; hold that one instead")
    found = []
    for name, annotation in inspect.get_annotations(given).items():
        if not isinstance(annotation, str):
            raise TypeError(f"{given.__module__} lacks `from __future__ import annotations`")
        kind = annotation.partition("[")[0]
        if kind.endswith("ClassVar"):
            continue
        said = given.__dict__.get(name, MISSING)
        each: Field[Any] = said if isinstance(said, Field) else field(default=said)
        if not each.init or kind.endswith(("InitVar", "KW_ONLY")):
            raise TypeError(f"`{name}` of {given.__name__}: a record keeps every value that it is given, and no others")
        each.name = name
        if each.default.__class__.__hash__ is None:
            raise ValueError(f"{given.__name__}.{name}: a default that can change needs `default_factory`")
        found.append(each)
    return found


def _slotted(given: type, names: list[str], standard: _Standard) -> type:
    """The class with a slot for each name, in the place of a default, which `__init__` knows."""
    space = {name: value for name, value in vars(given).items() if name not in {"__dict__", "__weakref__", *names}}
    space.setdefault("__match_args__", ())
    space["__slots__"] = tuple(names)
    space[_FIELDS], space[_PARAMETERS] = _Note(_FIELDS, standard), _Note(_PARAMETERS, standard)
    cls = type(given)(given.__name__, given.__bases__, space)
    cls.__qualname__ = given.__qualname__
    return cls


_FIELDS = "__dataclass_fields__"
"""Where `dataclasses.fields` and `replace` look."""
_PARAMETERS = "__dataclass_params__"
"""Where `pprint` looks."""


class _Standard:
    """What the standard decorator would have made of a class, worked out when somebody asks."""

    def __init__(self, given: type, *, eq: bool, order: bool) -> None:
        self._given, self._eq, self._order = given, eq, order

    @cached_property
    def notes(self) -> Mapping[str, Any]:
        """What it would have noted. It takes a class apart, so it is asked once."""
        standard: Any = dataclass(init=False, repr=False, eq=False, kw_only=True)(self._given)
        parameters = getattr(standard, _PARAMETERS)
        parameters.init = parameters.repr = parameters.frozen = True  # all that `record` sees to itself
        parameters.eq, parameters.order = self._eq, self._order
        return {name: getattr(standard, name) for name in (_FIELDS, _PARAMETERS)}


class _Note:
    """Stands in a class for one such note until the first look at it."""

    def __init__(self, name: str, standard: _Standard) -> None:
        self._name, self._standard = name, standard

    def __get__(self, _: object, owner: type) -> object:
        found = self._standard.notes[self._name]
        setattr(owner, self._name, found)
        return found


def _shared(cls: type, known: list[Field[Any]]) -> dict[str, Callable[..., Any]]:
    """The methods that every record has, by name."""
    names = tuple(each.name for each in known)
    shown = tuple(each.name for each in known if each.repr)

    def init(self: object, /, **values: object) -> None:
        compiled = _compiled_init(cls, known)
        cls.__init__ = compiled  # type: ignore[misc]  # from now on it stands here
        compiled(self, **values)

    @reprlib.recursive_repr()
    def show(self: object) -> str:
        inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({inner})"

    def assign(self: object, name: str, value: object) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def delete(self: object, name: str) -> None:
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    def state(self: object) -> list[object]:
        return [getattr(self, name) for name in names]

    def restore(self: object, state: list[object]) -> None:
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    def replaced(self: object, /, **changes: object) -> object:
        return replace(self, **changes)  # type: ignore[type-var]  # mypy does not see that it is a dataclass

    return {
        "__init__": init, "__repr__": show, "__setattr__": assign, "__delattr__": delete, "__getstate__": state,
        "__setstate__": restore,
        "__replace__": replaced,  # `copy.replace`, from Python 3.13 on
    }  # fmt: skip


def _values(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    """Reads these attributes of an object, as a tuple."""
    if len(names) > 1:
        return operator.attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _comparison(
    compared: Callable[[object], tuple[object, ...]], compare: Callable[[Any, Any], bool]
) -> Callable[[object, object], object]:
    def method(self: object, other: object) -> object:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compare(compared(self), compared(other))

    return method


def _compiled_init(cls: type, known: list[Field[Any]]) -> Callable[..., None]:
    """A function that takes each field by name, as fast as one written by hand."""
    space: dict[str, Any] = {"_missing": MISSING}
    parameters, body = [], []
    for number, each in enumerate(known):
        space[f"_set{number}"] = getattr(cls, each.name).__set__  # its slot: a third faster than `object.__setattr__`
        value = each.name
        parameter = each.name
        if each.default is not MISSING:
            space[f"_default{number}"] = each.default
            parameter += f"=_default{number}"
        elif each.default_factory is not MISSING:
            space[f"_factory{number}"] = each.default_factory
            parameter += "=_missing"
            value = f"_factory{number}() if {each.name} is _missing else {each.name}"
        parameters.append(parameter)
        body.append(f" _set{number}(_self, {value})")
    if hasattr(cls, "__post_init__"):
        body.append(" _self.__post_init__()")
    stars = ", *, " if parameters else ""
    source = f"def __init__(_self{stars}{', '.join(parameters)}):\n" + ("\n".join(body) or " pass")
    exec(source, space)  # noqa: S102  # as `dataclass` does: nothing stands in it but names of fields, which are names
    compiled: Callable[..., None] = space["__init__"]
    compiled.__qualname__ = f"{cls.__qualname__}.__init__"
    return compiled
