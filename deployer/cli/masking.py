"""Takes secrets out of what is printed, whoever prints it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

_HOLDERS = ("DEPLOYER_API_KEY", "DEPLOYER_SECRET_")
"""How the names of variables begin that hold a key or a secret."""


def key_mask() -> Callable[[str], str]:
    """What takes API keys and secret values of the process's environment out of a text."""
    if not any(name.startswith(_HOLDERS) for name in os.environ):
        return str
    from deployer.source.secrets_file import MIN_LENGTH, Secrets

    # Too short a value cannot be hidden without hiding ordinary text; as a secret it is refused anyway.
    values = {
        name.removeprefix("DEPLOYER_SECRET_"): value
        for name, value in os.environ.items()
        if name.startswith(_HOLDERS) and len(value) >= MIN_LENGTH
    }
    return Secrets({}, values).mask


def all_masks(known: Iterable[Callable[[str], str]]) -> Callable[[str], str]:
    """The same, and what sessions came to know meanwhile."""
    masks = (*known, key_mask())

    def masked(text: str) -> str:
        for mask in masks:
            text = mask(text)
        return text

    return masked
