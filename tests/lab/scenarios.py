"""What people do with the program, each small: an account as it is, then one command."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree

import httpx

from deployer.operations.plan import Stop
from deployer.operations.prepare import Wishes
from deployer.remote.client import AutomationClient
from deployer.source.writer import write
from deployer.state.model import StateSession
from tests.operations.world import ACCOUNT, ENVIRONMENT, Body, reply, text_step

from .crashes import Fuse
from .site import Run, Site, adopt, apply, pull

Command = Callable[[Site, AutomationClient, Run], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One command in one situation."""

    name: str
    before: Callable[[Site], None]
    """Brings the account, the files and the state into the situation."""
    command: Command = field(default_factory=apply)
    again: Command = field(default_factory=apply)
    """What is run afterwards, until all is as it should be."""
    meanwhile: Callable[[Site], None] | None = None
    """What the person does right before the first write of the command reaches the server."""
    decisions: frozenset[Stop] = frozenset()
    """What the situation itself leaves to a person."""
    hides: bool = True
    secrets: Mapping[str, str] = field(default_factory=dict)


def build(scenario: Scenario, folder: Path) -> Site:
    """The situation, once; schedules work on copies."""
    root = folder / "project"
    root.mkdir(parents=True)
    (root / "deployer.yaml").write_text(f"version: 1\nenvironments:\n  {ENVIRONMENT}: {{accountId: {ACCOUNT}}}\n")
    site = Site(root=root, place=folder / "original", hides=scenario.hides, secrets=scenario.secrets)
    scenario.before(site)
    site.runs.clear()
    return site


class Once:
    """Lets the person act right before the first write."""

    def __init__(self, site: Site, act: Callable[[Site], None] | None) -> None:
        self._site, self._act = site, act

    def __call__(self, moment: str, request: httpx.Request) -> None:
        if self._act is not None and moment == "before" and request.method != "GET":
            act, self._act = self._act, None
            act(self._site)


def applied(**bodies: Body) -> Callable[[Site], None]:
    """Files with these bodies, applied."""

    def before(site: Site) -> None:
        for key, body in bodies.items():
            site.write(key, body)
        if site.run(apply()).result is None:
            raise AssertionError(site.runs[-1].words)

    return before


def then(*acts: Callable[[Site], None]) -> Callable[[Site], None]:
    """One after the other."""

    def before(site: Site) -> None:
        for act in acts:
            act(site)

    return before


def file(key: str, body: Body, metadata: Body | None = None) -> Callable[[Site], None]:
    """A file as it is now in Git."""
    return lambda site: site.write(key, body, metadata)


def without(key: str) -> Callable[[Site], None]:
    """A file that is no longer in Git."""
    return lambda site: site.remove(key)


def edited(name: str, text: str) -> Callable[[Site], None]:
    """A new version from the web builder."""

    def act(site: Site) -> None:
        for found in site.person.definitions():
            if found.name == name:
                body: Body = json.loads(json.dumps(dict(found.body)))
                text_step(body)["text"] = text
                site.person.update(found.id, body)

    return act


def made_by_hand(body: Body) -> Callable[[Site], None]:
    """A definition that the person makes."""

    def act(site: Site) -> None:
        site.person.create(body)

    return act


def died(when: str) -> Callable[[Site], None]:
    """An earlier run ended `before` or `after` the server made its definition."""

    def act(site: Site) -> None:
        fuse = Fuse()

        def meanwhile(moment: str, request: httpx.Request) -> None:
            if moment == when and request.method == "POST":
                fuse.at = fuse.count + 1
                fuse.point()

        if not site.run(apply(), fuse=fuse, meanwhile=meanwhile).crashed:
            raise AssertionError("nothing was posted")

    return act


def lock_removed(site: Site, _session: StateSession) -> None:
    """Somebody tidies up `.deployer` while a run is under way."""
    (site.place / "state.holder").unlink()


ONE, TWO = reply("Hello", name="One"), reply("Good day", name="Two", account="acme_two")
DRAFT = {**reply("Somebody's draft", name="One"), "trigger": "http_request"}
NEW_ONE = reply("Hello again", name="One")
SLEEPING = {**reply("Later", name="Three", account="acme_three"), "status": "disabled"}

SCENARIOS = (
    Scenario(name="create", before=file("one", ONE)),
    Scenario(name="update", before=then(applied(one=ONE), file("one", NEW_ONE))),
    Scenario(
        name="create-and-update",
        before=then(applied(one=ONE), file("one", NEW_ONE), file("two", TWO), file("three", SLEEPING)),
    ),
    Scenario(
        name="prune",
        before=then(applied(one=ONE, two=TWO), without("two")),
        command=apply(wishes=Wishes(prune=True, max_prune=1)),
        again=apply(wishes=Wishes(prune=True, max_prune=1)),
    ),
    Scenario(
        name="delete",
        before=then(applied(one=ONE, two=TWO), without("two"), file("one", NEW_ONE)),
        command=apply(wishes=Wishes(prune=True, prune_delete=True, max_prune=1)),
        again=apply(wishes=Wishes(prune=True, prune_delete=True, max_prune=1)),
    ),
    Scenario(
        name="drift",
        before=then(applied(one=ONE), edited("One", "Hotfix"), file("two", TWO)),
        decisions=frozenset({Stop.DRIFT}),
    ),
    Scenario(
        name="conflict",
        before=then(applied(one=ONE, two=TWO), edited("One", "Hotfix"), file("one", NEW_ONE), file("two", ONE | TWO)),
        decisions=frozenset({Stop.CONFLICT}),
    ),
    Scenario(
        name="overwrite",
        before=then(applied(one=ONE), edited("One", "Hotfix"), file("one", NEW_ONE)),
        command=apply(wishes=Wishes(overwrite_drift=("one",))),
        again=apply(wishes=Wishes(overwrite_drift=("one",))),
    ),
    Scenario(
        name="adopt",
        before=then(made_by_hand(ONE), file("one", NEW_ONE)),
        command=adopt("one", "One"),
        decisions=frozenset({Stop.AMBIGUOUS}),
    ),
    Scenario(name="open-intent", before=then(file("one", ONE), file("two", TWO), died("after"))),
    Scenario(
        name="open-intent-edited-since",
        before=then(file("one", ONE), died("after"), edited("One", "Hotfix")),
        decisions=frozenset({Stop.DRIFT}),
        hides=False,
    ),
    Scenario(
        name="open-intent-and-a-namesake",
        before=then(file("one", ONE), died("before"), made_by_hand(DRAFT)),
        decisions=frozenset({Stop.AMBIGUOUS}),
    ),
    Scenario(name="lost-lock", before=file("one", ONE), command=apply(between=lock_removed)),
    Scenario(
        name="pull",
        before=then(applied(one=ONE), edited("One", "Hotfix")),
        command=pull(),
        decisions=frozenset({Stop.DRIFT}),
    ),
    Scenario(
        name="move",
        before=then(applied(one=ONE), without("one"), file("uno", NEW_ONE, {"key": "uno", "movedFrom": "one"})),
    ),
    Scenario(
        name="edited-meanwhile",
        before=then(applied(one=ONE), file("one", NEW_ONE)),
        meanwhile=edited("One", "Hotfix"),
        decisions=frozenset({Stop.DRIFT, Stop.CONFLICT}),
    ),
    Scenario(
        name="edited-after-plan",
        before=then(applied(one=ONE), file("one", NEW_ONE)),
        command=apply(between=lambda site, _session: edited("One", "Hotfix")(site)),
        decisions=frozenset({Stop.DRIFT, Stop.CONFLICT}),
    ),
    Scenario(
        name="namesake-meanwhile",
        before=file("one", ONE),
        meanwhile=made_by_hand(DRAFT),
        decisions=frozenset({Stop.AMBIGUOUS}),
    ),
    Scenario(name="twins", before=then(file("one", ONE), file("two", ONE))),
    Scenario(name="nothing-hidden", before=then(file("one", ONE), file("two", TWO)), hides=False),
)


def two_commits(site: Site) -> None:
    """Some machines have checked out the commit before."""
    site.write("one", ONE)
    site.write("two", TWO)
    later = site.root.parent / "later"
    copytree(site.root, later)
    for key, body in {"one": NEW_ONE, "three": SLEEPING}.items():
        (later / "workflows" / f"{key}.yaml").write_text(write(body), encoding="utf-8", newline="\n")


STORM = Scenario(name="storm", before=two_commits)
PAIRED = ("create-and-update", "delete", "edited-meanwhile", "namesake-meanwhile")
"""Where every pair of faults is tried."""
