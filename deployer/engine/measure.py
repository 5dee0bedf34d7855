"""How large an instance's `data` may grow: a loop that doubles a text must end in a fault, not in the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deployer.engine.failures import ScriptError
from deployer.engine.scripting import Facts
from deployer.engine.settings import EngineSettings


def objection_to(facts: Facts, settings: EngineSettings, *, added: Mapping[str, object] | None = None) -> str | None:
    """Why these data cannot be worked with; None when they can.

    `added` is what is new in them, when the rest was checked before.
    """
    if is_deeper(facts.value if added is None else added, settings.max_depth):
        return f"data is nested deeper than {settings.max_depth} levels"
    try:
        too_long = facts.size > settings.max_data and len(facts.text) > settings.max_data
    except ScriptError as error:
        return str(error)
    return f"data has more than {settings.max_data} characters as JSON" if too_long else None


def is_deeper(value: object, most: int) -> bool:
    """Whether a JSON value is nested deeper than so many levels: counted without recursion, it may be hostile."""
    level = [value]
    for _ in range(most + 1):
        level = [item for outer in level for item in _inside(outer) if type(item) in _CONTAINERS]
        if not level:
            return False
    return True


_CONTAINERS = (dict, list)  # JSON has no others, and asking for the type is quick


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
