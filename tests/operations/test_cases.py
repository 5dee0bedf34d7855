"""What a case can say, and when it passes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from deployer.operations.case_run import CaseResult, Verdict, Wishes
from tests.operations.caselab import case, project, run_all, run_case, run_cases

OK = {"responseCode": 200, "responseBody": {"name": "Mei"}}


def different(result: CaseResult) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    return {item.what: (item.expected, item.got) for item in result.differences}


def test_a_case_passes_when_everything_is_as_it_expects(tmp_path: Path) -> None:
    result = run_case(
        tmp_path,
        mocks={"look-up": OK},
        replies=[{"after": "00:00:30", "text": "1"}],
        expect={
            "path": ["greet", "wait", "look-up", "bye"],
            "sent": [
                {"step": "greet", "to": "+6591234567", "text": {"match": r"^Hi! \d"}},
                {"type": "SMS", "text": "Bye Mei", "request": {"subAccountId": "acme_sms"}},
            ],
            "requests": [{"method": "POST", "url": {"match": "crm.example"}, "body": {"phone": "+6591234567"}}],
            "data": {"answer": "1", "code": 200, "payload": {"source": {"match": "^.65"}}, "absent": None},
            "status": "Complete",
            "duration": "00:00:30",
            "errors": [],
        },
    )
    assert (result.verdict, result.differences, result.duration) == (Verdict.PASSED, (), timedelta(seconds=30))


@pytest.mark.parametrize(
    ("expect", "what", "expected", "got"),
    [
        ({"path": ["greet", "wait", "bye"]}, "path", ("greet", "wait", "bye"), ("greet", "wait", "nobody")),
        ({"path": ["greet", "wait"]}, "path", ("greet", "wait", ""), ("greet", "wait", "nobody")),
        ({"status": "Suspended"}, "status", ("Suspended",), ("Complete",)),
        ({"duration": "00:00:01"}, "duration", ("00:00:01",), ("00:10:00",)),
        ({"sent": []}, "sent", ("(nothing)",), ("greet to +6591234567: Hi! 1 or 2?",)),
        ({"sent": [{"to": "+65"}]}, "sent[0].to", ("+65",), ("+6591234567",)),
        ({"sent": [{"text": {"match": "Hello"}}]}, "sent[0].text", ("/Hello/",), ("Hi! 1 or 2?",)),
        ({"sent": [{"text": {"match": "^(a|b)$"}}]}, "sent[0].text", ("/^(a|b)$/",), ("Hi! 1 or 2?",)),
        ({"data": {"answer": "2"}}, "data.answer", ("2",), ("(nothing)",)),
        ({"data": {"accountId": True}}, "data.accountId", ("true",), ("local",)),
        ({"data": {"payload": {"body": ["hi"]}}}, "data.payload.body", ("[", '  "hi"', "]"), ("hi",)),
        ({"requests": [{"step": "look-up"}]}, "requests", ("look-up: … …",), ("(nothing)",)),
        ({"errors": [{"step": "wait"}]}, "errors", ("wait: …",), ("(nothing)",)),
    ],
)  # fmt: skip
def test_what_is_not_as_expected_is_told_beside_what_was(
    tmp_path: Path, expect: dict[str, object], what: str, expected: tuple[str, ...], got: tuple[str, ...]
) -> None:
    result = run_case(tmp_path, expect=expect)
    assert result.verdict is Verdict.FAILED
    assert different(result) == {what: (expected, got)}


def test_true_is_not_one_and_one_is_one_point_nought(tmp_path: Path) -> None:
    body = {"trigger": {"payload": {"flag": True, "count": 1, "payload": {"source": "+6591234567"}}}}
    assert different(run_case(tmp_path, **body, expect={"data": {"flag": 1}})) == {"data.flag": (("1",), ("true",))}
    assert run_case(tmp_path, **body, expect={"data": {"count": 1.0}}).verdict is Verdict.PASSED


def test_a_failing_case_shows_the_path_with_the_value_of_every_condition_on_it(tmp_path: Path) -> None:
    result = run_case(tmp_path, replies=[{"text": "2"}], expect={"path": []})
    assert [(stop.step, stop.type) for stop in result.trail] == [
        ("greet", "SMS"),
        ("wait", "WaitForReply"),
        ("bye", "SMS"),
    ]
    assert [(c.target, c.source, c.value, c.chosen) for c in result.trail[1].conditions] == [
        ("nobody", "{{data.answer == null}}", "false", False),
        ("look-up", "{{data.answer == '1'}}", "false", False),
        ("bye", "", "", True),
    ]


def test_a_request_without_a_mock_fails_the_case_and_is_shown_without_its_credentials(tmp_path: Path) -> None:
    result = run_case(tmp_path, replies=[{"text": "1"}])
    (effect,) = result.unmocked
    assert result.verdict is Verdict.FAILED
    assert result.differences == ()
    assert (effect.step, effect.request["url"]) == ("look-up", "https://crm.example/customers")
    assert effect.request["body"] == {"phone": "+6591234567"}
    assert "CRM_KEY" in str(effect.request["headers"])  # the secret's name; no value was ever read


def test_an_error_that_nobody_expects_fails_the_case(tmp_path: Path) -> None:
    broken = {"replies": [{"text": "1"}], "mocks": {"look-up": {"fault": "quota exceeded"}}}
    assert different(run_case(tmp_path, **broken)) == {"errors": (("(nothing)",), ("look-up: quota exceeded",))}
    for expect in (
        {"status": "Terminated"},
        {"errors": [{"step": "look-up", "message": {"match": "quota"}}]},
    ):
        assert run_case(tmp_path, **broken, expect=expect).verdict is Verdict.PASSED


def test_an_unreachable_service_faults_or_answers_as_the_engine_is_told(tmp_path: Path) -> None:
    gone = {"replies": [{"text": "1"}], "mocks": {"*": {"unreachable": "connection refused"}}}
    assert run_case(tmp_path, **gone, expect={"status": "Terminated"}).verdict is Verdict.PASSED
    answered = run_case(
        tmp_path, **gone, engine={"connectionFailure": "answer"}, expect={"data": {"code": 0}, "status": "Complete"}
    )
    assert answered.verdict is Verdict.PASSED


def test_mocks_are_used_in_order_and_a_step_that_sends_may_have_one(tmp_path: Path) -> None:
    result = run_case(
        tmp_path, mocks={"greet": [{"fault": "no credit"}, {"umid": "x"}]}, expect={"status": "Terminated"}
    )
    assert result.verdict is Verdict.PASSED


def test_a_wait_without_a_reply_times_out_and_silence_uses_one_up(tmp_path: Path) -> None:
    silent = run_case(tmp_path, expect={"path": ["greet", "wait", "nobody"], "duration": "00:10:00"})
    spoken = run_case(tmp_path, replies=[{"silent": True}, {"text": "1"}], expect={"path": ["greet", "wait", "nobody"]})
    assert (silent.verdict, spoken.verdict) == (Verdict.PASSED, Verdict.PASSED)
    assert spoken.notes == ("one reply is left over: nothing waited for it",)


def test_a_reply_that_comes_too_late_is_told(tmp_path: Path) -> None:
    late = run_case(
        tmp_path, replies=[{"after": "00:20:00", "text": "1"}], expect={"path": ["greet", "wait", "nobody"]}
    )
    assert (late.verdict, late.notes) == (Verdict.PASSED, ("a reply came too late: its wait was over",))


@pytest.mark.parametrize(
    ("expect", "message"), [([], "`expect` must be a mapping"), ({"pth": []}, "unknown property `pth`")]
)
def test_a_row_cannot_make_a_case_expect_nothing(tmp_path: Path, expect: object, message: str) -> None:
    (result,) = run_cases(tmp_path, case(table=[{"expect": expect}], expect="${row.expect}"))
    assert result.verdict is Verdict.ERROR
    assert message in result.message


def test_a_reply_may_be_a_whole_webhook(tmp_path: Path) -> None:
    webhook = {"namespace": "SMS", "payload": {"source": "+6591234567", "body": "2", "umid": "u"}}
    assert (
        run_case(tmp_path, replies=[{"payload": webhook}], expect={"data": {"answer": "2"}}).verdict is Verdict.PASSED
    )


def test_somebody_may_suspend_resume_and_terminate(tmp_path: Path) -> None:
    commands = [{"after": "00:01:00", "do": "suspend"}, {"after": "01:00:00", "do": "resume"}]
    assert run_case(tmp_path, commands=commands, expect={"duration": "01:00:00"}).verdict is Verdict.PASSED
    ended = run_case(tmp_path, commands=[{"after": "00:01:00", "do": "terminate"}], expect={"status": "Terminated"})
    assert (ended.verdict, ended.duration) == (Verdict.PASSED, timedelta(minutes=1))


def test_a_command_that_makes_no_sense_is_an_error_of_the_case(tmp_path: Path) -> None:
    result = run_case(tmp_path, commands=[{"after": "00:01:00", "do": "resume"}])
    assert result.verdict is Verdict.ERROR
    assert "only Suspended can become Runnable" in result.message


def test_time_stands_as_the_case_says(tmp_path: Path) -> None:
    at = "2026-03-02T21:00:00+07:00"
    expect = {"data": {"triggeredAt": "2026-03-02T14:00:00.000Z", "payload": {"timestamp": "2026-03-02T14:00:00.000Z"}}}
    assert run_case(tmp_path, at=at, expect=expect).verdict is Verdict.PASSED


def test_variables_come_from_the_environment_and_the_case(tmp_path: Path) -> None:
    greets = {"sent": [{"text": "${var.greeting}! 1 or 2?", "request": {"subAccountId": "${var.sms}"}}]}
    results = run_cases(
        tmp_path,
        case(name="here", expect=greets),
        case(
            name="there",
            environment="indonesia",
            expect={"sent": [{"text": "Halo! 1 or 2?"}], "data": {"accountId": "acme_id"}},
        ),
        case(name="own", vars={"greeting": "Hoi"}, expect={"sent": [{"text": "Hoi! 1 or 2?"}], **greets}),
    )
    assert [result.verdict for result in results] == [Verdict.PASSED] * 3


def test_an_undefined_variable_is_an_error_of_the_case(tmp_path: Path) -> None:
    result = run_case(tmp_path, expect={"data": {"x": "${var.greting}"}})
    assert (result.verdict, result.message) == (Verdict.ERROR, 'undefined variable `greting`; did you mean "greeting"?')


def test_a_table_runs_its_case_once_a_row(tmp_path: Path) -> None:
    rows = [{"says": "1", "next": ["look-up", "bye"]}, {"says": "2", "next": ["bye"]}]
    results = run_cases(
        tmp_path,
        case(name="answer ${row.says}", table=rows, mocks={"*": OK}, replies=[{"text": "${row.says}"}],
             expect={"data": {"answer": "${row.says}"}}),
        case(name="paths", table=[{"path": ["greet", "wait", "nobody"]}, {"path": ["greet"]}],
             expect={"path": "${row.path}"}),
    )  # fmt: skip
    assert [(result.name, result.verdict.value) for result in results] == [
        ("answer 1", "passed"),
        ("answer 2", "passed"),
        ("paths (row 1)", "passed"),
        ("paths (row 2)", "failed"),
    ]


def test_a_row_that_gives_a_wrong_value_is_an_error_of_its_case_alone(tmp_path: Path) -> None:
    rows = [{"after": "00:00:10"}, {"after": "soon"}, {"after": -1}]
    results = run_cases(tmp_path, case(table=rows, replies=[{"after": "${row.after}", "text": "2"}]))
    assert [result.verdict.value for result in results] == ["passed", "error", "error"]
    assert (
        results[1].message
        == 'replies[0].after: "soon" is no time span; write d.HH:mm:ss, such as 1.06:30:00 or 00:05:00'
    )


def test_defaults_and_fixtures_give_what_a_case_does_not_say(tmp_path: Path) -> None:
    sms = {"sms": {"from": "+6599999999", "text": "hi"}}
    results = run_cases(
        tmp_path,
        {"name": "defaults", "expect": {"sent": [{"to": "+6599999999", "text": "Hi! 1 or 2?"}]}},
        {"name": "fixture", "use": ["dutch"], "expect": {"sent": [{"text": "Hoi! 1 or 2?"}]}},
        {"name": "later fixture", "use": ["dutch", "german"], "expect": {"sent": [{"text": "Hallo! 1 or 2?"}]}},
        {"name": "own", "use": ["german"], "vars": {"greeting": "Hey"}, "expect": {"sent": [{"text": "Hey! 1 or 2?"}]}},
        {"name": "joined", "use": ["down"], "mocks": {"greet": {"fault": "no"}}, "expect": {"status": "Terminated"}},
        defaults={"trigger": sms},
        fixtures={
            "dutch": {"vars": {"greeting": "Hoi"}},
            "german": {"vars": {"greeting": "Hallo"}},
            "down": {"mocks": {"look-up": {"responseCode": 503}}},
        },
    )
    assert [result.name for result in results if result.verdict is not Verdict.PASSED] == []


def test_fixtures_may_be_shared_between_files(tmp_path: Path) -> None:
    shared = "fixtures:\n  mei:\n    trigger: { sms: { from: '+6591234567', text: hi } }\n"
    cases = "workflow: menu\ninclude: [shared.test.yaml]\ncases:\n  - { name: a, use: [mei] }\n"
    run = run_all(project(tmp_path, shared_test=shared, menu_test=cases))
    assert run.findings == ()
    assert [(result.name, result.verdict) for result in run.cases] == [("a", Verdict.PASSED)]


def test_a_hostile_regular_expression_is_stopped_and_fails_its_case(tmp_path: Path) -> None:
    trigger = {"sms": {"from": "a" * 40 + "!", "text": "hi"}}
    result = run_case(tmp_path, trigger=trigger, expect={"sent": [{"to": {"match": "^(a+)+$"}}]})
    assert different(result)["sent[0].to"][1] == ("not compared: the script takes longer than 500 ms",)


def test_a_broken_regular_expression_fails_its_case(tmp_path: Path) -> None:
    result = run_case(tmp_path, expect={"sent": [{"to": {"match": "(a"}}]})
    assert different(result)["sent[0].to"][1][0].startswith("not compared: SyntaxError")


def test_a_workflow_that_the_platform_would_not_load_is_an_error_of_the_case(tmp_path: Path) -> None:
    project(tmp_path)
    broken = (tmp_path / "workflows" / "menu.yaml").read_text().replace("id: nobody", "id: bye")
    (tmp_path / "workflows" / "broken.yaml").write_text(broken)
    (tmp_path / "workflows" / "broken.test.yaml").write_text(
        "cases:\n  - { name: a, trigger: { sms: { from: '+65' } } }\n"
    )
    (result,) = run_all(tmp_path, "broken").cases
    assert (result.verdict, result.message) == (Verdict.ERROR, "Duplicate step Id bye")


def test_a_keyword_chooses_cases_by_name_or_workflow(tmp_path: Path) -> None:
    text = "cases:\n" + "".join(
        f"  - {{ name: {name}, trigger: {{ sms: {{ from: '+65' }} }} }}\n" for name in ("Red", "green")
    )
    project(tmp_path, menu_test=text)
    assert [c.name for c in run_all(tmp_path, wishes=Wishes(keyword=("red",))).cases] == ["Red"]
    assert [c.name for c in run_all(tmp_path, wishes=Wishes(keyword=("MENU",))).cases] == ["Red", "green"]
