"""Ids that come from a text instead of from chance, so that the same run has the same ones."""

from __future__ import annotations

import hashlib

_VARIANTS = "89ab"


def write_uuid(origin: str) -> str:
    """A uuid, version 4 in form: the same for the same text."""
    # By hand: `uuid.UUID` takes five times as long, and every step needs one.
    digits = hashlib.blake2b(origin.encode(), digest_size=16).hexdigest()
    variant = _VARIANTS[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
