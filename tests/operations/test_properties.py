"""What holds for every definition, under every reading of the vendor's documents."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from deployer.emulator import Settings
from deployer.operations.plan import Action
from deployer.source.canonical import canonical, digest
from tests.operations.behaviours import BEHAVIOURS
from tests.operations.conftest import SETTINGS
from tests.operations.definitions import SECRET, VARIABLES, Body, definitions
from tests.operations.world import ACCOUNT, ENVIRONMENT, World

CONFIG = f"version: 1\nenvironments:\n  {ENVIRONMENT}: {{accountId: {ACCOUNT}, vars: {VARIABLES}}}\n"
SECRETS = {"TOKEN": SECRET, "OTHER": "other-secret"}
FILES = st.lists(st.tuples(definitions(), st.booleans()), min_size=1, max_size=3)
"""Bodies, and whether each is a JSON file."""


@contextmanager
def worlds() -> Iterator[ExitStack]:
    """Folders and servers that end with the example."""
    with ExitStack() as stack:
        yield stack


def opened(stack: ExitStack, behaviour: Settings, other: World | None = None) -> World:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    if other is None:
        world = World(folder=folder, settings=behaviour, secrets=SECRETS, config=CONFIG)
    else:
        world = World(folder=folder, settings=behaviour, database=other.database, time=other.time)
    stack.callback(world.close)
    return world


def filled(stack: ExitStack, behaviour: Settings, files: list[tuple[Body, bool]]) -> World:
    world = opened(stack, behaviour)
    for number, (body, as_json) in enumerate(files):
        world.write(f"flow-{number}", body, as_json=as_json)
    return world


def quiet(world: World) -> None:
    """Nothing is left to do, and nobody is asked anything."""
    plan = world.plan()
    assert {change.key: (change.action, change.refusal, change.sentences()) for change in plan.changes} == {
        change.key: (Action.NOOP, None, []) for change in plan.changes
    }


@settings(SETTINGS)
@given(files=FILES, behaviour=BEHAVIOURS)
def test_after_an_apply_there_is_nothing_to_plan_and_nothing_to_write(
    files: list[tuple[Body, bool]], behaviour: Settings
) -> None:
    with worlds() as stack:
        world = filled(stack, behaviour, files)
        first = world.apply()
        assert (first.exit_code, len(first.applied)) == (0, len(files))
        quiet(world)
        world.network.requests.clear()
        assert world.apply().applied == ()
        assert world.network.writes == []


@settings(SETTINGS)
@given(files=FILES, behaviour=BEHAVIOURS)
def test_a_pulled_account_is_a_project_with_nothing_to_plan(
    files: list[tuple[Body, bool]], behaviour: Settings
) -> None:
    with worlds() as stack:
        world = filled(stack, behaviour, files)
        world.apply()
        world.time.sleep(60)
        listed = world.gateway.definitions()
        second = opened(stack, behaviour, world)
        second.pull(everything=True)
        assert len(second.store.read().bindings) == len(listed)
        quiet(second)
        second.network.requests.clear()
        second.apply()
        assert second.network.writes == []


@settings(SETTINGS)
@given(body=definitions(), behaviour=BEHAVIOURS, as_json=st.booleans())
def test_what_the_server_gets_is_what_the_file_means(body: Body, behaviour: Settings, as_json: bool) -> None:
    with worlds() as stack:
        world = filled(stack, behaviour, [(body, as_json)])
        world.apply()
        stored = world.now("flow-0").body
        definition = stored["definition"]
        assert isinstance(definition, dict)
        wanted = body["definition"]
        assert isinstance(wanted, dict)
        sent = definition["steps"] if not behaviour.normalise else [
            {key: value for key, value in step.items() if key in original or key == "timeout"}
            for step, original in zip(definition["steps"], wanted["steps"], strict=True)
        ]  # fmt: skip
        assert [step["id"] for step in sent] == [step["id"] for step in wanted["steps"]]
        for step, original in zip(sent, wanted["steps"], strict=True):
            if not behaviour.normalise and original.get("inputs"):
                assert meaning(step["inputs"]) == meaning(expected(original["inputs"]))


@settings(SETTINGS)
@given(body=definitions(), edited=definitions(), behaviour=BEHAVIOURS, as_json=st.booleans())
def test_whatever_somebody_made_of_it_in_the_web_builder_is_refused_and_pulled(
    body: Body, edited: Body, behaviour: Settings, as_json: bool
) -> None:
    """The edit holds texts that look like our references; on the server they are text."""
    with worlds() as stack:
        world = filled(stack, behaviour, [(body, as_json)])
        world.apply()
        before = world.now("flow-0").body
        made = {"trigger": "inbound_sms", **edited, "accountId": ACCOUNT}
        world.builder.update(world.id("flow-0"), made)
        after = world.now("flow-0").body
        world.network.requests.clear()
        same = digest(canonical(before)) == digest(canonical(after))
        assert [change.refusal is None for change in world.plan().changes] == [same]
        world.apply()
        assert world.network.writes == []
        world.pull("flow-0")
        quiet(world)
        world.apply()
        assert world.network.writes == []
        assert world.now("flow-0").body == after


@settings(SETTINGS)
@given(body=definitions(), behaviour=BEHAVIOURS, as_json=st.booleans())
def test_a_changed_field_is_one_update_that_names_this_field_alone(
    body: Body, behaviour: Settings, as_json: bool
) -> None:
    with worlds() as stack:
        world = filled(stack, behaviour, [(body, as_json)])
        world.apply()
        changed: Body = json.loads(json.dumps(body))
        definition = changed["definition"]
        assert isinstance(definition, dict)
        step = definition["steps"][-1]
        step.setdefault("outputs", {})["note"] = "{{data.accountId}}"
        world.write("flow-0", changed, as_json=as_json)
        (change,) = world.plan().pending
        assert change.action is Action.UPDATE
        assert step["id"] in {found.id for found in change.steps}
        assert behaviour.normalise or {found.id for found in change.steps} == {step["id"]}
        # A default that the server filled in last time looks as if the file took it away: nobody keeps what was sent.
        defaults = {"inputs.timeout"} if behaviour.normalise else set()
        assert {found.path for found in change.steps} - defaults <= {"outputs.note", "outputs"}
        world.network.requests.clear()
        world.apply()
        assert [method for method in world.network.writes if method != "PUT"] == []
        assert world.now("flow-0").version == 2
        quiet(world)


def expected(value: object) -> object:
    """References resolved by hand, the simplest way that can be right for the texts of `definitions`."""
    if isinstance(value, str):
        whole = {"${var.count}": 3, "${var.ratio}": 1.0, "${var.yes}": True}
        if value in whole:
            return whole[value]
        marked = value.replace("$$${", "\x00\x01{").replace("$${", "\x01{")
        for name, text in (("greeting", "Good day"), ("both", "Good day twice"), ("empty", ""), ("count", "3")):
            marked = marked.replace(f"${{var.{name}}}", text)
        for name, text in SECRETS.items():
            marked = marked.replace(f"${{secret.{name}}}", text)
        return marked.replace("\x00\x01", "$$").replace("\x01", "$")
    if isinstance(value, dict):
        return {key: expected(item) for key, item in value.items()}
    if isinstance(value, list):
        return [expected(item) for item in value]
    return value


def meaning(value: object) -> str:
    """JSON text with one kind of number."""

    def plain(item: object) -> object:
        if isinstance(item, float) and item.is_integer() and abs(item) < 2**53:
            return int(item)
        if isinstance(item, dict):
            return {key: plain(inner) for key, inner in item.items()}
        return [plain(inner) for inner in item] if isinstance(item, list) else item

    return json.dumps(plain(value), sort_keys=True)
