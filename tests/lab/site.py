"""One account, one project, one state: small enough to be built a thousand times, and honest about who did what."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random
from uuid import UUID

import httpx

from deployer.emulator import Settings, create_app
from deployer.errors import DeployerError
from deployer.operations.adopt import pair
from deployer.operations.applied import Result
from deployer.operations.apply import apply_plan
from deployer.operations.compare import stored_digest
from deployer.operations.desired import desired, secret_paths
from deployer.operations.plan import Change, Plan
from deployer.operations.prepare import Wishes, plan_environment
from deployer.operations.pull import Puller
from deployer.operations.pull_files import bound_by, pull_bound, write_pulled
from deployer.operations.remote_view import read_remote
from deployer.operations.selection import Chosen, choose
from deployer.operations.settle import Settled
from deployer.operations.wants import wants_of
from deployer.remote.client import AutomationClient, connect
from deployer.remote.limits import Limits
from deployer.remote.target import Target
from deployer.report import result as report
from deployer.source.project import Project, open_project
from deployer.source.writer import write
from deployer.state.file import FileStore
from deployer.state.model import Binding, State, StateSession, StateStore
from tests.operations.world import ACCOUNT, ENVIRONMENT, KEY, Body, Time

from .crashes import Crash, Fuse, FusedDisk
from .faults import Commit, Fault, Gate, Ledger, Line

HERE = "http://127.0.0.1:1"
STATE = Path("/state/state.json")
"""In memory: the file system of the lab has no other folder."""


@dataclass(slots=True, kw_only=True)
class Run:
    """What one run of the program told, and how it ended."""

    who: str
    plans: list[Plan] = field(default_factory=list)
    """The last is the one that was carried out; a run that came too late plans anew."""
    result: Result | None = None
    error: DeployerError | None = None
    settled: tuple[Settled, ...] = ()
    crashed: bool = False
    store: StateStore | None = None
    """Where the state is kept; None for the site's own file."""
    root: Path | None = None
    """The checkout; None for the site's own."""
    sleep: Callable[[float], None] | None = None
    patience: float = 0.0
    """How long the run waits for another's lock: `--lock-timeout`."""
    said: list[str] = field(default_factory=list)
    """What it told while it ran: a run that dies has told that, too."""
    sent: list[tuple[str, str]] = field(default_factory=list)

    @property
    def plan(self) -> Plan | None:
        """What was carried out."""
        return self.plans[-1] if self.plans else None

    @property
    def words(self) -> str:
        """Everything that a user of this run could read."""
        told = [report.render_settled((item.key, item.message) for item in self.settled), *self.said]
        if self.result is not None:
            told.append(report.render_text(self.result))
        if self.plan is not None and not self.crashed:
            told += [f"no file: {item.id} {item.name}" for item in self.plan.unmanaged]
            told += [f"{change.key}: {change.refusal.message}" for change in self.plan.refused if change.refusal]
        if self.error is not None:
            told.append(f"{self.error} {self.error.hint or ''}")
        return "\n".join(told)


@dataclass(kw_only=True)
class Site:
    """Everything of one schedule."""

    root: Path
    """The project."""
    place: Path
    """A folder of this schedule's own: the server's database and the lock."""
    settings: Settings = field(default_factory=Settings)
    hides: bool = True
    """The server may hold what it does not list, as far as anybody knows: so it is with the real one."""
    seed: int = 0
    disk: FusedDisk = field(default_factory=FusedDisk)
    store: StateStore | None = None
    secrets: Mapping[str, str] = field(default_factory=dict)
    commits: list[Commit] = field(default_factory=list)
    """What the account has seen before."""

    def __post_init__(self) -> None:
        self.place.mkdir(parents=True, exist_ok=True)
        self.time = Time()
        self.ledger = Ledger(commits=self.commits)
        self.random = Random(self.seed)
        self.runs: list[Run] = []
        self.absent: set[str] = set()
        """Keys whose lost create a person declared absent."""
        ids = Random(f"{self.seed} {len(self.commits)}")
        self.server = create_app(
            self.place / "server.sqlite",
            self.settings,
            clock=self.time,
            sleep=self.time.sleep,
            new_id=lambda: UUID(int=ids.getrandbits(128), version=4),
        )
        self.wire: httpx.BaseTransport = httpx.WSGITransport(app=self.server)
        self.person = self.client(self.line("person"))
        """Somebody in the web builder, whose own network never fails."""

    def close(self) -> None:
        self.person.close()
        self.server.close()

    def line(self, who: str, faults: Mapping[int, Fault] | None = None, gate: Gate = lambda _m, _r: None) -> Line:
        return Line(self.wire, self.ledger, who=who, faults=faults, gate=gate)

    def client(self, line: httpx.BaseTransport, limits: Limits | None = None) -> AutomationClient:
        return connect(
            Target(account=ACCOUNT, base_url=HERE),
            api_key=KEY,
            transport=line,
            clock=self.time,
            random=self.random.random,
            limits=limits or Limits(max_rps=None, parallelism=1),
        )

    def file_store(self) -> StateStore:
        if self.store is not None:
            return self.store
        return FileStore(
            STATE, ACCOUNT, place="state.json", dies_with_the_runner=False, project=self.place,
            lock=self.place / "state.lock", holder="lab", files=self.disk,
        )  # fmt: skip

    @property
    def state(self) -> State:
        return self.file_store().read()

    @property
    def chosen(self) -> Chosen:
        return self.chosen_in(self.root)

    def chosen_in(self, root: Path) -> Chosen:
        """All workflows of a checkout, read again only when a file changed."""
        files = (root / "workflows").glob("*.yaml")
        return _chosen(root, tuple(sorted((path.name, path.read_bytes()) for path in files)))

    def write(self, key: str, body: Body, metadata: Body | None = None) -> None:
        path = self.root / "workflows" / f"{key}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(write(body, metadata=metadata), encoding="utf-8", newline="\n")

    def remove(self, key: str) -> None:
        (self.root / "workflows" / f"{key}.yaml").unlink()

    # What people run

    def run(
        self,
        command: Callable[[Site, AutomationClient, Run], None],
        *,
        faults: Mapping[int, Fault] | None = None,
        fuse: Fuse | None = None,
        meanwhile: Gate | None = None,
    ) -> Run:
        """One process from its start to its end, whatever the end is."""
        fuse = fuse or Fuse()
        self.disk.fuse = fuse
        run = Run(who=f"run {len(self.ledger.runs)}")
        self.ledger.runs.append(run.who)
        self.runs.append(run)

        def gate(moment: str, request: httpx.Request) -> None:
            fuse.point()
            if meanwhile is not None and not fuse.blown:
                meanwhile(moment, request)

        line = self.line(run.who, faults, gate)
        client = self.client(line)
        try:
            command(self, client, run)
        except DeployerError as error:
            run.error = error
        except Crash:
            run.crashed = True
        finally:
            client.close()
            self.disk.fuse = Fuse()
        run.sent = line.sent
        return run

    def settle_by_hand(self) -> list[str]:
        """What a person does about an undecided create: looks, and says what is so. Returns the keys."""
        settled: list[str] = []
        store = self.file_store()
        with store.session() as session:
            for key, intent in list(session.state.intents.items()):
                if intent.action != "create" or intent.body is None:
                    continue
                state = session.state
                bound = {binding.id for binding in state.bindings.values()}
                mine = [item for item in self.made(_name(intent.body)) if item not in bound]
                if mine:
                    now = self.person.latest(mine[0])
                    if now is None:
                        raise AssertionError("the ledger knows a definition that the server does not")
                    places = tuple(secret_paths(intent.body))
                    state = state.bind(
                        key,
                        Binding(
                            id=now.id, version=now.version, sent=intent.sent or "",
                            stored=stored_digest(now.body, places), protect=intent.protect, secret_paths=places,
                        ),
                    )  # fmt: skip
                session.save(state.close(key), note=f"resolved {key}")
                settled.append(key)
        return settled

    def made(self, name: str) -> list[str]:
        """Definitions of that name that runs (not the person) made and that live."""
        made = [commit.id for commit in self.ledger.commits if commit.method == "POST" and commit.by != "person"]
        alive = [(each, self.person.latest(each)) for each in made]
        return [each for each, now in alive if now is not None and now.name == name]


def apply(
    *,
    wishes: Wishes | None = None,
    between: Callable[[Site, StateSession], None] = lambda _site, _session: None,
    approved: Callable[[Change], bool] = lambda _change: True,
) -> Callable[[Site, AutomationClient, Run], None]:
    """`deployer apply --auto-approve`, as the command puts it together."""

    def command(site: Site, client: AutomationClient, run: Run) -> None:
        root = run.root or site.root
        project = open_root(root)
        with (run.store or site.file_store()).session(timeout=run.patience) as session:
            planned = plan_environment(
                wants_of(project, site.chosen_in(root)), session.state, client, site.secrets.get,
                wishes=wishes or Wishes(), project=project, environment=ENVIRONMENT,
                may_be_hidden=lambda _body: site.hides,
            )  # fmt: skip
            run.plans.append(planned.plan)
            run.settled += planned.settled
            if planned.plan.refused:
                session.confirm()
            if planned.state != session.state:
                session.save(planned.state, note="settled what an earlier run left open")
            between(site, session)
            run.result = apply_plan(
                planned.plan, client, session, site.secrets.get, approved=approved, parallelism=1,
                sleep=run.sleep or site.time.sleep, settled=planned.settled, say=run.said.append,
            )  # fmt: skip
        run.error = None

    return command


def adopt(key: str, name: str) -> Callable[[Site, AutomationClient, Run], None]:
    """`deployer adopt KEY ID` for the one definition of that name."""

    def command(site: Site, client: AutomationClient, run: Run) -> None:
        found = next(item for item in site.person.definitions() if item.name == name)
        item = next(desired(workflow) for workflow in site.chosen.loaded.workflows if workflow.key == key)
        with site.file_store().session() as session:
            now = client.latest(found.id)
            if now is not None:
                session.save(session.state.bind(key, pair(item, now, site.secrets.get).binding), note="adopt")

    return command


def pull() -> Callable[[Site, AutomationClient, Run], None]:
    """`deployer pull`."""

    def command(site: Site, client: AutomationClient, run: Run) -> None:
        project = open_root(site.root)
        environment = project.environment(ENVIRONMENT)
        with site.file_store().session() as session:
            remote = read_remote(client, session.state)
            puller = Puller(
                project=project, environment=environment, known_secret=site.secrets.get,
                name_of_secret=lambda _value: None, taken_secrets=[], history=client.history, prefer=None,
            )  # fmt: skip
            pulled = pull_bound(site.chosen, session.state, remote, puller)
            write_pulled(project, environment, pulled, site.secrets.get)
            session.save(bound_by(session.state, pulled), note="pull")

    return command


@cache
def open_root(root: Path) -> Project:
    return open_project(root)


@cache
def _chosen(root: Path, _files: tuple[tuple[str, bytes], ...]) -> Chosen:
    project = open_project(root)
    return choose(project, project.environment(ENVIRONMENT))


def _name(body: Mapping[str, object]) -> str:
    definition = body["definition"]
    name = definition["name"] if isinstance(definition, Mapping) else ""
    return str(name)


def copy(site: Site, place: Path, *, root: Path | None = None, seed: int = 0, open_book: bool = False) -> Site:
    """The same account, project and state, once more: what happens to one does not touch the other."""
    place.mkdir(parents=True)
    site.server.close()
    for path in site.place.glob("server.sqlite*"):
        shutil.copy(path, place / path.name)
    made = Site(
        root=root or site.root, place=place, seed=seed,
        settings=Settings(list_disabled=True) if open_book else site.settings, hides=site.hides and not open_book,
        disk=site.disk.as_it_is(), secrets=site.secrets, commits=list(site.ledger.commits),
    )  # fmt: skip
    made.time.sleep(site.time.monotonic())
    return made
