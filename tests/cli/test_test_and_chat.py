"""`deployer test` and `deployer chat` as somebody at a shell meets them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.projects import Ran, program
from tests.operations.caselab import project

PASSING = "cases:\n  - name: says hi\n    trigger: { sms: { from: '+6591234567', text: hi } }\n"
FAILING = PASSING + "    expect: { path: [greet] }\n"
COMMAND = (sys.executable, "-c", "from deployer.cli.main import main; main()")


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Ran:
    monkeypatch.chdir(tmp_path)  # `-C` goes elsewhere; this comes back
    return program(capsys)


def test_exit_codes_tell_how_it_ended(tmp_path: Path, call: Ran) -> None:
    root = str(project(tmp_path, menu_test=PASSING))
    assert call("-C", root, "test").code == 0
    assert call("-C", root, "test", "--fail-under", "99").code == 1
    assert call("-C", root, "test", "mneu").code == 3
    assert call("-C", root, "test", "-k", "nothing like it").code == 3
    assert call("-C", root, "test", "--watch", "--format", "json").code == 3
    assert call("-C", root, "test", "--format", "sarif").code == 3
    assert call("-C", root, "test", "--coverage-out", "no/such/folder/x.json").code == 3
    project(tmp_path, menu_test=FAILING)
    assert call("-C", root, "test").code == 1
    project(tmp_path, menu_test="cases: 3")
    assert call("-C", root, "test").code == 1


@pytest.mark.parametrize(
    ("output", "begins"),
    [
        ("text", "FAIL menu › says hi  workflows/menu.test.yaml:2\n"),
        ("json", '{\n  "version": 1,\n  "summary": {\n    "files": 1,'),
        ("junit", '<?xml version="1.0"'),
        ("github", "::error file=workflows/menu.test.yaml,line=2,title=menu%3A says hi::"),
        ("markdown", "**❌ 0 of 1 conversations go as they should.**\n\n| Workflow | Cases | Steps |"),
    ],
)
def test_formats_may_stand_before_and_after_the_command(tmp_path: Path, call: Ran, output: str, begins: str) -> None:
    root = str(project(tmp_path, menu_test=FAILING))
    after = call("-C", root, "test", "--format", output)
    before = call("-C", root, "--format", output, "test")
    assert after.out.startswith(begins)
    assert (after.code, before.code) == (1, 1)
    assert before.out[:80] == after.out[:80]


def test_the_transcript_shows_what_was_said(tmp_path: Path, call: Ran) -> None:
    out = call("-C", str(project(tmp_path, menu_test=PASSING)), "test", "--format", "markdown").out
    assert "| 00:00:00 | hi *(sms)* | |\n| 00:00:00 | | Hi! 1 or 2? *(sms)* |" in out


def test_coverage_goes_to_the_screen_and_to_a_file(tmp_path: Path, call: Ran) -> None:
    root = project(tmp_path, menu_test=PASSING)
    out = call("-C", str(root), "test", "--coverage", "--coverage-out", "coverage.json").out
    assert "menu: not reached\n  branch wait → reply\n" in out
    document = json.loads((root / "coverage.json").read_text())
    assert document["workflows"][0]["steps"] == {
        "covered": 3, "total": 5, "percent": 60.0, "hits": {"greet": 1, "wait": 1, "look-up": 0, "bye": 0, "nobody": 1},
    }  # fmt: skip


def test_update_writes_snapshots_and_says_so(tmp_path: Path, call: Ran) -> None:
    root = project(tmp_path, menu_test=PASSING + "    snapshot: true\n")
    assert call("-C", str(root), "test").code == 1
    assert "snapshot written: workflows/menu.test.snap.json" in call("-C", str(root), "test", "--update").out
    assert call("-C", str(root), "test").code == 0


def test_variables_and_the_environment_come_from_the_command_line(tmp_path: Path, call: Ran) -> None:
    root = str(project(tmp_path, menu_test=PASSING + "    expect: { sent: [{ text: 'Halo! 1 or 2?' }] }\n"))
    assert call("-C", root, "test").code == 1
    assert call("-C", root, "--env", "indonesia", "test").code == 0
    assert call("-C", root, "--var", "greeting=Halo", "test").code == 0


@pytest.fixture
def service() -> Iterator[tuple[str, list[str]]]:
    """A web service on this machine, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:  # http.server's name
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            asked.append(f"{self.path} {body.decode()}")
            self.send_response(201)
            self.end_headers()
            self.wfile.write(b'{"name": "Mei"}')

        def log_message(self, *arguments: object) -> None:
            """Nothing on stderr."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()
    server.server_close()


def test_http_leaves_the_machine_only_where_it_is_allowed(
    tmp_path: Path, call: Ran, service: tuple[str, list[str]]
) -> None:
    address, asked = service
    expects = "    replies: [{ text: '1' }]\n    expect: { data: { code: 201, name: Mei } }\n"
    root = project(tmp_path, menu_test=PASSING + expects)
    menu = root / "workflows" / "menu.yaml"
    menu.write_text(menu.read_text().replace("https://crm.example", address))
    refused = call("-C", str(root), "test")
    assert (refused.code, asked) == (1, [])
    assert f"    POST {address}/customers\n" in refused.out
    assert call("-C", str(root), "test", "--allow-http").code == 0
    assert asked == ['/customers {"phone": "+6591234567"}']


def test_nothing_heavy_is_imported(tmp_path: Path) -> None:
    root = project(tmp_path, menu_test=PASSING)
    code = (
        "import sys; from deployer.cli.main import run; code = run(['test']); "
        "heavy = {'httpx', 'deepdiff', 'jsonschema', 'werkzeug', 'quickjs', 'sqlite3', 'multiprocessing'}; "
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "0 []"


def test_watch_runs_again_when_a_test_file_changes(tmp_path: Path) -> None:
    root = project(tmp_path, menu_test=PASSING)
    command = [*COMMAND, "-C", str(root), "test", "--watch"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as watching:
        try:
            assert watching.stdout is not None
            assert any("Tests: 1 passed" in line for line in watching.stdout)
            (root / "workflows" / "menu.test.yaml").write_text(FAILING)
            assert any("Tests: 0 passed, 1 failed" in line for line in watching.stdout)
        finally:
            watching.kill()


def chat(root: Path, lines: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, "-C", str(root), "chat", *arguments], input=lines, capture_output=True, text=True, check=False,
        encoding="utf-8",
    )  # fmt: skip


def test_a_conversation_may_come_from_a_pipe_and_be_kept_as_a_case(tmp_path: Path, call: Ran) -> None:
    root = project(tmp_path)
    done = chat(root, 'hi\n1\n200 {"name": "Mei"}\n', "menu", "--record", "workflows/menu.test.yaml", "--name", "kept")
    assert done.stdout.startswith("you> hi\n00:00:00    sms: Hi! 1 or 2?  [greet]\nyou> 1\n")
    assert done.stdout.endswith("  00:00:00  bye  SMS\nComplete after 00:00:00\n")
    assert done.stderr == "workflows/menu.test.yaml: recorded `kept`\n"
    ran = call("-C", str(root), "test", "-v")
    assert (ran.code, ran.out.splitlines()[0]) == (0, "ok   menu › kept")


def test_a_conversation_as_json_is_its_trace(tmp_path: Path) -> None:
    done = chat(project(tmp_path), "hi\n2\n", "menu", "--format", "json", "--at", "2026-03-02T10:00:00Z")
    trace = json.loads(done.stdout)["trace"]
    assert (trace["path"], trace["startedAt"]) == (["greet", "wait", "bye"], "2026-03-02T10:00:00.000Z")
    assert "you> hi" in done.stderr


def test_a_request_starts_a_workflow_with_a_payload(tmp_path: Path) -> None:
    step = "{ id: a, stepType: Branch, outputs: { y: '{{data.x}}' } }"
    text = f"trigger: http_request\ndefinition: {{ name: x, steps: [{step}] }}\n"
    root = project(tmp_path, hook=text)
    (root / "body.json").write_text('{"x": 7}')
    done = chat(root, "", "hook", "--payload", "body.json", "--format", "json")
    assert json.loads(done.stdout)["trace"]["data"]["y"] == 7
    (root / "list.json").write_text("[]")
    for arguments, message in (
        (("hook",), "is started by a request"),
        (("hook", "--payload", "none.json"), "none.json: cannot be read"),
        (("hook", "--payload", "list.json"), "it is no JSON object"),
        (("hook", "--payload", "body.json", "--at", "soon"), "--at:"),
        (("menu", "--record", "x.yaml"), "a test file is called `*.test.yaml`"),
        (("*",), "means 2 workflows"),
        (("mneu",), "Did you mean `menu`?"),
    ):
        failed = chat(root, "", *arguments)
        assert failed.returncode == 3, arguments
        assert message in failed.stderr


def test_a_payload_may_be_a_whole_webhook(tmp_path: Path) -> None:
    root = project(tmp_path)
    (root / "sms.json").write_text(json.dumps({"namespace": "SMS", "payload": {"source": "+6580000000", "body": "x"}}))
    assert "sms: Hi! 1 or 2?" in chat(root, "2\n", "menu", "--payload", "sms.json").stdout


def test_who_leaves_before_the_first_word_sees_nothing(tmp_path: Path) -> None:
    done = chat(project(tmp_path), "", "menu")
    assert (done.returncode, done.stdout) == (0, "you> \n")
