"""The network, the machine and colleagues interfere while we write; nothing is lost and nothing is hidden."""

from __future__ import annotations

import errno
import json
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from deployer.errors import DeployerError
from deployer.operations.plan import Action, Stop
from deployer.report import result as report
from deployer.state.disk import Disk
from deployer.state.file import FileStore
from tests.operations.conftest import NewWorld
from tests.operations.world import (
    ACCOUNT,
    Body,
    Meddler,
    World,
    answer_lost,
    reply,
    request_lost,
    sent_body,
    text_step,
    write_foreign,
)

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


@pytest.fixture
def applied(world: World) -> World:
    """The workflow `reply`, applied."""
    world.write("reply", reply())
    world.apply()
    return world


def foreign(world: World, text: str = "Theirs") -> Body:
    body: Body = json.loads(json.dumps(dict(world.now("reply").body)))
    text_step(body)["text"] = text
    return body


def texts(world: World, key: str = "reply") -> list[object]:
    """The text of every version, oldest first."""
    return [text_step(one.body)["text"] for one in reversed(world.builder.history(world.id(key)))]


# Colleagues


def test_a_version_between_plan_and_put_stops_the_write(applied: World) -> None:
    applied.write("reply", reply("Ours"))

    def in_the_web_builder() -> None:
        applied.somebody_edits("reply", lambda body: text_step(body).update(text="!"))

    result = applied.apply(between=in_the_web_builder)
    assert (result.exit_code, [item.key for item in result.failed]) == (7, ["reply"])
    assert texts(applied) == ["Hello", "!"]
    assert applied.store.read().intents == {}
    (refused,) = applied.plan().refused
    assert refused.refusal is not None
    assert refused.refusal.stop is Stop.CONFLICT


def test_a_number_given_again_between_plan_and_put_stops_the_write(twice_applied: World) -> None:
    world = twice_applied
    world.write("reply", reply("Third"))

    def in_the_web_builder() -> None:
        world.builder.delete(world.id("reply"), version=2)
        world.somebody_edits("reply", lambda body: text_step(body).update(text="Theirs"))

    assert world.apply(between=in_the_web_builder).exit_code == 7
    assert texts(world) == ["Hello", "Theirs"]


def test_a_definition_deleted_between_plan_and_put_is_not_made_anew(applied: World) -> None:
    applied.write("reply", reply("Ours"))

    def in_the_web_builder() -> None:
        applied.builder.delete(applied.id("reply"))
        applied.time.sleep(1)

    result = applied.apply(between=in_the_web_builder)
    assert (result.exit_code, result.applied) == (7, ())
    assert list(applied.builder.definitions()) == []


def test_a_lost_update_is_reported_with_its_version_and_what_it_had_changed(applied: World) -> None:
    applied.write("reply", reply("Ours"))
    applied.network.once("PUT", write_foreign(applied, applied.id("reply"), foreign(applied)))
    result = applied.apply()
    (item,) = result.applied
    assert (result.exit_code, item.old_version, item.new_version) == (7, 1, 3)
    assert [lost.version for lost in item.lost] == [2]
    assert texts(applied) == ["Hello", "Theirs", "Ours"]
    text = report.render_text(result)
    assert "lost update: version 2 was somebody else's" in text
    assert "text of step `reply`" in text
    assert json.loads(report.render_json(result))["applied"][0]["lostVersions"] == [2]
    assert applied.plan().pending == ()


def test_our_own_content_twice_is_a_note_and_no_lost_update(applied: World) -> None:
    applied.write("reply", reply("Ours"))

    def twice(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        applied.builder.update(applied.id("reply"), sent_body(environ))
        return None

    applied.network.once("PUT", twice)
    (item,) = applied.apply().applied
    assert (item.lost, item.new_version) == ((), 3)
    assert item.notes == ("version 2 has the same content: the server took the write twice",)


def test_a_gap_in_the_numbers_is_a_note(new_world: NewWorld) -> None:
    world = new_world("delete-delay=0")
    world.write("reply", reply())
    world.apply()
    world.somebody_edits("reply")
    world.builder.delete(world.id("reply"), version=2)
    world.write("reply", reply("Ours"))
    result = world.apply()
    assert (result.exit_code, [item.new_version for item in result.applied]) == (0, [3])
    assert result.applied[0].notes == ("the server skipped version 2",)


def test_a_number_that_the_server_gives_again_is_noted(twice_applied: World) -> None:
    world = twice_applied
    world.write("reply", reply("Third"))

    def delete_the_newest(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        world.builder.delete(world.id("reply"), version=2)
        return None

    world.network.once("PUT", delete_the_newest)
    (item,) = world.apply().applied
    assert item.notes == ("the server gave version 2 again",)
    assert world.plan().pending == ()


# The server


def test_one_failure_stops_nothing_else(world: World) -> None:
    world.write("good", reply(name="Good", account="acme_good"))
    world.write("bad", reply(name="Bad", account="acme_bad"))
    world.write("ugly", reply(name="Ugly", account="acme_ugly"))

    def refuse_bad(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] != "POST" or b"acme_bad" not in json.dumps(sent_body(environ)).encode():
            return None
        start_response("400 Bad Request", [("Content-Type", "application/json")])
        return [b'{"code": 5001, "message": "No such sub-account.", "errorId": "x", "timestamp": "y"}']

    world.network.meddlers.append(refuse_bad)
    result = world.apply()
    assert [item.key for item in result.applied] == ["good", "ugly"]
    assert [item.key for item in result.failed] == ["bad"]
    assert "No such sub-account." in result.failed[0].message
    assert result.exit_code == 8
    state = world.store.read()
    assert (sorted(state.bindings), dict(state.intents)) == (["good", "ugly"], {})
    world.network.meddlers.clear()
    assert [item.key for item in world.apply().applied] == ["bad"]


def test_a_key_that_is_not_let_in_ends_the_run_after_what_was_tried(world: World) -> None:
    for name in ("a", "b", "c"):
        world.write(name, reply(name=name, account=f"acme_{name}"))

    def forbid(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        if environ["REQUEST_METHOD"] == "GET":
            return None
        start_response("403 Forbidden", [("Content-Type", "application/json")])
        return [b'{"code": 1001, "message": "Not allowed.", "errorId": "x", "timestamp": "y"}']

    world.network.meddlers.append(forbid)
    result = world.apply()
    assert (result.exit_code, [item.key for item in result.failed]) == (4, ["a"])
    assert [item.key for item in result.not_attempted] == ["b", "c"]
    assert world.store.read().intents == {}


# Lost answers


@pytest.mark.parametrize("normalise", ["true", "false"])
def test_a_put_whose_answer_was_lost_is_found_on_the_server(new_world: NewWorld, normalise: str) -> None:
    world = new_world(f"normalise={normalise}")
    world.write("reply", reply())
    world.apply()
    world.write("reply", reply("Ours"))
    world.network.once("PUT", answer_lost)
    (item,) = world.apply().applied
    assert (item.new_version, item.notes) == (2, ("the answer was lost; the new version was found on the server",))
    assert texts(world) == ["Hello", "Ours"]
    assert world.plan().pending == ()


def test_a_put_that_never_arrived_is_sent_again(applied: World) -> None:
    applied.write("reply", reply("Ours"))
    applied.network.once("PUT", request_lost)
    (item,) = applied.apply().applied
    assert item.new_version == 2
    assert texts(applied) == ["Hello", "Ours"]


def test_a_put_that_never_arrived_is_not_sent_again_over_somebody_elses(applied: World) -> None:
    applied.write("reply", reply("Ours"))

    def lost_and_overtaken(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        applied.builder.update(applied.id("reply"), foreign(applied))
        return request_lost(environ, start_response, server)

    applied.network.once("PUT", lost_and_overtaken)
    result = applied.apply()
    assert (result.exit_code, result.applied) == (7, ())
    assert texts(applied) == ["Hello", "Theirs"]


@pytest.mark.parametrize("normalise", ["true", "false"])
def test_a_create_whose_answer_was_lost_is_found_and_bound(new_world: NewWorld, normalise: str) -> None:
    world = new_world(f"normalise={normalise}")
    world.write("reply", reply())
    world.network.once("POST", answer_lost)
    (item,) = world.apply().applied
    assert item.notes == ("the answer to the create was lost; the definition was found on the server and bound",)
    assert [one.id for one in world.builder.definitions()] == [item.id]
    assert world.plan().pending == ()


@pytest.mark.parametrize("status", ["enabled", "disabled"])
@pytest.mark.parametrize("lost", [answer_lost, request_lost])
def test_a_create_that_nobody_can_see_is_never_sent_twice(new_world: NewWorld, status: str, lost: object) -> None:
    """The list may be late or hide disabled definitions, so an absent one proves nothing."""
    assert callable(lost)
    world = new_world("list-delay=60")
    world.write("reply", reply(status=status))
    world.network.once("POST", lost)
    result = world.apply()
    assert [item.key for item in result.failed] == ["reply"]
    assert "state resolve reply" in (result.failed[0].hint or "")
    again = world.apply()
    assert again.applied == ()
    assert [change.refusal and change.refusal.stop for change in again.plan.changes] == [Stop.UNDECIDED]
    assert world.network.writes == ["POST"]
    assert list(world.store.read().intents) == ["reply"]


def test_a_create_that_never_arrived_is_made_by_the_next_run(world: World) -> None:
    world.write("reply", reply())
    world.network.once("POST", request_lost)
    assert world.apply().applied == ()
    second = world.apply()
    assert [item.action for item in second.applied] == [Action.CREATE]
    assert [item.message for item in second.settled] == ["an earlier run's create had not reached the server"]
    assert len(world.builder.definitions()) == 1


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_an_answer_lost_with_the_whole_network_stays_open_and_is_settled_by_the_next_run(
    world: World, method: str
) -> None:
    if method == "PUT":
        world.write("reply", reply())
        world.apply()
    world.write("reply", reply("Ours"))

    def down(environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication) -> Iterable[bytes]:
        start_response("503 Service Unavailable", [("Content-Type", "text/plain")])
        return [b"down"]

    def cut(environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication) -> Iterable[bytes] | None:
        world.network.meddlers.append(down)
        return answer_lost(environ, start_response, server)

    world.network.once(method, cut)
    result = world.apply()
    assert (result.exit_code, [item.key for item in result.failed]) == (5, ["reply"])
    assert list(world.store.read().intents) == ["reply"]
    assert "the next run looks" in (result.failed[0].hint or "")
    world.network.meddlers.clear()
    world.network.requests.clear()
    second = world.apply()
    assert [item.key for item in second.settled] == ["reply"]
    assert (second.exit_code, world.network.writes) == (0, [])
    assert texts(world)[-1] == "Ours"
    assert world.store.read().intents == {}


@pytest.mark.parametrize("method", ["POST", "PUT"])
@pytest.mark.parametrize("before", [True, False])
def test_a_run_that_died_is_settled_by_the_next_one(world: World, method: str, before: bool) -> None:
    """Death right before or right after the server took the write."""
    if method == "PUT":
        world.write("reply", reply())
        world.apply()
    world.write("reply", reply("Ours"))

    class Died(BaseException):
        """What kills a run leaves no time for anything."""

    def die(environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication) -> Iterable[bytes] | None:
        if not before:
            answer_lost(environ, lambda *_arguments: lambda _data: None, server)
        raise Died

    world.network.once(method, die)
    with pytest.raises(Died):
        world.apply()
    assert list(world.store.read().intents) == ["reply"]
    world.apply()
    assert texts(world) == (["Hello", "Ours"] if method == "PUT" else ["Ours"])
    assert len(world.builder.definitions()) == 1
    assert world.store.read().intents == {}
    assert (world.plan().pending, world.plan().refused) == ((), ())


def test_a_put_of_a_dead_run_that_somebody_built_upon_is_drift(applied: World) -> None:
    applied.write("reply", reply("Ours"))

    class Died(BaseException):
        """What kills a run leaves no time for anything."""

    def die(environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication) -> Iterable[bytes] | None:
        answer_lost(environ, lambda *_arguments: lambda _data: None, server)
        raise Died

    applied.network.once("PUT", die)
    with pytest.raises(Died):
        applied.apply()
    applied.somebody_edits("reply", lambda body: text_step(body).update(text="Built upon"))
    result = applied.apply()
    assert "the server has moved to version 3 since" in result.settled[0].message
    assert [change.refusal and change.refusal.stop for change in result.plan.changes] == [Stop.DRIFT]


# The machine


class FillingDisk(Disk):
    """Has no room any more once it is told so."""

    full = False

    def create(self, path: Path) -> int:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().create(path)

    def write(self, handle: int, data: bytes) -> None:
        if self.full:
            raise OSError(errno.ENOSPC, "No space left on device")
        super().write(handle, data)


@pytest.fixture
def filling(world: World) -> FillingDisk:
    """The disk that holds the state; three workflows wait to be created."""
    disk = FillingDisk()
    world.store = FileStore(
        world.folder / "state.json", ACCOUNT, place="state.json", dies_with_the_runner=False, files=disk
    )
    for name in ("a", "b", "c"):
        world.write(name, reply(name=name, account=f"acme_{name}"))
    return disk


def fill(disk: FillingDisk) -> Meddler:
    def meddle(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        disk.full = True
        return None

    return meddle


def test_nothing_is_sent_when_the_state_cannot_be_written(world: World, filling: FillingDisk) -> None:
    filling.full = True
    with pytest.raises(DeployerError, match="No space left"):
        world.apply()
    assert world.network.writes == []


def test_a_state_that_fails_midway_ends_the_run_and_the_next_one_finds_what_was_written(
    world: World, filling: FillingDisk
) -> None:
    world.network.once("POST", fill(filling))
    with pytest.raises(DeployerError, match=r"can't be written: No space left .* is kept in state\.json\.journal"):
        world.apply()
    (result,) = world.results
    assert ([item.key for item in result.failed], result.applied) == (["a"], ())
    assert [item.key for item in result.not_attempted] == ["b", "c"]
    assert any("No space left" in warning for warning in result.warnings)
    assert "No space left" in report.render_text(result)
    filling.full = False
    second = world.apply()
    assert [(item.key, item.message) for item in second.settled] == [
        ("a", f"an earlier run's create had reached the server: bound to {second.settled[0].id}"),
        ("b", "an earlier run ended before it sent the create: nothing was made"),
        ("c", "an earlier run ended before it sent the create: nothing was made"),
    ]
    assert [item.key for item in second.applied] == ["b", "c"]
    assert len(world.builder.definitions()) == 3


def test_deletes_that_cannot_be_watched_are_reported_and_remembered(world: World) -> None:
    world.write("reply", reply())
    world.apply()
    world.file("reply").unlink()

    def cut(environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication) -> Iterable[bytes] | None:
        world.network.meddlers.append(request_lost)
        return None

    world.network.once("DELETE", cut)
    result = world.apply(prune=True, prune_delete=True)
    assert [item.action for item in result.applied] == [Action.DELETE]
    assert any("502" in warning for warning in result.warnings)
    assert list(world.store.read().tombstones) == ["reply"]
    world.network.meddlers.clear()
    world.time.sleep(1)
    world.apply()
    assert world.store.read().tombstones == {}


# The user


def test_a_stop_lets_what_is_in_flight_finish_and_lists_the_rest(world: World) -> None:
    for name in ("a", "b", "c"):
        world.write(name, reply(name=name, account=f"acme_{name}"))
    stop = threading.Event()

    def interrupt(
        environ: WSGIEnvironment, start_response: StartResponse, server: WSGIApplication
    ) -> Iterable[bytes] | None:
        stop.set()
        return None

    world.network.once("POST", interrupt)
    result = world.apply(stop=stop)
    assert (result.exit_code, result.interrupted) == (130, True)
    assert [item.key for item in result.applied] == ["a"]
    assert [(item.key, item.reason) for item in result.not_attempted] == [("b", "interrupted"), ("c", "interrupted")]
    state = world.store.read()
    assert (sorted(state.bindings), dict(state.intents)) == (["a"], {})
    assert [item.key for item in world.apply().applied] == ["b", "c"]
