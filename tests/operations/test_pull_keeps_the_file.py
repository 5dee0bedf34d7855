"""A pull changes what changed on the server, and leaves the rest of a file as people wrote it."""

from __future__ import annotations

from textwrap import dedent

from deployer.operations.plan import Action
from deployer.operations.pull import Took
from tests.operations.world import Body, World, reply, text_step

WRITTEN = dedent(
    """\
    # Ask marketing before you change a word.
    metadata: {key: reply}
    trigger: inbound_sms
    subaccountId: acme_sms  # as the vendor's examples spell it
    definition:
      id: 5ad2  # left by an export
      name: 'Auto reply'
      steps:
        # Say hello
        - stepType: sms
          id: hello
          do: []
          nextStepId: later
          inputs:
            subAccountId: acme_sms
            destination: "{{data.payload.source}}"  # who wrote
            text: 'Hello'
          selectNextStep: {}

        # And again
        - id: later
          stepType: Wait
          inputs: {duration: "00:01:00"}
          nextStepId: null
    status: enabled
    """
)
ADDED = """
    - id: bye
      stepType: Wait
      inputs:
        duration: "0.00:05:00"
"""


def somebody_works_on_it(body: Body) -> None:
    """In the web builder: another text, and a step more."""
    definition = body["definition"]
    assert isinstance(definition, dict)
    text_step(body)["text"] = "Hi there"
    definition["steps"][1]["nextStepId"] = "bye"
    definition["steps"].append({"id": "bye", "stepType": "Wait", "inputs": {"duration": "0.00:05:00"}})


def test_comments_quotes_leftovers_and_spellings_stay(world: World) -> None:
    path = world.file("reply")
    path.parent.mkdir()
    path.write_bytes(WRITTEN.encode())
    world.apply()
    world.somebody_edits("reply", somebody_works_on_it)
    assert [item.took for item in world.pull("reply")] == [Took.CHANGED]
    expected = (
        WRITTEN.replace("text: 'Hello'", "text: 'Hi there'")
        .replace("nextStepId: null\n", "nextStepId: bye\n" + ADDED)
    )  # fmt: skip
    assert path.read_bytes().decode() == expected
    assert [change.action for change in world.plan().changes] == [Action.NOOP]


def test_a_json_file_stays_in_its_layout(world: World) -> None:
    path = world.write("reply", reply(), as_json=True)
    before = path.read_text()
    world.apply()
    world.somebody_edits("reply", lambda body: text_step(body).update(text="We are closed"))
    world.pull("reply")
    assert path.read_text() == before.replace('"Hello"', '"We are closed"')


def test_windows_line_ends_stay(world: World) -> None:
    path = world.write("reply", reply())
    path.write_bytes(b"# ours\r\n" + path.read_bytes().replace(b"\n", b"\r\n"))
    world.apply()
    world.somebody_edits("reply", lambda body: text_step(body).update(text="We\nare closed"))
    world.pull("reply")
    data = path.read_bytes()
    assert data.startswith(b"# ours\r\n")
    assert data.count(b"\n") == data.count(b"\r\n")


def with_step(name: str, **step: object) -> Body:
    definition = {"name": name, "steps": [{"id": "only", **step}]}
    return {"trigger": "inbound_sms", "status": "enabled", "definition": definition}


def test_a_definition_that_no_file_can_hold_stops_only_itself(world: World) -> None:
    world.builder.create(reply(name="Good"))
    number = {"subAccountId": "acme_sms", "destination": "6512345678", "text": "Hello", "clientMessageId": 2**70}
    world.builder.create(with_step("Bad", stepType="SMS", inputs=number))
    pulled = {item.name: item for item in world.pull(everything=True)}
    assert pulled["Good"].took is Took.NEW
    assert pulled["Bad"].took is Took.UNWRITABLE
    assert pulled["Bad"].binding is None


def test_two_keys_that_make_one_name_for_a_secret_keep_two_secrets(world: World) -> None:
    for name, token in (("Ask a", "tok-1-abcdefgh12345678"), ("Ask_a", "tok-2-abcdefgh12345678")):
        call = {"url": "https://example.com", "method": "GET", "headers": {"Authorization": f"Bearer {token}"}}
        world.builder.create(with_step(name, stepType="HttpRequest", inputs=call))
    pulled = world.pull(everything=True)
    assert len({name for item in pulled for name in item.secrets}) == 2
    plan = world.plan()
    assert not plan.pending
    assert not plan.refused
