"""Ids that come from a text instead of from chance, so that the same run has the same ones."""

from __future__ import annotations

from hashlib import blake2b

_VARIANTS = {digit: "89ab"[int(digit, 16) & 3] for digit in "0123456789abcdef"}


def write_uuid(origin: str) -> str:
    """A uuid, version 4 in form: the same for the same text."""
    # By hand: `uuid.UUID` takes five times as long, and every step needs one.
    digits = blake2b(origin.encode(), digest_size=16).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{_VARIANTS[digits[16]]}{digits[17:20]}-{digits[20:]}"
