"""How large an instance's `data` may grow: a loop that doubles a text must end in a fault, not in the machine."""

from __future__ import annotations

from collections.abc import Mapping

from deployer.engine.scripting import Facts
from deployer.engine.settings import EngineSettings


def objection_to(facts: Facts, settings: EngineSettings) -> str | None:
    """Why these data are too much; None when they are not."""
    if _is_deeper(facts.value, settings.max_depth):
        return f"data is nested deeper than {settings.max_depth} levels"
    if len(facts.text) > settings.max_data:
        return f"data has more than {settings.max_data} characters as JSON"
    return None


def _is_deeper(value: object, most: int) -> bool:
    """Level by level, without recursion: the value may be hostile."""
    level = [value]
    for _ in range(most + 1):
        level = [
            item
            for outer in level
            for item in (outer.values() if isinstance(outer, Mapping) else outer if isinstance(outer, list) else ())
            if isinstance(item, Mapping | list)
        ]
        if not level:
            return False
    return True
