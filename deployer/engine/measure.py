"""How large an instance's `data` may grow: a loop that doubles a text must end in a fault, not in the machine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deployer.engine.scripting import Facts
from deployer.engine.settings import EngineSettings


def objection_to(facts: Facts, settings: EngineSettings, *, added: Mapping[str, object] | None = None) -> str | None:
    """Why these data are too much; None when they are not. `added`: what is new in them, when the rest was checked."""
    if _is_deeper(facts.value if added is None else added, settings.max_depth):
        return f"data is nested deeper than {settings.max_depth} levels"
    if facts.size > settings.max_data and len(facts.text) > settings.max_data:
        return f"data has more than {settings.max_data} characters as JSON"
    return None


def _is_deeper(value: object, most: int) -> bool:
    """Level by level, without recursion: the value may be hostile."""
    level = [value]
    if isinstance(value, dict) and not any(isinstance(item, dict | list) for item in value.values()):
        return False  # what most outputs are
    for _ in range(most + 1):
        level = [item for outer in level for item in _inside(outer) if isinstance(item, dict | list)]
        if not level:
            return False
    return True


def _inside(value: object) -> Iterable[object]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()
