"""`deployer graph`: pictures of workflows, and of what changes in them."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.program import LOCAL, deployer, project, within
from tests.cli.projects import commit

BROKEN = "trigger: inbound_sms\ndefinition: {name: x, steps: [{id: a, stepType: SMS, nextStepId: gone}]}\n"


def write(here: Path, key: str, text: str) -> None:
    path = here / "workflows" / f"{key}.yaml"
    before = path.read_text()
    assert "text: Hello" in before
    path.write_text(before.replace("text: Hello", f"text: {text}"))


def is_svg(text: str) -> bool:
    return ET.fromstring(text).tag == "{http://www.w3.org/2000/svg}svg"  # noqa: S314  # our own text


def test_text_is_a_flowchart_that_markdown_pages_draw(tmp_path: Path) -> None:
    here = project(tmp_path)
    as_text, as_mermaid = within("graph", "reply", cwd=here), within("graph", "reply", "--format", "mermaid", cwd=here)
    assert (as_text.code, as_text.err) == (0, "")
    assert as_text.out == as_mermaid.out
    assert as_text.out.splitlines()[:3] == [
        "flowchart TD", '  n1(["inbound_sms<br/>on acme_sms"])', '  n2("SMS: reply<br/>Hello")',
    ]  # fmt: skip


def test_the_format_may_stand_before_the_command(tmp_path: Path) -> None:
    ran = deployer("--format", "svg", "graph", cwd=project(tmp_path))
    assert ran.code == 0
    assert is_svg(ran.out)


def test_other_commands_say_that_they_draw_no_pictures(tmp_path: Path) -> None:
    ran = within("plan", "--format", "svg", cwd=project(tmp_path))
    assert ran.code == 3
    assert "`deployer plan` prints text, json, markdown and github, not svg" in ran.err


def test_json_holds_the_graphs_of_all(tmp_path: Path) -> None:
    ran = within("graph", "--format", "json", cwd=project(tmp_path, one="Hello", two="Hello"))
    assert ran.json["version"] == 1
    assert sorted(ran.json["graphs"]) == ["one", "two"]
    assert [node["id"] for node in ran.json["graphs"]["one"]["nodes"]] == ["inbound_sms", "reply"]
    assert ran.json["graphs"]["one"]["edges"][0] == {
        "source": "start", "target": "step reply", "kind": "next", "label": "", "condition": None, "loop": False,
        "mark": None, "note": None,
    }  # fmt: skip


@pytest.mark.parametrize(("kind", "ending"), [("mermaid", "mmd"), ("svg", "svg")])
def test_several_workflows_go_into_a_folder(tmp_path: Path, kind: str, ending: str) -> None:
    here = project(tmp_path, one="Hello", two="Hello")
    refused = within("graph", "--format", kind, cwd=here)
    assert refused.code == 3
    assert "2 workflows make 2 pictures" in refused.err
    assert "--out DIR" in refused.err
    ran = within("graph", "--format", kind, "--out", "pictures", cwd=here)
    assert (ran.code, ran.out) == (0, "")
    assert {path.name for path in (here / "pictures").iterdir()} == {f"one.{ending}", f"two.{ending}"}


def test_one_workflow_goes_into_the_file_that_out_names(tmp_path: Path) -> None:
    here = project(tmp_path)
    assert within("graph", "reply", "--format", "svg", "--out", "new/picture.svg", cwd=here).code == 0
    assert is_svg((here / "new" / "picture.svg").read_text(encoding="utf-8"))


def test_a_key_never_leads_out_of_the_folder(tmp_path: Path) -> None:
    here = project(tmp_path, one="Hello", two="Hello")
    for name, key in (("one", "../../evil"), ("two", ".._.._evil")):
        path = here / "workflows" / f"{name}.yaml"
        path.write_text(f"metadata: {{ key: {key} }}\n{path.read_text()}")
    ran = within("graph", "--out", "deep/pictures", cwd=here)
    written = {path.relative_to(here).as_posix() for path in here.rglob("*.mmd")}
    assert ran.code == 0
    assert written == {"deep/pictures/_.._evil.mmd", "deep/pictures/_.._evil-2.mmd"}


def test_what_cannot_be_written_is_said(tmp_path: Path) -> None:
    here = project(tmp_path)
    (here / "file").write_text("")
    ran = within("graph", "--out", "file/picture.mmd", cwd=here)
    assert ran.code == 3
    assert "--out file/picture.mmd: cannot be written" in ran.err


def test_mistakes_in_a_workflow_are_drawn(tmp_path: Path) -> None:
    here = project(tmp_path)
    (here / "workflows" / "reply.yaml").write_text(BROKEN)
    ran = within("graph", "reply", cwd=here)
    assert ran.code == 0
    assert "no step has this id" in ran.out


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    here = project(tmp_path)
    (here / "workflows" / "reply.yaml").write_text("a: [")
    ran = within("graph", cwd=here)
    assert ran.code == 3
    assert "workflows/reply.yaml: cannot be read" in ran.err


def test_a_difference_shows_what_apply_would_do_and_changes_nothing(tmp_path: Path) -> None:
    here = project(tmp_path, one="Hello", two="Hello")
    new = within("graph", "one", "--diff", cwd=here)
    assert '"#43; SMS: reply<br/>Hello"' in new.out
    assert within("apply", "--auto-approve", cwd=here).code == 0
    write(here, "one", "Goodbye")
    changed = within("graph", "--diff", cwd=here)  # the other one is left out: it does not differ
    assert changed.code == 0
    assert '"#126; SMS: reply<br/>− Hello<br/>#43; Goodbye"' in changed.out
    assert within("plan", "--detailed-exitcode", cwd=here).code == 2


def test_without_a_difference_nothing_is_drawn_unless_it_was_asked_for(tmp_path: Path) -> None:
    here = project(tmp_path, one="Hello", two="Hello")
    within("apply", "--auto-approve", cwd=here)
    every, one = within("graph", "--diff", cwd=here), within("graph", "one", "--diff", cwd=here)
    assert (every.code, every.out, every.err) == (0, "", "Nothing differs.\n")
    assert '"SMS: reply<br/>Hello"' in one.out


@pytest.mark.parametrize("options", [("--base", "main"), ("--diff", "--base", "main")], ids=" ".join)
def test_the_difference_to_a_commit_needs_no_server(tmp_path: Path, options: tuple[str, ...]) -> None:
    account = LOCAL.replace("emulator: true", "accountId: acme")
    here = project(tmp_path, config=account, one="Hello", two="Hello")
    commit(here)
    write(here, "two", "Goodbye")
    ran = deployer("graph", *options, cwd=here)
    assert (ran.code, ran.err) == (0, "")
    assert '"#126; SMS: reply<br/>− Hello<br/>#43; Goodbye"' in ran.out


def test_a_difference_of_invalid_files_is_not_drawn(tmp_path: Path) -> None:
    here = project(tmp_path)
    (here / "workflows" / "reply.yaml").write_text(BROKEN)
    ran = within("graph", "--diff", cwd=here)
    assert ran.code == 1
    assert "gone" in ran.out


def test_a_secret_shows_in_no_picture_however_it_is_escaped(tmp_path: Path) -> None:
    secret = 's3cr3t-"value"&more'
    here = project(tmp_path)
    path = here / "workflows" / "reply.yaml"
    path.write_text(path.read_text().replace("text: Hello", "text: 'Code ${secret.CODE}'"))
    environment = {"DEPLOYER_SECRET_CODE": secret}
    deployer("apply", "--auto-approve", cwd=here, env=environment)
    path.write_text(path.read_text().replace("Code ${secret.CODE}", f"New {secret}"))
    for arguments in (
        ("graph",),
        ("graph", "--diff"),
        ("graph", "--format", "svg"),
        ("graph", "--diff", "--format", "json"),
    ):
        ran = deployer(*arguments, cwd=here, env=environment)
        assert ran.code == 0, ran.err
        assert "s3cr3t" not in ran.out + ran.err
        assert "(secret CODE)" in ran.out or "#40;secret CODE#41;" in ran.out
