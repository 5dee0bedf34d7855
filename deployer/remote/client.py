"""The Automation API of one account."""

from __future__ import annotations

import random as chance
import re
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

from deployer.errors import DeployerError
from deployer.remote import reading
from deployer.remote.answer import Call, Failure, Method, UnusableError, encode, parse
from deployer.remote.calls import Calls
from deployer.remote.errors import NotFound, Rejected, printable
from deployer.remote.exchange import BeforeSend, Log, at_once
from deployer.remote.gateway import Body, Definition, Instance, InstanceCommand, InstanceError, Probe, TimeZone
from deployer.remote.limits import Clock, Limits, http_date
from deployer.remote.line import Line, Opener
from deployer.remote.listed import ListedPages
from deployer.remote.outcome import Outcome, of_status
from deployer.remote.paging import LARGEST_PAGE
from deployer.remote.paths import account_path, definition_path, instance_path, last_segment
from deployer.remote.target import Target

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    import httpx

_WANTS_ACCOUNT_ID = re.compile(r"(?<!sub)(?<!sub[ _-])account[ _-]?id\b", re.IGNORECASE)
_DEMAND = re.compile(r"requir|missing|must|mandatory|empty|null|provide|specif", re.IGNORECASE)


def connect(
    target: Target,
    *,
    api_key: str | None,
    transport: httpx.BaseTransport | None = None,
    wsgi_app: WSGIApplication | None = None,
    environ: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
    random: Callable[[], float] = chance.random,
    log: Log = lambda _line: None,
) -> AutomationClient:
    """Prepare a client; nothing is sent yet.

    With `wsgi_app` the API runs in this process: no key is needed, `base_url` does not count, and unless `limits` says
    otherwise there is no rate limit. `transport` replaces the network in tests; the checks of host and key stay.
    `environ` (default: the process's) is where DEPLOYER_ALLOW_HOSTS is looked up. `log` gets one line a request:
    method, path, status, milliseconds, attempt.

    Raises ConfigurationError for a host that the key must not go to, a key that is none, unusable proxy settings.
    """
    opener = Opener(
        target=target, api_key=api_key, transport=transport, wsgi_app=wsgi_app, environ=environ, limits=limits,
        clock=clock, random=random, log=log,
    )  # fmt: skip
    return AutomationClient(target=target, line=opener.open(), log=log)


class AutomationClient:
    """Implements `Gateway`, `Runs` and `AccountFacts`. Threads may share it."""

    def __init__(self, *, target: Target, line: Line, log: Log, pages: ListedPages | None = None) -> None:
        """`pages`: what is remembered of definitions that were listed before."""
        self._account = target.account
        self._host = line.host
        self._line = line
        self._calls = Calls(line.exchange, target.account)
        self._parallelism = line.parallelism
        self._log = log
        self._pages = pages or ListedPages()
        self._send_account_id = target.send_account_id

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._line.wire.close()

    @property
    def account(self) -> str:
        """The account id in every path."""
        return self._account

    @property
    def host(self) -> str:
        """Host of the base URL; `emulator` for the one in this process."""
        return self._host

    # Definitions

    def definitions(
        self, *, expected: int = 0, patient: bool = True, look: Callable[[Definition], object] | None = None
    ) -> Sequence[Definition]:
        """Every definition that the server lists, each at its highest version; several pages at a time where so many
        are expected. Their bodies are kept as they came."""
        purpose = f"list the definitions of account {self._account}"
        listed = self._calls.get_pages(
            "/definitions", purpose, partial(self._pages.read, look=look), key=lambda one: (one.id, one.version),
            expected=expected, parallelism=self._parallelism, patient=patient,
        )  # fmt: skip
        highest: dict[str, Definition] = {}
        for one in listed:
            known = highest.setdefault(one.id, one)
            if known.version != one.version:
                self._log(f"definition {one.id} is listed twice, at versions {known.version} and {one.version}")
            if known.version < one.version:
                highest[one.id] = one
        return list(highest.values())

    def history(self, definition_id: str) -> Sequence[Definition]:
        """All versions, newest first; empty when the server knows no such definition."""
        path = definition_path(definition_id)
        purpose = f"read the history of definition {definition_id}"
        read = reading.page_of(_version_of(definition_id))
        try:
            versions = self._calls.get_pages(path, purpose, read, key=lambda one: one.version)
        except NotFound as missing:
            if not missing.known_to_vendor:
                raise
            return []
        return sorted(versions, key=lambda one: one.version, reverse=True)

    def latest(self, definition_id: str) -> Definition | None:
        """The newest version, in one small request; None when there is none."""
        path = definition_path(definition_id)
        purpose = f"read definition {definition_id}"
        newest = {"limit": 1, "offset": 0}
        try:
            versions = self._calls.get_list(path, purpose, _version_of(definition_id), newest)
        except NotFound as missing:
            if not missing.known_to_vendor:
                raise
            return None
        return max(versions, key=lambda one: one.version, default=None)

    def latest_of(self, definition_ids: Sequence[str]) -> Mapping[str, Definition | None]:
        """`latest` for many ids, in parallel. The first error ends it."""
        wanted = list(dict.fromkeys(definition_ids))
        for definition_id in wanted:
            definition_path(definition_id)  # refuses what is no id, before the first request
        pool = ThreadPoolExecutor(max_workers=self._parallelism, thread_name_prefix="read")
        try:
            return dict(zip(wanted, pool.map(self.latest, wanted), strict=True))
        finally:
            pool.shutdown(cancel_futures=True)

    def create(self, body: Body, *, before_send: BeforeSend = at_once) -> Definition:
        """POST a new definition. Never repeated unless it certainly was not processed.

        `before_send` is called right before each try, after all waiting; what it raises ends the call unsent.
        """
        purpose = f"create definition {printable(_name(body), limit=80)!r}"
        return self._write("POST", "/definitions", purpose, body, reading.definition, before_send)

    def update(self, definition_id: str, body: Body) -> Definition:
        """PUT a new version. Never repeated unless it certainly was not processed."""
        purpose = f"update definition {definition_id}"
        read = _version_of(definition_id)
        return self._write("PUT", definition_path(definition_id), purpose, body, read)

    def delete(self, definition_id: str, *, version: int | None = None) -> None:
        """Ask for the end of all versions (or one). The server answers at once and works later."""
        which = "" if version is None else f"version {version} of "
        purpose = f"delete {which}definition {definition_id}"
        self._calls.do("DELETE", definition_path(definition_id), purpose, query={"version": version})

    def probe(self) -> Probe:
        """One small request, sent once: how the server answers, whatever it says. Raises Unreachable."""
        path = f"{account_path(self._account)}/definitions?limit=1"
        call = Call(method="GET", path=path, purpose=f"use account {self._account}")
        asked = self._line.clock.now()
        answer = self._line.wire.send(call)
        answered = self._line.clock.now()
        if isinstance(answer, Failure):
            raise self._line.judge.no_answer(call, answer).error
        error: DeployerError | None = None
        if of_status(answer.status) is not Outcome.DONE:
            error = self._line.judge.refusal(call, answer, answered).error
        else:
            try:
                reading.each(parse(answer.content), reading.definition)
            except UnusableError as problem:
                error = self._line.judge.unusable(call, problem).error
        date = http_date(answer.headers.get("date", ""))
        return Probe(date=date, asked=asked, answered=answered, error=error)

    # Instances

    def instances(
        self,
        definition_id: str,
        *,
        version: int | None = None,
        status: str | None = None,
        started_from: str | None = None,
        started_to: str | None = None,
        at_most: int | None = None,
    ) -> Sequence[Instance]:
        """Runs of one version (default: the newest), newest first: all pages, or the first `at_most`.

        `status` is Runnable, Suspended, Complete or Terminated; the moments are ISO 8601.
        """
        path = f"{definition_path(definition_id)}/workflows"
        purpose = f"list the instances of definition {definition_id}"
        query = {"version": version, "status": status, "startTimeFrom": started_from, "startTimeTo": started_to}
        if at_most is None or at_most > LARGEST_PAGE:
            runs = self._calls.get_pages(
                path, purpose, reading.page_of(reading.instance), key=lambda run: run.id, query=query
            )
            return reading.newest_first(runs)[:at_most]
        page = {**query, "limit": max(1, at_most), "offset": 0}
        return reading.newest_first(self._calls.get_list(path, purpose, reading.instance, page))

    def start(self, definition_id: str, data: Body, *, version: int | None = None) -> str | None:
        """Start one instance with `data` as its context; its id, None when the server does not name it."""
        path = f"{definition_path(definition_id)}/workflows"
        purpose = f"start an instance of definition {definition_id}"
        answer = self._calls.do("POST", path, purpose, content=encode(data), query={"version": version})
        return last_segment(answer.headers.get("location", ""))

    def instance(self, definition_id: str, instance_id: str, *, logs: bool = False) -> Instance:
        """One instance, with the log of its steps on request."""
        query = {"includeLogs": "true"} if logs else None
        path = instance_path(definition_id, instance_id)
        return self._calls.get(path, f"read instance {instance_id}", reading.instance, query)

    def instance_errors(self, definition_id: str, instance_id: str) -> Sequence[InstanceError]:
        """Why it failed; empty when it did not."""
        path = f"{instance_path(definition_id, instance_id)}/errors"
        return self._calls.get(path, f"read the errors of instance {instance_id}", reading.instance_errors)

    def command(self, definition_id: str, instance_id: str, command: InstanceCommand) -> None:
        """Suspend, resume or terminate one instance."""
        path = instance_path(definition_id, instance_id)
        self._calls.do("PATCH", path, f"{command} instance {instance_id}", content=encode({"status": command}))

    def trigger(self, data: Body, *, sub_account_id: str | None = None) -> None:
        """Raise the `http_request` event: every enabled definition with that trigger starts."""
        path, query = "/triggers/http_request", {"subAccountId": sub_account_id}
        self._calls.do("POST", path, "raise an http_request event", content=encode(data), query=query)

    # The account

    def usage(self) -> Sequence[Body]:
        """This month so far, as the server sent it."""
        return self._calls.get("/usage", f"read the usage of account {self._account}", reading.bodies)

    def usage_history(self) -> Sequence[Body]:
        """Earlier months, as the server sent them."""
        purpose = f"read the usage history of account {self._account}"
        return self._calls.get("/usage/history", purpose, reading.bodies)

    def functions(self) -> Sequence[Body]:
        """The functions that scripts may call, with parameters and examples."""
        return self._calls.get_list("/steps/functions", "list the scripting functions", reading.body)

    def time_zones(self, *, contains: str | None = None) -> Sequence[TimeZone]:
        """The zones that those functions accept, optionally only those with `contains` in their name."""
        query = {"contains": contains}
        return self._calls.get_list("/steps/timezones", "list the time zones", reading.time_zone, query)

    def _write(
        self,
        method: Method,
        path: str,
        purpose: str,
        body: Body,
        read: ReadDefinition,
        before_send: BeforeSend = at_once,
    ) -> Definition:
        """Send a definition; once more with `accountId` if the server refuses it for the lack of one.

        The schema demands that field, the documented requests leave it out. A 400 was certainly not processed, so
        asking again is safe, and the answer holds for the rest of the run.
        """
        plain = {name: value for name, value in body.items() if name != "accountId"}
        owned = {"accountId": self._account, **plain}
        if self._send_account_id:
            return self._calls.write(method, path, purpose, encode(owned), read, before_send)
        try:
            return self._calls.write(method, path, purpose, encode(plain), read, before_send)
        except Rejected as refusal:
            if not _demands_account_id(refusal):
                raise
        self._log("the server asks for accountId in the body: sent again with it, as from now on")
        written = self._calls.write(method, path, purpose, encode(owned), read, before_send)
        self._send_account_id = True
        return written


class ReadDefinition(Protocol):
    """Reads a definition; `where` names its place in the answer."""

    def __call__(self, value: object, where: str = ..., /) -> Definition: ...


def _version_of(definition_id: str) -> ReadDefinition:
    """Read a definition that must be the one asked for."""

    def read(value: object, where: str = "the answer") -> Definition:
        one = reading.definition(value, where)
        if one.id.lower() != definition_id.lower():
            raise UnusableError(f"{where} is another definition than the one asked for")
        return one

    return read


def _name(body: Body) -> str:
    definition = body.get("definition")
    name = definition.get("name") if isinstance(definition, Mapping) else None
    return name if isinstance(name, str) else ""


def _demands_account_id(refusal: Rejected) -> bool:
    said = refusal.detail
    return refusal.status == 400 and bool(_WANTS_ACCOUNT_ID.search(said)) and bool(_DEMAND.search(said))
