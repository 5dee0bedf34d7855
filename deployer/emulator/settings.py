"""What the platform's documents leave open, as settings of the emulator.

The defaults are the schema's reading of the vendor's OpenAPI file. A client that is right under every
combination is right on the real platform, whichever way the platform turns out to behave.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Literal, TypeAlias, get_args, get_origin, get_type_hints

from deployer.emulator.planted import NUMBERS, SUB_ACCOUNTS, read_numbers, read_sub_accounts
from deployer.errors import ConfigurationError

Setting = str | bool | int | float | None
Reader = Callable[[str], Setting]
Speed: TypeAlias = float | Literal["instant"]
Amount: TypeAlias = float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this emulator behaves where the documents contradict themselves or say nothing."""

    offset: Literal["pages", "items"] = "pages"
    """What `offset` counts. The parameter is described as a page offset; the prose beside it counts items."""
    list_disabled: bool = False
    """Whether the list holds disabled definitions too. It is documented as the list of active ones."""
    ids: Literal["top", "inside"] = "top"
    """Where `id` and `version` stand in an answer: at top level (schema) or inside `definition` (examples)."""
    sub_account_spelling: Literal["subAccountId", "subaccountId"] = "subAccountId"
    """How answers spell the sub-account at top level: as the schema does or as the examples do. Both are accepted."""
    normalise: bool = False
    """Whether a body is stored with defaults filled in and with the seven keys a step that the web builder writes."""
    reuse_version_numbers: bool = False
    """Whether an update takes the number of a deleted newest version again."""
    list_delay: float = 0.0
    """Seconds until the list shows a new definition. Its history shows it at once."""
    delete_delay: float = 0.5
    """Seconds between the 202 of a DELETE and its effect."""
    rate_limit: int | None = None
    """Requests that one second may hold before 429; None for no limit. Counted per process."""
    rate_limit_form: Literal["text", "header"] = "text"
    """Where a 429 says how long to wait: in the message only (as sister APIs do) or in `Retry-After` only."""
    account_id_required: bool = False
    """Whether a definition's body must hold `accountId`. The schema says so; no documented request sends it."""
    start_disabled: bool = True
    """Whether a disabled definition may be started by hand."""
    usage: Literal["list", "object"] = "list"
    """Whether `usage` answers with a list (schema) or with one object (example)."""
    latency: float = 0.0
    """Seconds that every request takes longer."""
    max_body: int = 4_194_304
    """Bytes that a request body may have before 413."""
    speed: Speed = 1.0
    """How fast the time of instances passes: 60 makes an hour a minute. `instant`: a Wait takes no time."""
    allow_http: bool = False
    """Whether HttpRequest steps without a canned answer are really sent. If not, they fault."""
    sub_accounts: str = "none"
    """The sub-accounts that 8x8's other services know, with commas between; none for whatever is asked about."""
    numbers: str = "none"
    """Virtual numbers, with commas between: `6512345678`, `6512345679@acme_voice:unhealthy`."""
    balance: Amount = None
    """The account's prepaid balance; None for an account that is not prepaid."""
    currency: str = "USD"
    """Of the balance."""
    sma_coverage: bool = True
    """Whether Silent Mobile Authentication reaches a customer's device."""

    def __post_init__(self) -> None:
        for name, value in (
            ("list-delay", self.list_delay),
            ("delete-delay", self.delete_delay),
            ("latency", self.latency),
        ):
            if not (math.isfinite(value) and 0 <= value <= 86_400):
                raise _illegal(name, value, SECONDS)
        if self.rate_limit is not None and self.rate_limit < 1:
            raise _illegal("rate-limit", self.rate_limit, COUNT_OR_NONE)
        if self.max_body < 1:
            raise _illegal("max-body", self.max_body, COUNT)
        if self.speed != "instant" and not 0.001 <= self.speed <= 1_000_000:
            raise _illegal("speed", self.speed, SPEED)
        if self.balance is not None and not math.isfinite(self.balance):
            raise _illegal("balance", self.balance, AMOUNT)
        if not (len(self.currency) == 3 and self.currency.isascii() and self.currency.isupper()):
            raise _illegal("currency", self.currency, TEXTS["currency"])
        for name, read, text in (
            ("numbers", read_numbers, self.numbers),
            ("sub-accounts", read_sub_accounts, self.sub_accounts),
        ):
            try:
                read(text)
            except ValueError as error:
                raise _illegal(name, str(error), TEXTS[name]) from error

    @classmethod
    def parse(cls, pairs: Iterable[str]) -> Settings:
        """Read settings as a command line gives them: `offset=items`, `list-delay=2`. The last of a name wins.

        Names may be written with `-` or `_`. Raises ConfigurationError for an unknown name or an illegal value.
        """
        readers = _readers()
        values: dict[str, Setting] = {}
        for pair in pairs:
            name, separator, text = pair.partition("=")
            name = name.strip().replace("_", "-").lower()
            if name not in readers:
                raise _unknown(name, list(readers))
            legal, read = readers[name]
            if not separator:
                raise ConfigurationError(f"emulator setting `{name}` has no value; write {name}=VALUE, with {legal}")
            try:
                values[name.replace("-", "_")] = read(text.strip())
            except ValueError as error:
                raise _illegal(name, text, legal) from error
        return cls(**values)  # type: ignore[arg-type]  # each reader gives its own field's type

    @classmethod
    def legal_values(cls) -> dict[str, str]:
        """Every setting's name, as `parse` reads it, with its legal values in words."""
        return {name: legal for name, (legal, _) in _readers().items()}

    def pairs(self) -> tuple[str, ...]:
        """These settings as `parse` would read them; only those that differ from the default."""
        changed = (field.name for field in fields(self) if getattr(self, field.name) != field.default)
        return tuple(f"{name.replace('_', '-')}={_text(getattr(self, name))}" for name in changed)


SECONDS = "a number of seconds from 0 to 86400"
COUNT = "a whole number from 1"
COUNT_OR_NONE = "a whole number from 1, or none"
SPEED = "a number from 0.001 to 1000000, or instant"
YES_OR_NO = "true or false"
AMOUNT = "a number, or none"
TEXTS = {"numbers": NUMBERS, "sub-accounts": SUB_ACCOUNTS, "currency": "three capital letters, such as USD"}


def _readers() -> dict[str, tuple[str, Reader]]:
    """By name as people write it: the legal values in words, and what reads one."""
    hints = get_type_hints(Settings)
    return {
        name: (TEXTS[name], str) if name in TEXTS else _reader(hints[field.name])
        for field in fields(Settings)
        for name in [field.name.replace("_", "-")]
    }


def _reader(kind: object) -> tuple[str, Reader]:
    if get_origin(kind) is Literal:
        words = tuple(str(word) for word in get_args(kind))
        return " or ".join(words), lambda text: _one_of(text, words)
    if kind == Speed:
        return SPEED, lambda text: text if text == "instant" else float(text)
    if kind == Amount:
        return AMOUNT, lambda text: None if text.lower() == "none" else float(text)
    if kind is bool:
        return YES_OR_NO, lambda text: _one_of(text.lower(), ("true", "false")) == "true"
    if kind is float:
        return SECONDS, float
    if kind is int:
        return COUNT, int
    return COUNT_OR_NONE, lambda text: None if text.lower() == "none" else int(text)


def _one_of(text: str, words: tuple[str, ...]) -> str:
    if text not in words:
        raise ValueError(text)
    return text


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) or value is None else str(value)


def _unknown(name: str, legal: list[str]) -> ConfigurationError:
    near = get_close_matches(name, legal, n=1)
    meant = f"; did you mean `{near[0]}`?" if near else ""
    return ConfigurationError(f"unknown emulator setting `{name}`{meant}", hint=f"Legal names: {', '.join(legal)}.")


def _illegal(name: str, value: object, legal: str) -> ConfigurationError:
    return ConfigurationError(f"emulator setting `{name}` cannot be `{value}`; use {legal}")
