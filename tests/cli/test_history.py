"""`log`, `show` and `compare`: who changed what, when, and what it said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deployer.emulator import Settings, create_app
from deployer.remote.client import connect
from deployer.remote.target import Target
from tests.cli.oncall import Night, night, trouble
from tests.cli.projects import git

TROUBLES = [("broken files", "file"), ("a held lock", "file"), ("a held lock", "git"), ("no remote", "git")]


@pytest.fixture
def call(tmp_path: Path) -> Iterator[Night]:
    with night(tmp_path) as found:
        yield found


def builder(call: Night, old: str, new: str) -> int:
    """Somebody edits the definition in the web builder; its new version."""
    app = create_app(call.database, Settings(speed=1))
    client = connect(Target(account="acme"), api_key=None, wsgi_app=app)
    (definition,) = [one for one in client.definitions() if old in json.dumps(dict(one.body))]
    body = json.loads(json.dumps(dict(definition.body)).replace(old, new))
    version = client.update(definition.id, body).version
    app.close()
    return version


def rows(call: Night, *arguments: str) -> list[dict[str, Any]]:
    ran = call.run("log", *arguments, "--format", "json")
    assert ran.code == 0, ran.err
    found: list[dict[str, Any]] = ran.json["entries"]
    return found


def test_the_log_says_who_made_which_version_from_which_commit_and_why(call: Night) -> None:
    call.done("rollback", "reply", "--reason", "wrong text")
    found = rows(call)
    assert [(row["action"], row["definitionVersion"], row["current"]) for row in found] == [
        ("rollback", 4, True), ("update", 3, False), ("update", 2, False), ("create", 1, False),
    ]  # fmt: skip
    assert found[0]["reason"] == "wrong text"
    assert found[1]["commit"] == git(call.here, "rev-parse", "HEAD").strip()
    assert all(row["at"].endswith("Z") and row["who"] for row in found)
    table = call.run("log").out
    assert "wrong text - the content of version 2" in table
    assert "4*" in table


def test_a_version_of_the_web_builder_was_made_before_its_first_instance(call: Night) -> None:
    assert builder(call, "Three is wrong", "Built") == 4
    (edit, *_) = rows(call, "reply")
    assert (edit["definitionVersion"], edit["who"], edit["at"], edit["current"]) == (4, "web builder", None, True)
    (call.here / "payload.json").write_text("{}")
    for _ in range(2):
        assert call.run("runs", "start", "reply", "--payload", "payload.json", "--yes").code == 0
    (edit, *_) = rows(call, "reply")
    instances = call.run("runs", "list", "reply", "--format", "json").json["instances"]
    assert (edit["at"][:19], edit["atMost"]) == (min(one["startedAt"] for one in instances)[:19], True)
    assert "<" + edit["at"] in call.run("log").out


def test_an_edit_between_two_of_ours_stands_between_them(call: Night) -> None:
    builder(call, "Three is wrong", "Built")
    assert call.run("pull", "reply").code == 0
    call.say("Five")
    assert call.apply().code == 0
    assert [(row["action"], row["definitionVersion"]) for row in rows(call)][:4] == [
        ("update", 5), ("pull", 4), ("edit", 4), ("update", 3),
    ]  # fmt: skip


def test_a_text_is_found_in_every_version_that_says_it_and_in_drafts(tmp_path: Path) -> None:
    with night(tmp_path, one="Hello", two="Bye") as call:
        builder(call, "Bye", "so WRONG")
        call.say("Wrong reply", "one")
        assert call.apply("one").code == 0
        assert call.run("forget", "two").code == 0
        found = rows(call, "--text", "wrong")
        assert {(row["key"], row["name"], row["definitionVersion"], row["who"] == "web builder") for row in found} == {
            ("one", "one", 2, False), (None, "two", 2, True),
        }  # fmt: skip
        assert found[0]["says"][0]["path"] == "step reply.inputs.text"
        assert call.run("log", "--text", "never said").out.endswith("Nothing says 'never said'.\n")


def test_since_leaves_out_what_is_older_and_limit_says_so(call: Night) -> None:
    assert rows(call, "--since", "2999-01-01") == []
    assert len(rows(call, "--since", "6h")) == 3
    ran = call.run("log", "--limit", "2")
    assert ran.out.endswith("1 earlier: `--limit 3` shows them\n")


def test_the_log_reads_what_was_forgotten_and_the_half_written_line_at_its_end(call: Night) -> None:
    definition = str(call.status()["id"])
    assert call.run("forget", "reply", "--reason", "moved").code == 0
    with (call.here / "deployer.live.log.jsonl").open("a") as file:
        file.write('{"v":1,"action":"upd')
    found = rows(call)
    assert [row["action"] for row in found] == ["forget", "update", "update", "create"]
    assert [row["action"] for row in rows(call, "reply")] == [row["action"] for row in found]
    assert [row["definitionVersion"] for row in rows(call, "--id", definition)][-1] == 1


def test_show_prints_a_version_as_yaml_with_its_maker(call: Night) -> None:
    ran = call.run("show", "reply@2")
    assert ran.code == 0
    first, second, *rest = ran.out.splitlines()
    assert first.startswith("# reply: version 2 of ")
    assert first.endswith("; the newest is 3")
    assert second.startswith("# update by ")
    assert "        text: Two" in rest
    assert "createdAt" not in ran.out
    shown = call.run("show", "reply", "--format", "json").json
    assert (shown["definitionVersion"], shown["latestVersion"], shown["body"]["status"]) == (3, 3, "enabled")
    by_id = call.run("show", "--id", f"{shown['id']}@1", "--format", "json").json
    assert (by_id["key"], by_id["definitionVersion"]) == ("reply", 1)


def test_nothing_of_a_secret_shows_in_any_version(tmp_path: Path) -> None:
    with night(tmp_path, reply="One") as call:
        secrets = call.here / ".deployer" / "live" / "secrets.env"
        secrets.parent.mkdir(parents=True, exist_ok=True)
        secrets.write_text("CRM=hunter2-hunter2\n")
        secrets.chmod(0o600)
        file = call.here / "workflows" / "reply.yaml"
        step = '      nextStepId: call\n    - id: call\n      stepType: HttpRequest\n      inputs: { url: "https://crm.example/x", method: GET, headers: { X-Key: "${secret.CRM}" } }\n'  # noqa: E501
        file.write_text(file.read_text() + step)
        assert call.apply().code == 0
        secrets.write_text("CRM=hunter3-hunter3\n")
        assert call.apply().code == 0
        secrets.unlink()
        for command in (("show", "reply@2"), ("show", "reply"), ("log", "--text", "hunter"), ("log",),
                        ("compare", "reply@2", "reply@3")):  # fmt: skip
            ran = call.run(*command)
            assert "hunter" not in ran.out.replace("Nothing says 'hunter'", "") + ran.err
        assert "(secret)" in call.run("show", "reply@2").out
        assert call.run("compare", "reply@2", "reply@3").code == 2


def test_two_versions_of_a_workflow_are_compared(call: Night) -> None:
    ran = call.run("compare", "reply@1", "reply@3")
    assert ran.code == 2
    assert '~ step reply: inputs.text: "One" -> "Three is wrong"' in ran.out
    call.done("rollback", "reply", "--to", "1")
    equal = call.run("compare", "reply@1", "reply@4", "--format", "json")
    assert (equal.code, equal.json["equal"]) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("log", "replay"), 3, "nothing is known of `replay` in `live`\n  hint: Did you mean `reply`?"),
        (("log", "--id", "123"), 3, "'123' is not a definition id"),
        (("log", "reply", "--id", "123"), 3, "give KEY or --id, not both"),
        (("log", "--since", "yesterday"), 3, "--since 'yesterday' is no time"),
        (("show",), 3, "give the KEY of a workflow, or --id"),
        (("show", "reply@9"), 6, "`reply` has no version 9; the server has 3, 2, 1"),
        (("show", "replay@1"), 3, "`replay` is bound to no definition here"),
        (("show", "--id", "123@1"), 3, "'123' is not a definition id"),
        (("compare", "reply@1", "reply@9"), 6, "has no version 9"),
        (("compare", "reply@1", "reply@2", "reply"), 3, "two versions are compared as a whole"),
    ],
)
def test_what_makes_no_sense_says_what_would(call: Night, arguments: tuple[str, ...], code: int, message: str) -> None:
    ran = call.run(*arguments)
    assert ran.code == code
    assert message in ran.err


@pytest.mark.parametrize(("kind", "state"), TROUBLES, ids=[f"{kind}, {state}" for kind, state in TROUBLES])
def test_nothing_of_this_stops_anybody_who_looks(tmp_path: Path, kind: str, state: str) -> None:
    with night(tmp_path, state=state) as call:
        assert call.run("log").code == 0
        with trouble(kind, call):
            assert [row["action"] for row in rows(call, "reply")] == ["update", "update", "create"]
            assert call.run("show", "reply@2").out.splitlines()[1].startswith("# update by ")
            assert call.run("compare", "reply@1", "reply@2").code == 2
            call.done("disable", "reply", "--reason", "2 a.m.")
            assert rows(call)[0]["reason"] == "2 a.m."
            assert call.status()["status"] == "disabled"


def test_where_the_log_was_never_seen_nobody_is_accused(tmp_path: Path) -> None:
    with night(tmp_path, state="git") as call:
        (call.here / ".deployer" / "live" / "seen.tip").unlink()
        with trouble("no remote", call):
            assert {row["who"] for row in rows(call, "reply")} == {"unknown"}


def test_what_was_just_applied_is_known_to_be_ours_though_the_remote_is_away(tmp_path: Path) -> None:
    with night(tmp_path, state="git") as call:
        call.say("Four")
        assert call.apply().code == 0
        with trouble("no remote", call):
            found = rows(call, "reply")
            assert [(row["action"], row["definitionVersion"]) for row in found][:2] == [("update", 4), ("update", 3)]
            assert found[0]["who"] == found[1]["who"] != "unknown"
