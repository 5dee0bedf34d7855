"""`@record`: frozen, slotted, keyword-only data, as `@dataclass(frozen=True, slots=True, kw_only=True)` makes it.

The standard decorator compiles six functions for each class, which takes 0.3 ms; a command that imports a
hundred such classes would wait 30 ms before it does anything. Here equality, hash, text and frozenness are
plain functions shared by all, and `__init__` is compiled when the first object is made: most commands
make objects of few classes. What can be seen from outside is the same, `dataclasses.replace` and `fields`
included; tests/test_record.py holds both beside each other.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from dataclasses import MISSING, Field, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform, overload

Class = TypeVar("Class", bound=type)


@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(cls: Class, /) -> Class: ...
@overload
@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(field,))
def record(*, eq: bool = True) -> Callable[[Class], Class]: ...
def record(cls: Class | None = None, /, *, eq: bool = True) -> Class | Callable[[Class], Class]:
    """Make a class whose annotated names are its data. With `eq=False` an object equals only itself."""
    if cls is None:
        return lambda given: _made(given, eq=eq)
    return _made(cls, eq=eq)


def _made(given: Class, *, eq: bool) -> Class:
    # What is left to the standard decorator needs no compiling: fields, defaults, slots.
    cls: type = dataclass(init=False, repr=False, eq=False, slots=True, kw_only=True)(given)
    own = vars(cls)
    known = fields(cls)
    methods = _shared(cls, known)
    if eq:
        compared = _values([each.name for each in known if each.compare])
        hashed = _values([each.name for each in known if (each.compare if each.hash is None else each.hash)])
        methods |= {"__eq__": _equality(compared), "__hash__": lambda self: hash(hashed(self))}
    for name, method in methods.items():
        if name not in own or (name == "__hash__" and own[name] is None):
            method.__qualname__ = f"{cls.__qualname__}.{name}"
            setattr(cls, name, method)
    return cls  # type: ignore[return-value]  # `dataclass` makes the class anew, for its slots


def _shared(cls: type, known: tuple[Field[Any], ...]) -> dict[str, Callable[..., Any]]:
    names = tuple(each.name for each in known)
    shown = tuple(each.name for each in known if each.repr)

    def __init__(self: object, **values: object) -> None:  # noqa: N807
        compiled = cls.__init__ = _compiled_init(cls, known)  # type: ignore[misc]
        compiled(self, **values)

    @reprlib.recursive_repr()
    def __repr__(self: object) -> str:  # noqa: N807
        inner = ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)
        return f"{self.__class__.__qualname__}({inner})"

    def __setattr__(self: object, name: str, value: object) -> None:  # noqa: N807
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot assign to field {name!r}")
        object.__setattr__(self, name, value)

    def __delattr__(self: object, name: str) -> None:  # noqa: N807
        if type(self) is cls or name in names:
            raise FrozenInstanceError(f"cannot delete field {name!r}")
        object.__delattr__(self, name)

    def __getstate__(self: object) -> list[object]:  # noqa: N807
        return [getattr(self, name) for name in names]

    def __setstate__(self: object, state: list[object]) -> None:  # noqa: N807
        for name, value in zip(names, state, strict=True):
            object.__setattr__(self, name, value)

    own = (__init__, __repr__, __setattr__, __delattr__, __getstate__, __setstate__)
    return {method.__name__: method for method in own}


def _values(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    """Reads these attributes of an object, as a tuple."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda self: tuple(getattr(self, name) for name in names)


def _equality(compared: Callable[[object], tuple[object, ...]]) -> Callable[[object, object], bool]:
    def __eq__(self: object, other: object) -> bool:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return compared(self) == compared(other)

    return __eq__


def _compiled_init(cls: type, known: tuple[Field[Any], ...]) -> Callable[..., None]:
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
    exec(f"def __init__(_self{stars}{', '.join(parameters)}):\n" + ("\n".join(body) or " pass"), space)  # noqa: S102
    compiled: Callable[..., None] = space["__init__"]
    compiled.__qualname__ = f"{cls.__qualname__}.__init__"
    return compiled
