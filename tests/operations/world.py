"""A project, an account on the emulator, and everybody who touches them: we, the web builder, the network."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from deployer.emulator import Settings, create_app
from deployer.finding import Severity
from deployer.operations.adopt import pair
from deployer.operations.applied import Result
from deployer.operations.apply import apply_plan
from deployer.operations.desired import Desired, desired
from deployer.operations.drift import Stand, find_drift
from deployer.operations.plan import Change, Plan
from deployer.operations.prepare import Planned, Wishes, plan_environment
from deployer.operations.pull import Pulled, Puller
from deployer.operations.pull_files import bound_by, pull_bound, pull_unbound, write_pulled
from deployer.operations.remote_view import read_remote
from deployer.operations.selection import Chosen, choose
from deployer.operations.validation import InvalidFiles
from deployer.operations.wants import wants_of
from deployer.remote.client import AutomationClient, connect
from deployer.remote.gateway import Definition
from deployer.remote.limits import Limits
from deployer.remote.target import Target
from deployer.source.project import Environment, Project, open_project
from deployer.source.secrets_file import Secrets, read_secrets
from deployer.source.writer import write
from deployer.state.file import FileStore
from deployer.state.model import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Body = dict[str, object]
Meddler = Callable[["WSGIEnvironment", "StartResponse", "WSGIApplication"], Iterable[bytes] | None]
"""Sees each request before the server does: answers it, raises, or returns None to let it pass."""

ACCOUNT = "acme"
ENVIRONMENT = "staging"
KEY = "Key-0123456789abcdef"


class Time:
    """One clock for the server and the client; sleeping takes no time."""

    def __init__(self) -> None:
        self._elapsed = 0.0
        self._lock = threading.Lock()

    def __call__(self) -> datetime:
        return self.now()

    def monotonic(self) -> float:
        return self._elapsed

    def now(self) -> datetime:
        return datetime(2024, 3, 1, 9, 0, tzinfo=UTC) + timedelta(seconds=self._elapsed)

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self._elapsed += seconds


class ConnectionLostError(OSError):
    """The network between us and the server."""


@dataclass
class Network:
    """Passes requests on to the server, counts them, and lets a test meddle."""

    server: WSGIApplication
    requests: list[tuple[str, str]] = field(default_factory=list)
    meddlers: list[Meddler] = field(default_factory=list)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        self.requests.append((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
        for meddler in list(self.meddlers):
            answer = meddler(environ, start_response, self.server)
            if answer is not None:
                return answer
        return self.server(environ, start_response)

    @property
    def writes(self) -> list[str]:
        """The methods of all requests that change something."""
        return [method for method, _ in self.requests if method != "GET"]

    def once(self, method: str, meddler: Meddler) -> None:
        """Meddle with the next request of that method only."""

        def only(
            environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
        ) -> Iterable[bytes] | None:
            if environ["REQUEST_METHOD"] != method:
                return None
            self.meddlers.remove(only)
            return meddler(environ, start_response, server)

        self.meddlers.append(only)


def answer_lost(
    environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
) -> Iterable[bytes] | None:
    """The server does as it was asked; its answer never arrives."""
    list(server(environ, lambda *_arguments: lambda _data: None))
    return _server_error(start_response)


def request_lost(
    environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
) -> Iterable[bytes] | None:
    """Something on the way swallows the request; nobody can tell."""
    return _server_error(start_response)


def _server_error(start_response: StartResponse) -> Iterable[bytes]:
    start_response("502 Bad Gateway", [("Content-Type", "text/plain")])
    return [b"Bad gateway"]


@dataclass(kw_only=True)
class World:
    """One environment of one project."""

    folder: Path
    settings: Settings = field(default_factory=Settings)
    secrets: dict[str, str] = field(default_factory=dict)
    time: Time = field(default_factory=Time)
    database: Path | None = None
    """Another world's database: the same account, seen from a second project."""
    config: str = ""
    results: list[Result] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "deployer.yaml").write_text(
            self.config or f"version: 1\nenvironments:\n  {ENVIRONMENT}: {{accountId: {ACCOUNT}}}\n"
        )
        self.database = self.database or self.folder / "server.sqlite"
        self.server = create_app(self.database, self.settings, clock=self.time)
        self.network = Network(self.server)
        self.gateway: AutomationClient = connect(
            Target(account=ACCOUNT),
            api_key=KEY,
            wsgi_app=self.network,
            clock=self.time,
            random=lambda: 0.0,
            limits=Limits(max_rps=None, budget_seconds=10_000),
        )
        builder = connect(Target(account=ACCOUNT), api_key=KEY, wsgi_app=self.server, clock=self.time)
        self.builder: AutomationClient = builder
        """Somebody in the web builder: the same server, without our network."""
        self.store = FileStore(
            self.folder / "state.json", ACCOUNT, place="state.json", dies_with_the_runner=False, project=self.folder
        )

    def close(self) -> None:
        self.gateway.close()
        self.builder.close()
        self.server.close()

    # Files

    @cached_property
    def project(self) -> Project:
        return open_project(self.folder)

    @property
    def environment(self) -> Environment:
        return self.project.environment(ENVIRONMENT)

    def file(self, key: str, suffix: str = ".yaml") -> Path:
        return self.folder / "workflows" / f"{key}{suffix}"

    def write(self, key: str, body: Body, *, metadata: Body | None = None, as_json: bool = False) -> Path:
        path = self.file(key, ".json" if as_json else ".yaml")
        path.parent.mkdir(exist_ok=True)
        if as_json:
            whole = {"metadata": metadata, **body} if metadata else body
            path.write_text(json.dumps(whole, ensure_ascii=False, indent=1), encoding="utf-8", newline="\n")
        else:
            path.write_text(write(body, metadata=metadata), encoding="utf-8", newline="\n")
        return path

    # Secrets

    @property
    def vault(self) -> Secrets:
        stored = read_secrets(self.project.folder(self.environment) / "secrets.env")
        return Secrets({f"DEPLOYER_SECRET_{name}": value for name, value in self.secrets.items()}, stored)

    # Commands

    def choose(self, *selectors: str, exclude: Sequence[str] = ()) -> Chosen:
        keys = self.store.read().bindings
        return choose(self.project, self.environment, selectors, exclude=exclude, known_keys=keys)

    def look(
        self, *selectors: str, state: State | None = None, exclude: Sequence[str] = (), wishes: Wishes | None = None
    ) -> Planned:
        """Plan, with everything that was found out on the way."""
        settings = self.settings
        chosen = self.choose(*selectors, exclude=exclude)

        def may_be_hidden(body: Mapping[str, object]) -> bool:
            return settings.list_delay > 0 or (not settings.list_disabled and body.get("status") != "enabled")

        try:
            return plan_environment(
                wants_of(self.project, chosen), state or self.store.read(), self.gateway, self.vault.get,
                wishes=wishes or Wishes(), project=self.project, environment=self.environment.name,
                may_be_hidden=may_be_hidden,
            )  # fmt: skip
        except InvalidFiles as error:
            errors = [str(item) for item in error.validation.findings if item.severity is Severity.ERROR]
            raise AssertionError("a test of operations needs files that are right: " + "; ".join(errors)) from error

    def plan(self, *selectors: str, exclude: Sequence[str] = (), **wishes: object) -> Plan:
        return self.look(*selectors, exclude=exclude, wishes=Wishes(**wishes)).plan  # type: ignore[arg-type]

    def apply(
        self,
        *selectors: str,
        approved: Callable[[Change], bool] = lambda _change: True,
        promised: Collection[str] = (),
        parallelism: int = 1,
        stop: threading.Event | None = None,
        between: Callable[[], None] = lambda: None,
        **wishes: object,
    ) -> Result:
        """Plan and apply; `between` is what happens after the plan was made."""
        with self.store.session() as session:
            planned = self.look(*selectors, state=session.state, wishes=Wishes(**wishes))  # type: ignore[arg-type]
            session.save(planned.state, note="settled")
            between()
            result = apply_plan(
                planned.plan, self.gateway, session, self.vault.get, approved=approved, promised=promised,
                parallelism=parallelism, stop=stop, sleep=self.time.sleep, settled=planned.settled,
            )  # fmt: skip
            # Told even when the end of the session fails.
            self.results.append(result)
        return result

    def pull(self, *selectors: str, everything: bool = False, prefer: str | None = None) -> list[Pulled]:
        chosen = self.choose(*selectors)
        with self.store.session() as session:
            remote = read_remote(self.gateway, session.state)
            vault = self.vault
            puller = Puller(
                project=self.project,
                environment=self.environment,
                known_secret=vault.get,
                name_of_secret=vault.name_of,
                taken_secrets=sorted(vault.names),
                history=self.gateway.history,
                prefer=prefer,
            )
            pulled = pull_bound(chosen, session.state, remote, puller)
            if everything:
                pulled += pull_unbound(chosen, session.state, remote, puller)
            write_pulled(self.project, self.environment, pulled, vault.get)
            session.save(bound_by(session.state, pulled), note="pull")
        return pulled

    def adopt(self, key: str, definition_id: str) -> None:
        now = self.gateway.latest(definition_id)
        assert now is not None
        item = next(item for item in self.desired() if item.key == key)
        with self.store.session() as session:
            session.save(session.state.bind(key, pair(item, now, self.vault.get).binding), note="adopt")

    def drift(self) -> tuple[Stand, ...]:
        state = self.store.read()
        return find_drift(state, read_remote(self.gateway, state), lambda _key: True)

    def desired(self) -> list[Desired]:
        return [desired(workflow) for workflow in self.choose().loaded.workflows]

    # The server

    def id(self, key: str) -> str:
        return self.store.read().bindings[key].id

    def now(self, key: str) -> Definition:
        found = self.builder.latest(self.id(key))
        assert found is not None
        return found

    def somebody_edits(self, key: str, change: Callable[[Body], object] | None = None) -> int:
        """A new version from the web builder: the body as it is there, changed."""
        now = self.now(key)
        body: Body = json.loads(json.dumps(dict(now.body)))
        if change is not None:
            change(body)
        return self.builder.update(now.id, body).version

    def bodies(self) -> list[object]:
        """Every version that the server holds of everything it lists or we are bound to."""
        ids = {item.id for item in self.builder.definitions()} | {
            binding.id for binding in self.store.read().bindings.values()
        }
        return [[(one.version, one.body) for one in self.builder.history(each)] for each in sorted(ids)]


def write_foreign(world: World, definition_id: str, body: Mapping[str, object]) -> Meddler:
    """Just before our request is processed, somebody else writes a version."""

    def meddle(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        world.builder.update(definition_id, body)
        return None

    return meddle


def sent_body(environ: WSGIEnvironment) -> Body:
    """The JSON of a request; the server can still read it."""
    data = environ["wsgi.input"].read()
    environ["wsgi.input"] = BytesIO(data)
    body: Body = json.loads(data)
    return body


def text_step(body: Mapping[str, object], index: int = 0) -> Body:
    """The inputs of a step, to read or to change."""
    definition = body["definition"]
    assert isinstance(definition, dict)
    inputs: Body = definition["steps"][index]["inputs"]
    return inputs


def reply(text: str = "Hello", *, name: str = "Auto reply", account: str = "acme_sms", **fields: object) -> Body:
    """A workflow that answers every SMS."""
    inputs = {"subAccountId": account, "destination": "{{data.payload.source}}", "text": text}
    return {
        "subAccountId": account,
        "trigger": "inbound_sms",
        "status": "enabled",
        "definition": {"name": name, "steps": [{"id": "reply", "stepType": "SMS", "inputs": inputs}]},
        **fields,
    }
