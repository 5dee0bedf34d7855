"""Keeping the API key out of everything that people read."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

MASK = "(API key)"


class Mask:
    """Replaces the key wherever it occurs: plain, URL-encoded, JSON-escaped, in base64 at any alignment."""

    __slots__ = ("_forms", "_shown")

    def __init__(self, secret: str | None, shown: str = MASK) -> None:
        self._shown = shown
        self._forms = tuple(sorted(_forms(secret), key=len, reverse=True)) if secret else ()

    def __call__(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, self._shown)
        return text


def _forms(secret: str) -> set[str]:
    data = secret.encode()
    forms = {secret, quote(secret, safe=""), quote_plus(secret), json.dumps(secret)[1:-1]}
    for shift, skipped in ((0, 0), (1, 2), (2, 3)):
        # What stands before the key moves its bits, and only the digits made of nothing but key are stable.
        whole = (shift + len(data)) * 4 // 3
        shifted = b"\0" * shift + data
        for encoded in (base64.b64encode(shifted), base64.urlsafe_b64encode(shifted)):
            forms.add(encoded[skipped:whole].decode())
    # Of a very short key a few digits remain, which occur in ordinary words.
    return {form for form in forms if len(form) >= min(len(secret), 4)}
