"""`deployer doctor` and `plan --preflight`: what a run depends on, each thing by itself."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from deployer.emulator import Settings, create_app, serve
from deployer.operations import server_checks, state_checks
from deployer.operations.checkup import Check, Verdict, examine, ok
from deployer.remote.gateway import Probe
from deployer.state.lock import process_lock
from deployer.state.model import State
from tests.cli.program import Ran, deployer, project, within
from tests.cli.projects import commit, git

ACCOUNT = "5870442f-3ddd-4657-b74c-6e17308f5230"
CALL = """\
trigger: http_request
status: enabled
definition:
  name: NAME
  steps:
    - id: call
      stepType: VoiceMessage
      inputs:
        { subAccountId: acme_voice, action: say, params: { source: "NUMBER", destination: "{{data.to}}", text: hi } }
"""
NUMBERS = "6512345678, 6512345679@acme_voice:unhealthy, 6512345670:expiring, 6512345671:inactive, 6512345672:unchecked"


def calling(folder: Path, *numbers: str, settings: str = "", account: str = ACCOUNT) -> Path:
    """A project on the emulator whose workflows call from these numbers."""
    local = f'{{emulator: {{numbers: "{NUMBERS}"{settings}}}, accountId: {account}, vars: {{sms: x_sms}}}}'
    here = project(folder, config=f"version: 1\nenvironments:\n  local: {local}\n")
    for number in numbers:
        name = f"call{number.strip('+')}"
        (here / "workflows" / f"{name}.yaml").write_text(CALL.replace("NAME", name).replace("NUMBER", number))
    return here


def checks(ran: Ran) -> dict[str, list[tuple[str, str]]]:
    """Verdict and message of each check."""
    found: dict[str, list[tuple[str, str]]] = {}
    for check in ran.json["checks"]:
        found.setdefault(check["name"], []).append((check["verdict"], check["message"]))
    return found


def test_all_is_well_on_a_fresh_project(tmp_path: Path) -> None:
    here = calling(tmp_path, "+6512345678", settings=", balance: 12.5, currency: SGD")
    commit(here)
    ran = within("doctor", "--format", "json", cwd=here)
    assert ran.code == 0, ran.out
    found = checks(ran)
    assert found["key"] == [("ok", "the emulator in this process needs none")]
    assert found["account"] == [("ok", f"{ACCOUNT} can be used")]
    assert found["balance"] == [("ok", "12.50 SGD")]
    assert found["numbers"] == [("ok", "`+6512345678` (call6512345678, step call) is active and healthy")]
    assert found["usage"] == [("ok", "0 of 10,000 instances used this month")]
    assert found["lock"] == [("ok", "nobody holds it")]
    assert ran.json["summary"]["error"] == 0
    text = within("doctor", cwd=here)
    assert text.out.endswith("\n0 errors, 0 warnings.\n")


def test_doctor_changes_nothing(tmp_path: Path) -> None:
    here = calling(tmp_path, "+6512345678")
    assert within("plan", cwd=here).code == 0
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*") if path.is_file()}
    within("doctor", cwd=here)
    after = {path: path.stat().st_mtime_ns for path in here.rglob("*") if path.is_file()}
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} <= {
        path for path in after if path.name.startswith("emulator.sqlite")
    }


def test_numbers_have_to_exist_be_active_and_healthy(tmp_path: Path) -> None:
    named = ("+6512345679", "+6512345670", "6512345671", "+6512345672", "+6599999999", "+651234567890")
    here = calling(tmp_path, *named)
    (here / "workflows" / "later.yaml").write_text(CALL.replace("NAME", "l").replace("NUMBER", "{{data.from}}"))
    ran = within("doctor", "--format", "json", cwd=here)
    assert ran.code == 1
    verdicts = {message.split()[0].strip("`"): (verdict, message) for verdict, message in checks(ran)["numbers"]}
    assert verdicts["+6512345679"][0] == "warning"
    assert "is not healthy" in verdicts["+6512345679"][1]
    assert verdicts["+6512345670"][0] == "warning"
    assert "expires soon" in verdicts["+6512345670"][1]
    assert verdicts["+6512345671"] == ("error", "`+6512345671` (call6512345671, step call) is inactive")
    assert verdicts["+6512345672"][0] == "ok"
    assert "nobody watches its health" in verdicts["+6512345672"][1]
    assert verdicts["+6599999999"][0] == "error"
    assert "is no virtual number of acme_voice" in verdicts["+6599999999"][1]
    assert verdicts["+651234567890"][0] == "error"
    assert len(verdicts) == 6


def test_an_account_that_is_not_prepaid_is_fine(tmp_path: Path) -> None:
    assert checks(within("doctor", "--format", "json", cwd=calling(tmp_path)))["balance"] == [("ok", "not prepaid")]


def test_an_empty_balance_is_an_error_with_its_remedy(tmp_path: Path) -> None:
    ran = within("doctor", cwd=calling(tmp_path, settings=", balance: 0"))
    assert ran.code == 1
    assert "error    balance  0.00 USD left" in ran.out
    assert "hint: Top up in 8x8 Connect" in ran.out


def test_an_account_id_that_the_balance_api_does_not_take_is_no_error(tmp_path: Path) -> None:
    ran = within("doctor", "--format", "json", cwd=calling(tmp_path, account="acme"))
    assert ran.code == 0
    assert checks(ran)["balance"][0][0] == "skipped"


def test_a_broken_file_hides_no_other_check(tmp_path: Path) -> None:
    here = calling(tmp_path, "+6599999999")
    (here / "workflows" / "broken.yaml").write_text("steps: [")
    (here / ".deployer" / "local").mkdir(parents=True)
    (here / ".deployer" / "local" / "state.json").write_text("{")
    ran = within("doctor", "--format", "json", cwd=here)
    found = checks(ran)
    assert ran.code == 6
    assert found["state"][0][0] == "error"
    assert found["lock"][0][0] == "skipped"
    assert found["numbers"][0] == (
        "skipped", "workflows/broken.yaml cannot be read, so what it calls from is not checked",
    )  # fmt: skip
    assert found["numbers"][1][0] == "error"
    assert found["usage"][0][0] == "ok"


def test_a_missing_key_and_a_wrong_one_have_their_exit_codes(tmp_path: Path) -> None:
    app = create_app(tmp_path / "server.sqlite", Settings(), api_key="right-0123456789")
    with serve(app) as server:
        live = f"{{accountId: acme, baseUrl: '{server.url}', state: file, vars: {{sms: a_sms}}}}"
        there = "{accountId: acme, baseUrl: 'https://automation.8x8.com', state: file, vars: {sms: a_sms}}"
        here = project(tmp_path / "here", config=f"version: 1\nenvironments: {{live: {live}, there: {there}}}\n")
        wrong = deployer("doctor", "--env", "live", "--format", "json", cwd=here, env={"DEPLOYER_API_KEY": "w" * 20})
        assert wrong.code == 4
        assert checks(wrong)["host"][0][0] == "ok"
        assert checks(wrong)["account"][0][0] == "error"
        assert checks(wrong)["clock"] == [("ok", "agrees with the server's")]
        good = deployer(
            "doctor", "--env", "live", "--format", "json", cwd=here, env={"DEPLOYER_API_KEY": "right-0123456789"}
        )
        assert good.code == 0, good.out
        missing = deployer("doctor", "--env", "there", "--format", "json", cwd=here)
        assert missing.code == 3
        assert checks(missing)["key"] == [("error", "DEPLOYER_API_KEY is not set")]
        assert {name for name, found in checks(missing).items() if found[0][0] == "error"} == {"key"}
    app.close()


def test_a_server_that_is_not_there_is_exit_code_5_and_the_rest_is_told(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        live = f"{{accountId: acme, baseUrl: '{url}', state: file, vars: {{sms: a_sms}}}}"
        here = project(tmp_path, config=f"version: 1\nenvironments: {{live: {live}}}\n")
        ran = deployer("doctor", "--format", "json", cwd=here, env={"DEPLOYER_API_KEY": "w" * 20})
    assert ran.code == 5
    found = checks(ran)
    assert (found["host"][0][0], found["account"][0][0], found["state"][0][0]) == ("error", "skipped", "ok")


def test_the_state_in_git_needs_a_remote_that_answers(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    app = create_app(tmp_path / "server.sqlite", Settings())
    with serve(app) as server:
        live = f"{{accountId: acme, baseUrl: '{server.url}', state: git, vars: {{sms: a_sms}}}}"
        here = project(tmp_path / "here", config=f"version: 1\nenvironments: {{live: {live}}}\n")
        commit(here)
        git(here, "remote", "add", "origin", str(tmp_path / "remote.git"))
        key = {"DEPLOYER_API_KEY": "w" * 20}
        good = deployer("doctor", "--format", "json", cwd=here, env=key)
        assert (good.code, checks(good)["git"][1]) == (0, ("ok", "remote origin answers"))
        (tmp_path / "remote.git").rename(tmp_path / "elsewhere.git")
        away = deployer("doctor", "--format", "json", cwd=here, env=key)
        assert away.code == 5
        assert [check["name"] for check in away.json["checks"] if check["verdict"] == "error"] == ["state", "git"]
    app.close()


def test_the_preflight_of_a_plan_checks_the_numbers_of_what_changes(tmp_path: Path) -> None:
    here = calling(tmp_path, "+6512345678")
    assert within("apply", "--auto-approve", cwd=here).code == 0
    nothing = within("plan", "--preflight", cwd=here)
    assert nothing.code == 0
    assert "nothing changes, so nothing is checked" in nothing.err
    (here / "workflows" / "new.yaml").write_text(CALL.replace("NAME", "new").replace("NUMBER", "+6599999999"))
    ran = within("plan", "--preflight", "--format", "json", cwd=here)
    assert ran.code == 1
    told = [check for check in ran.json["preflight"]["checks"] if check["name"] == "numbers"]
    assert [check["message"] for check in told] == [
        "`+6599999999` (new, step call) is no virtual number of acme_voice"
    ]  # fmt: skip
    saved = within("plan", "--preflight", "--out", "plan.json", cwd=here)
    assert saved.code == 1
    assert "preflight" not in (here / "plan.json").read_text()
    assert within("plan", "--preflight", "--offline", "--base", "main", cwd=here).code == 3


@pytest.mark.parametrize(
    ("allowed", "used", "overage", "verdict", "words"),
    [
        (100, 89, True, Verdict.OK, "89 of 100"),
        (100, 95, False, Verdict.WARNING, "95 of 100"),
        (100, 120, True, Verdict.WARNING, "120 of 100"),
        (100, 100, False, Verdict.ERROR, "no more will start"),
        (None, 1, None, Verdict.SKIPPED, "does not say"),
    ],
)
def test_usage_warns_before_the_month_is_used_up(
    allowed: int | None,
    used: int,
    overage: bool | None,
    verdict: Verdict,
    words: str,
) -> None:
    class Facts:
        def usage(self) -> list[dict[str, object]]:
            return [{"allowedWorkflowCount": allowed, "executedWorkflowCount": used, "allowedOverage": overage}]

    [check] = server_checks.usage(Facts)  # type: ignore[arg-type]  # all that the check asks
    assert check.verdict is verdict
    assert words in check.message


@pytest.mark.parametrize(("skew", "verdict", "words"), [
    (5, Verdict.OK, "agrees"), (90, Verdict.WARNING, "90 s ahead of"), (-3600, Verdict.WARNING, "3600 s behind"),
])  # fmt: skip
def test_a_clock_that_is_wrong_is_told(skew: int, verdict: Verdict, words: str) -> None:
    now = datetime(2024, 3, 1, 9, 0, 0, 500_000, tzinfo=UTC)
    date = now.replace(microsecond=0) - timedelta(seconds=skew)
    [check] = server_checks.clock(lambda: Probe(date=date, asked=now, answered=now, error=None))
    assert check.verdict is verdict
    assert words in check.message


def test_a_lock_names_its_holder_and_whether_it_lives(tmp_path: Path) -> None:
    state = State(account="acme")
    with process_lock(
        tmp_path / "state.lock", inside=tmp_path, holder=f"me@{socket.gethostname()}, process {os.getpid()}", timeout=0
    ):
        [held] = state_checks.lock(tmp_path, lambda: state, now=datetime.now(UTC))
    assert (held.verdict, "held on this machine by me@" in held.message) == (Verdict.WARNING, True)
    (tmp_path / "state.holder").write_text(f'{{"holder": "me@{socket.gethostname()}, process 99999999"}}')
    [dead] = state_checks.lock(tmp_path, lambda: state, now=datetime.now(UTC) + timedelta(hours=3))
    assert "left its lock here 3 hours ago and is dead" in dead.message
    leased = State(account="acme", lock={"holder": "ci@runner, process 7", "token": "t", "beat": 6})
    (tmp_path / "state.holder").write_text("nonsense")
    [lease] = state_checks.lock(tmp_path, lambda: leased, now=datetime.now(UTC))
    assert (lease.verdict, "held by ci@runner, process 7" in lease.message) == (Verdict.WARNING, True)


def test_a_check_that_breaks_stops_no_other() -> None:
    def broken() -> Iterable[Check]:
        raise RuntimeError("boom")

    found = examine([("one", broken), ("two", lambda: [ok("two", "fine")])])
    assert [(check.name, check.verdict) for check in found.checks] == [("one", Verdict.ERROR), ("two", Verdict.OK)]
    assert "RuntimeError: boom" in found.checks[0].message
    assert found.exit_code == 1


@contextmanager
def silent_server() -> Iterator[str]:
    """A server that answers with a web page, as a login portal does."""

    class Portal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>log in</html>")

        def log_message(self, *_arguments: object) -> None:
            """Nothing on stderr."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_a_login_portal_does_not_pass_for_the_api(tmp_path: Path) -> None:
    with silent_server() as url:
        live = f"{{accountId: acme, baseUrl: '{url}', state: file, vars: {{sms: a_sms}}}}"
        here = project(tmp_path, config=f"version: 1\nenvironments: {{live: {live}}}\n")
        ran = deployer("doctor", "--format", "json", cwd=here, env={"DEPLOYER_API_KEY": "w" * 20})
    assert ran.code == 5
    assert checks(ran)["host"][0][0] == "error"
    assert "a web page, not JSON" in checks(ran)["host"][0][1]


def test_the_preflight_stands_in_a_pull_request_too(tmp_path: Path) -> None:
    here = calling(tmp_path, "+6512345678")
    well = within("plan", "--preflight", "--format", "markdown", cwd=here)
    assert "| numbers |" not in well.out
    (here / "workflows" / "bad.yaml").write_text(CALL.replace("NAME", "bad|er").replace("NUMBER", "+6599999999"))
    ran = within("plan", "--preflight", "--format", "markdown", cwd=here)
    assert ran.code == 1
    assert "| numbers | error | `+6599999999` (bad, step call) is no virtual number of" in ran.out
