"""Checks of the key, the host, the account and the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta

from deployer.errors import ConfigurationError, DeployerError, NotAllowed
from deployer.operations.checkup import Check, failed, ok, skipped, unless_unset, warning, wrong
from deployer.operations.usage import Usage, read_usage
from deployer.remote.gateway import AccountFacts, Probe, Services
from deployer.remote.target import check_host, check_key
from deployer.source.project import Environment

MOST_SKEW = timedelta(seconds=30)
"""More than this makes times in logs and reports misleading."""
LITTLE_LEFT = 0.1
"""Share of the month's instances below which somebody should know."""

Ask = Callable[[], Probe]


def key(environment: Environment, environ: Mapping[str, str]) -> Iterator[Check]:
    """Whether there is a key, and it is one."""
    if environment.emulator:
        yield ok("key", "the emulator in this process needs none")
        return
    value = environ.get(environment.api_key_env)
    if value is None:
        loopback = check_host(environment.base_url, environ).loopback
        if loopback:
            yield ok("key", f"{environment.api_key_env} is not set; this machine may not need it")
        else:
            yield wrong(
                "key", f"{environment.api_key_env} is not set",
                f"Set {environment.api_key_env} to a key from 8x8 Connect, API keys.",
                exit_code=ConfigurationError.exit_code,
            )  # fmt: skip
        return
    check_key(value, variable=environment.api_key_env)
    yield ok("key", f"{environment.api_key_env} is set")


def host(environment: Environment, environ: Mapping[str, str], ask: Ask) -> Iterator[Check]:
    """Whether the server answers, whatever it says."""
    if not environment.emulator:
        check_host(environment.base_url, environ)
    try:
        probe = ask()
    except ConfigurationError as error:
        yield unless_unset("host", error)
        return
    took = (probe.answered - probe.asked) / timedelta(milliseconds=1)
    if probe.error is not None and probe.error.exit_code == 5:
        yield failed("host", probe.error)
    else:
        where = "the emulator" if environment.emulator else environment.base_url
        yield ok("host", f"{where} answered in {took:.0f} ms")


def account(environment: Environment, ask: Ask) -> Iterator[Check]:
    """Whether the key may use the account."""
    try:
        probe = ask()
    except DeployerError as error:
        yield skipped("account", f"not known: {error}")
        return
    if probe.error is None:
        yield ok("account", f"{environment.account} can be used")
    elif isinstance(probe.error, NotAllowed) or probe.error.exit_code != 5:
        yield failed("account", probe.error)
    else:
        yield skipped("account", f"not known: {probe.error}")


def clock(ask: Ask) -> Iterator[Check]:
    """Whether this machine's clock agrees with the server's."""
    try:
        probe = ask()
    except DeployerError as error:
        yield skipped("clock", f"not known: {error}")
        return
    if probe.date is None:
        yield skipped("clock", "the server's answer has no date")
        return
    # The header counts whole seconds, so the moment lies half a second later on average.
    middle = probe.asked + (probe.answered - probe.asked) / 2
    ahead = middle - probe.date - timedelta(seconds=0.5)
    if abs(ahead) <= MOST_SKEW:
        yield ok("clock", "agrees with the server's")
        return
    way = "ahead of" if ahead > timedelta() else "behind"
    yield warning(
        "clock", f"this machine is {abs(ahead).total_seconds():.0f} s {way} the server",
        "Set the clock, by NTP for example: times in logs, and what `--older-than` means, go by it.",
    )  # fmt: skip


def usage(facts: Callable[[], AccountFacts]) -> Iterator[Check]:
    """What the month still includes."""
    try:
        source = facts()
    except ConfigurationError as error:
        yield unless_unset("usage", error)
        return
    found = read_usage(source.usage(), ())
    if found.left is None or not found.allowed:
        yield skipped("usage", "the server does not say what this month includes")
        return
    said = f"{found.executed:,} of {found.allowed:,} instances used this month"
    if found.left > found.allowed * LITTLE_LEFT:
        yield ok("usage", said)
    elif found.left or found.may_exceed:
        yield warning("usage", said, _what_more_means(found))
    else:
        yield wrong("usage", f"{said}; no more will start", "Ask 8x8 for a larger package, or allow overage.")


def _what_more_means(usage: Usage) -> str:
    if usage.may_exceed is False:
        return "None starts above that number: ask 8x8 for a larger package, or allow overage."
    price = "" if usage.overage_price is None else f" at {usage.overage_price:g} each"
    return f"Instances above that number go on starting{price}; `deployer account usage` shows the months before."


def balance(environment: Environment, services: Callable[[], Services]) -> Iterator[Check]:
    """What a prepaid account has left."""
    try:
        found = services().balance()
    except ConfigurationError as error:
        yield unless_unset("balance", error)
        return
    except DeployerError as error:
        if error.exit_code == 1 and len(environment.account.replace("-", "")) != 32:
            # Documented: this API knows accounts by a UUID, and the Automation API's id need not be one.
            remedy = "The balance API takes an account id of 32 hexadecimal digits."
            yield skipped("balance", f"not known: {error}", remedy)
            return
        raise
    if found is None:
        yield ok("balance", "not prepaid")
    elif found.amount > 0:
        yield ok("balance", f"{found.amount:,.2f} {found.currency}".rstrip())
    else:
        said = f"{found.amount:,.2f} {found.currency} left".replace("  ", " ")
        yield wrong("balance", said, "Top up in 8x8 Connect; until then messages may not be sent.")
