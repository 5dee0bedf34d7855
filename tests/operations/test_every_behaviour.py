"""One project's life under every combination of what the vendor's documents leave open."""

from __future__ import annotations

import pytest

from deployer.operations.plan import Action, Stop
from tests.operations.behaviours import COMBINATIONS
from tests.operations.conftest import NewWorld
from tests.operations.world import Body, World, reply, text_step

VOICE: Body = {
    "trigger": "http_request",
    "status": "disabled",
    "definition": {
        "name": "Call me",
        "steps": [
            {"id": "call", "stepType": "VoiceMessage", "nextStepId": "key", "inputs": {
                "action": "say&capture", "params": {
                    "source": "+6531234567", "destination": "{{data.phone}}", "text": "Press 1", "speed": 1.0}}},
            {"id": "key", "stepType": "WaitForDTMF", "inputs": {"dtmfRequestId": "{{data.id}}"},
             "selectNextStep": {"crm": None}},
            {"id": "crm", "stepType": "HttpRequest", "inputs": {
                "url": "https://crm.example.com", "method": "POST",
                "headers": {"Authorization": "Bearer ${secret.TOKEN}"},
                "body": {"id": None, "version": 1.0, "do": [], "outputs": {}, "big": 2**60}}},
            {"id": "night", "stepType": "if", "inputs": {"condition": "{{data.night}}"},
             "do": [[{"id": "wait", "stepType": "Wait", "inputs": {"duration": "00:00:05"}}]]},
        ],
    },
}  # fmt: skip


def quiet(world: World) -> None:
    assert [(change.key, change.action, change.refusal) for change in world.plan().changes if change.writes] == []
    assert world.plan().refused == ()


@pytest.mark.parametrize("behaviour", COMBINATIONS, ids=" ".join)
def test_a_project_lives_through_every_reading_of_the_documents(
    new_world: NewWorld, behaviour: tuple[str, ...]
) -> None:
    world = new_world(*behaviour, secrets={"TOKEN": "tok-0123456789"})
    world.write("reply", reply())
    world.write("voice", VOICE)
    assert [item.action for item in world.apply().applied] == [Action.CREATE, Action.CREATE]
    world.time.sleep(10)
    quiet(world)

    world.write("reply", reply("Bye"))
    (change,) = world.plan().pending
    assert (change.key, change.action, change.sentences()) == ("reply", Action.UPDATE, ["text of step `reply` changes"])
    world.network.requests.clear()
    assert [item.new_version for item in world.apply().applied] == [2]
    assert world.apply().applied == ()
    expected = ["PUT", "PUT"] if world.settings.account_id_required and world.network.writes[1:] else ["PUT"]
    assert world.network.writes[: len(expected)] == expected
    quiet(world)

    assert world.somebody_edits("voice", lambda body: text_step(body).update(action="say")) == 2
    (refused,) = world.plan().refused
    assert (refused.key, refused.refusal and refused.refusal.stop) == ("voice", Stop.DRIFT)
    assert world.apply().exit_code == 6
    assert text_step(world.now("voice").body)["action"] == "say"
    world.pull("voice")
    quiet(world)
    assert "action: say\n" in world.file("voice").read_text()
    assert "${secret.TOKEN}" in world.file("voice").read_text()
