"""The Automation API as one WSGI application."""

from __future__ import annotations

import hmac
import logging
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from deployer.emulator import account_calls, control_calls, definition_calls, instance_calls, runs
from deployer.emulator.answers import (
    INVALID_REQUEST,
    NOT_ALLOWED,
    NOT_AUTHENTICATED,
    SERVER_ERROR,
    Refusal,
    answer,
    not_found,
    refuse,
    shown,
)
from deployer.emulator.call import Call, Handler
from deployer.emulator.definitions import carry_out_deletions, deletions_due
from deployer.emulator.moments import micros
from deployer.emulator.runs import Pace
from deployer.emulator.service_entry import addressed, answer_request
from deployer.emulator.services import Ground
from deployer.emulator.settings import Settings
from deployer.emulator.store import Store

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from deployer.emulator.runner import Runner
    from deployer.emulator.scheduler import Scheduler

log = logging.getLogger(__name__)

TOO_MANY_REQUESTS = 429
"""Both the HTTP status and the error's own code, as documented for sister APIs."""
HEALTH = "/_emulator/health"
ACCOUNT = "/api/v1/accounts/<accountId>"
DEFINITION = f"{ACCOUNT}/definitions/<definitionId>"
INSTANCE = f"{DEFINITION}/workflows/<workflowId>"

ENDPOINTS: tuple[tuple[str, str, Handler], ...] = (
    ("GET", f"{ACCOUNT}/definitions", definition_calls.list_definitions),
    ("POST", f"{ACCOUNT}/definitions", definition_calls.create_definition),
    ("GET", DEFINITION, definition_calls.definition_history),
    ("PUT", DEFINITION, definition_calls.update_definition),
    ("DELETE", DEFINITION, definition_calls.delete_definition),
    ("GET", f"{DEFINITION}/workflows", instance_calls.list_instances),
    ("POST", f"{DEFINITION}/workflows", instance_calls.start_instance),
    ("GET", INSTANCE, instance_calls.show_instance),
    ("PATCH", INSTANCE, instance_calls.change_instance),
    ("GET", f"{INSTANCE}/errors", instance_calls.instance_errors),
    ("POST", f"{ACCOUNT}/triggers/http_request", instance_calls.trigger_http_request),
    ("GET", f"{ACCOUNT}/steps/timezones", account_calls.list_timezones),
    ("GET", f"{ACCOUNT}/steps/functions", account_calls.list_functions),
    ("GET", f"{ACCOUNT}/usage", account_calls.show_usage),
    ("GET", f"{ACCOUNT}/usage/history", account_calls.show_usage_history),
)
"""The whole API."""


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def create_app(
    database: Path | str,
    settings: Settings | None = None,
    *,
    api_key: str | None = None,
    account_ids: Collection[str] | None = None,
    clock: Callable[[], datetime] = utc_now,
    new_id: Callable[[], UUID] = uuid4,
    sleep: Callable[[float], None] = time.sleep,
) -> Emulator:
    """Open the emulator over one database file, which is created if it is missing.

    `api_key`: the only key that is accepted; None accepts any. `account_ids`: the accounts that the key may
    use; None means all. `clock` gives the time with its zone; delays and the rate limit go by it. Several
    applications, in one process or in many, may share a database.

    Raises ConfigurationError if the file is not the emulator's.
    """
    accounts = None if account_ids is None else frozenset(account_ids)
    return Emulator(
        store=Store(Path(database)),
        settings=settings or Settings(),
        gate=Gate(api_key=api_key, accounts=accounts),
        clock=clock,
        new_id=new_id,
        sleep=sleep,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Who may use the API."""

    api_key: str | None
    accounts: frozenset[str] | None

    def admits(self, token: str) -> bool:
        """Whether a key may be used."""
        return bool(token) and (
            self.api_key is None
            or hmac.compare_digest(token.encode("latin-1", "replace"), self.api_key.encode("latin-1", "replace"))
        )

    def check_key(self, request: Request) -> None:
        """Raise Refusal (401) without the right bearer token."""
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not self.admits(token.strip()):
            raise Refusal(
                401,
                NOT_AUTHENTICATED,
                "Request was not authenticated: send the API key as `Authorization: Bearer KEY`.",
                headers={"WWW-Authenticate": "Bearer"},
            )

    def check_account(self, account: str) -> None:
        """Raise Refusal (403) for an account that the key may not use."""
        if self.accounts is not None and account not in self.accounts:
            raise Refusal(403, NOT_ALLOWED, f"Account {shown(account)} does not belong to this API key.")


class RateLimit:
    """At most so many requests within a second that starts with its first."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._start = 0
        self._used = 0

    def check(self, now: datetime) -> None:
        """Count a request. Raises Refusal (429) when the second is full."""
        limit = self._settings.rate_limit
        if limit is None:
            return
        moment = micros(now)
        with self._lock:
            if not 0 <= moment - self._start < 1_000_000:
                self._start, self._used = moment, 0
            self._used += 1
            if self._used <= limit:
                return
        # The window never has more than a second left, and the documented form counts whole seconds.
        if self._settings.rate_limit_form == "header":
            raise Refusal(429, TOO_MANY_REQUESTS, "Quota exceeded.", headers={"Retry-After": "1"})
        raise Refusal(429, TOO_MANY_REQUESTS, "Quota exceeded. Please try again in 1 second(s).")


class Emulator:
    """The WSGI application; made by `create_app`. Safe for threads."""

    def __init__(
        self,
        *,
        store: Store,
        settings: Settings,
        gate: Gate,
        clock: Callable[[], datetime],
        new_id: Callable[[], UUID],
        sleep: Callable[[float], None],
    ) -> None:
        self.settings = settings
        self._store = store
        self._gate = gate
        self._clock = clock
        self._new_id = new_id
        self._sleep = sleep
        self._rate_limit = RateLimit(settings)
        self._pace = Pace.of(settings)
        self._making = threading.Lock()
        self._working = threading.Lock()
        self._made_runner: Runner | None = None
        self._scheduler: Scheduler | None = None

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request. Whatever it wrote is committed before the answer begins."""
        return self._respond(Request(environ))(environ, start_response)

    def run_in_background(self) -> None:
        """Run instances in threads of their own, each when it is due, until `close`.

        Without this they run within requests: what is due when a request comes is done before its answer.
        """
        from deployer.emulator.scheduler import Scheduler

        if self._scheduler is None:
            self._scheduler = Scheduler(self._store, self._pace, self._clock, lambda run: self._runner().work(run))

    def close(self) -> None:
        """End what runs and close the database; a request that comes later fails."""
        if self._scheduler is not None:
            self._scheduler.stop()
        if self._made_runner is not None:
            self._made_runner.close()
        self._store.close()

    def _runner(self) -> Runner:
        with self._making:
            if self._made_runner is None:
                from deployer.emulator.runner import Runner

                self._made_runner = Runner(
                    self._store, self.settings, self._clock, new_id=self._new_id, check_token=self._gate.admits
                )
            return self._made_runner

    def _respond(self, request: Request) -> Response:
        if self.settings.latency and request.path != HEALTH:
            self._sleep(self.settings.latency)
        now = self._clock()
        try:
            return self._dispatch(request, now)
        except Refusal as refusal:
            return self._refuse(refusal, now)
        except HTTPException as error:
            return self._refuse(_as_refusal(error, request), now)
        except Exception:
            log.exception("the emulator failed at %s %s", request.method, request.path)
            return self._refuse(Refusal(500, SERVER_ERROR, "Internal server error."), now)

    def _refuse(self, refusal: Refusal, now: datetime) -> Response:
        return refuse(refusal, error_id=self._new_id(), now=now)

    def _dispatch(self, request: Request, now: datetime) -> Response:
        if request.path == HEALTH:
            return self._health(request, now)
        request.max_content_length = self.settings.max_body
        service = addressed(request)
        if service is not None:
            self._rate_limit.check(now)
            with self._store.writing() as db:
                ground = Ground(
                    db=db, settings=self.settings, now=now, new_id=self._new_id, check_token=self._gate.admits
                )
                return answer_request(request, service, ground)
        self._gate.check_key(request)
        self._rate_limit.check(now)
        handler: Handler
        handler, path = _routes().bind_to_environ(request.environ).match()
        call = Call(
            request=request,
            path=path,
            store=self._store,
            settings=self.settings,
            now=now,
            new_id=self._new_id,
            runner=self._runner,
        )
        if "accountId" not in path:
            call = replace(call, path={**path, "accountId": control_calls.account_of(call)})
        self._gate.check_account(call.account)
        self._settle(now)
        response = handler(call)
        if request.method != "GET":
            self._run_instances(now)
        return response

    def _settle(self, now: datetime) -> None:
        """Let deletions and instances whose time has come take effect before anybody looks."""
        with self._store.reading() as db:
            due = deletions_due(db, micros(now))
        if due:
            with self._store.writing() as db:
                carry_out_deletions(db, micros(now))
        if self._scheduler is None:
            self._run_instances(now)

    def _run_instances(self, now: datetime) -> None:
        """Do what is due, or have it done."""
        if self._scheduler is not None:
            self._scheduler.wake()
            return
        if not self._due(now):
            return
        # One request at a time: the next one looks again and finds it done.
        with self._working:
            for instance in self._due(now):
                self._runner().work(instance)

    def _due(self, now: datetime) -> list[str]:
        with self._store.reading() as db:
            return runs.due(db, self._pace, micros(now))

    def _health(self, request: Request, now: datetime) -> Response:
        """For people and scripts that wait for the server: no key, no account."""
        if request.method != "GET":
            raise MethodNotAllowed(["GET"])
        self._settle(now)
        return answer(
            {
                "status": "ok",
                "settings": {
                    field.name.replace("_", "-"): getattr(self.settings, field.name) for field in fields(Settings)
                },
            }
        )


@cache
def _routes() -> Map:
    """Which path and method is whose: the same for every emulator of a process, and slow to make."""
    every = (*ENDPOINTS, *control_calls.ENDPOINTS)
    rules = [Rule(path, methods=[method], endpoint=handler) for method, path, handler in every]
    # Anything but the documented path is unknown: no redirects to a path without a slash too many.
    return Map(rules, merge_slashes=False, redirect_defaults=False)


def _as_refusal(error: HTTPException, request: Request) -> Refusal:
    """werkzeug's own errors in the API's shape."""
    if isinstance(error, NotFound):
        return not_found(f"There is no resource at {shown(request.path)}.")
    if isinstance(error, MethodNotAllowed):
        allowed = ", ".join(sorted(error.valid_methods or ()))
        message = f"{request.method} is not possible at {shown(request.path)}; use {allowed}."
        return Refusal(405, INVALID_REQUEST, message, headers={"Allow": allowed})
    if error.code == 413:
        return Refusal(413, INVALID_REQUEST, f"Request body has more than {request.max_content_length} bytes.")
    return Refusal(error.code or 400, INVALID_REQUEST, error.description or "Request is invalid.")
