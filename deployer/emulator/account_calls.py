"""The endpoints about an account: time zones, functions, usage."""

from __future__ import annotations

from werkzeug.wrappers import Response

from deployer.emulator import catalogue, usage
from deployer.emulator.answers import answer
from deployer.emulator.call import Call


def list_timezones(call: Call) -> Response:
    """The Windows time zones; `contains` filters by name, without case."""
    part = (call.text("contains") or "").lower()
    return answer([{"id": key, "name": name} for key, name in catalogue.time_zones() if part in name.lower()])


def list_functions(call: Call) -> Response:  # noqa: ARG001  # the same for every account
    """The platform's own JavaScript functions."""
    return answer(list(catalogue.FUNCTIONS))


def show_usage(call: Call) -> Response:
    """This month's count, in the form that the settings choose."""
    with call.store.reading() as db:
        current = usage.current(db, call.account, call.now)
    return answer([current] if call.settings.usage == "list" else current)


def show_usage_history(call: Call) -> Response:
    """The counts of all months."""
    with call.store.reading() as db:
        months = usage.by_month(db, call.account)
    return answer(months)
