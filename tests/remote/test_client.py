"""Every operation of the API: what is sent, and what comes back."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
import pytest

from deployer import __version__
from deployer.errors import ConfigurationError
from deployer.remote.client import AutomationClient, connect
from deployer.remote.errors import NotFound, Rejected, UnusableAnswer
from deployer.remote.gateway import AccountFacts, Definition, Gateway, InstanceError, Runs, TimeZone
from deployer.remote.limits import Limits
from deployer.remote.target import Target
from tests.remote.fakes import BODY, ID, KEY, Scene, answer, complaint, numbered, stored

SPAN = "startTimeFrom=2021-06-24T09%3A33%3A06.60Z&startTimeTo=2021-06-25T00%3A00%2B08%3A00"
RUN = "60dbe307fe55d99fc083db61"
INSTANCE: dict[str, object] = {
    "workflowId": RUN,
    "data": {"accountId": "acme"},
    "definitionId": ID,
    "version": 1,
    "status": "Complete",
    "startedAt": "2021-06-30T03:20:39.49Z",
    "completedAt": "2021-06-30T03:21:25.83Z",
}


def test_the_client_is_all_that_the_program_asks_for() -> None:
    client = Scene().client
    gateway: Gateway = client
    runs: Runs = client
    facts: AccountFacts = client
    assert [id(gateway), id(runs), id(facts)] == [id(client)] * 3
    assert (gateway.account, gateway.host) == ("acme", "automation.8x8.com")


@pytest.mark.parametrize(
    ("action", "reply", "call"),
    [
        (lambda api: api.latest(ID), [stored()], f"GET /definitions/{ID}?limit=1&offset=0"),
        (lambda api: api.create(BODY), stored(), "POST /definitions"),
        (lambda api: api.update(ID, BODY), stored(), f"PUT /definitions/{ID}"),
        (lambda api: api.delete(ID), None, f"DELETE /definitions/{ID}"),
        (lambda api: api.delete(ID, version=3), None, f"DELETE /definitions/{ID}?version=3"),
        (
            lambda api: api.instances(ID, version=2, status="Runnable", at_most=20),
            [],
            f"GET /definitions/{ID}/workflows?version=2&status=Runnable&limit=20&offset=0",
        ),
        (
            lambda api: api.instances(ID, started_from="2021-06-24T09:33:06.60Z", started_to="2021-06-25T00:00+08:00"),
            [],
            f"GET /definitions/{ID}/workflows?{SPAN}&limit=500&offset=0",
        ),
        (lambda api: api.start(ID, {}), None, f"POST /definitions/{ID}/workflows"),
        (lambda api: api.start(ID, {}, version=2), None, f"POST /definitions/{ID}/workflows?version=2"),
        (lambda api: api.instance(ID, RUN), INSTANCE, f"GET /definitions/{ID}/workflows/{RUN}"),
        (
            lambda api: api.instance(ID, RUN, logs=True),
            INSTANCE,
            f"GET /definitions/{ID}/workflows/{RUN}?includeLogs=true",
        ),
        (lambda api: api.instance_errors(ID, RUN), [], f"GET /definitions/{ID}/workflows/{RUN}/errors"),
        (lambda api: api.command(ID, RUN, "suspend"), None, f"PATCH /definitions/{ID}/workflows/{RUN}"),
        (lambda api: api.trigger({}), None, "POST /triggers/http_request"),
        (
            lambda api: api.trigger({}, sub_account_id="a&b=c"),
            None,
            "POST /triggers/http_request?subAccountId=a%26b%3Dc",
        ),
        (lambda api: api.usage(), [], "GET /usage"),
        (lambda api: api.usage_history(), [], "GET /usage/history"),
        (lambda api: api.functions(), [], "GET /steps/functions"),
        (lambda api: api.time_zones(), [], "GET /steps/timezones"),
        (lambda api: api.time_zones(contains="W. Europe"), [], "GET /steps/timezones?contains=W.%20Europe"),
    ],
)
def test_each_operation_is_one_request(action: Callable[[AutomationClient], object], reply: object, call: str) -> None:
    scene = Scene(answer(200, reply))
    action(scene.client)
    assert scene.script.calls == [call]


@pytest.mark.parametrize(
    ("action", "sent"),
    [
        (lambda api: api.create(BODY), BODY),
        (lambda api: api.update(ID, BODY), BODY),
        (lambda api: api.start(ID, {"payload": {"n": 1.0}}), {"payload": {"n": 1.0}}),
        (lambda api: api.command(ID, RUN, "terminate"), {"status": "terminate"}),
        (lambda api: api.trigger({"a": None}), {"a": None}),
    ],
)
def test_bodies_go_out_as_they_are(action: Callable[[AutomationClient], object], sent: object) -> None:
    scene = Scene(answer(200, stored()))
    action(scene.client)
    request = scene.script.requests[0]
    assert json.loads(request.content) == sent
    assert request.headers["content-type"] == "application/json"


def test_every_request_says_who_asks_and_takes_json() -> None:
    scene = Scene(answer(200, []))
    scene.client.latest(ID)
    headers = scene.script.requests[0].headers
    assert headers["authorization"] == f"Bearer {KEY}"
    assert headers["user-agent"] == f"deployer/{__version__}"
    assert headers["accept"] == "application/json"
    assert headers["accept-encoding"] == "gzip"


def test_a_base_url_may_have_a_path() -> None:
    scene = Scene(answer(200, []), target=Target(account="acme", base_url="https://automation.8x8.com/eu/"))
    scene.client.latest(ID)
    assert scene.script.requests[0].url.path.startswith("/eu/api/v1/accounts/acme/")


@pytest.mark.parametrize(
    ("account", "quoted"), [("a/b", b"a%2Fb"), ("a b&c?d#e", b"a%20b%26c%3Fd%23e"), ("%2e", b"%252e")]
)
def test_an_account_id_is_one_segment_of_the_path(account: str, quoted: bytes) -> None:
    scene = Scene(answer(200, []), target=Target(account=account))
    scene.client.usage()
    assert scene.script.requests[0].url.raw_path == b"/api/v1/accounts/" + quoted + b"/usage"


NO_IDS = ["", "x", "../../other", f"{ID}/workflows", f"{ID}?a=b", f"{ID}\n", ID.replace("-", ""), f"{{{ID}}}", "é" * 36]


@pytest.mark.parametrize("wrong", NO_IDS)
@pytest.mark.parametrize(
    "action",
    [
        lambda api, wrong: api.latest(wrong),
        lambda api, wrong: api.latest_of([ID, wrong]),
        lambda api, wrong: api.history(wrong),
        lambda api, wrong: api.update(wrong, BODY),
        lambda api, wrong: api.delete(wrong),
        lambda api, wrong: api.start(wrong, {}),
        lambda api, wrong: api.instances(wrong),
        lambda api, wrong: api.instance(wrong, RUN),
    ],
)
def test_what_is_no_definition_id_is_refused_before_anything_is_sent(
    action: Callable[[AutomationClient, str], object], wrong: str
) -> None:
    scene = Scene()
    with pytest.raises(ConfigurationError, match="is not a definition id"):
        action(scene.client, wrong)
    assert scene.script.requests == []


@pytest.mark.parametrize("wrong", ["", "a/b", "..", "a?b", "a b", "x" * 65, f"{RUN}\n"])
def test_what_is_no_instance_id_is_refused_before_anything_is_sent(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an instance id"):
        Scene().client.command(ID, wrong, "resume")


# Definitions


@pytest.mark.parametrize(
    "body",
    [
        {"id": ID, "version": 3, "createdAt": "2021", "definition": {"name": "Auto reply"}},
        {"createdAt": "2021", "definition": {"id": ID, "name": "Auto reply", "version": 3}},
        {"createdAt": "2021", "definition": {"id": ID, "name": "Auto reply", "version": "3"}},
        {"id": ID, "version": "003", "definition": {"createdAt": "2021", "name": "Auto reply"}},
        {
            "id": ID,
            "version": 3,
            "createdAt": "2021",
            "definition": {"id": "pasted", "version": 9, "name": "Auto reply"},
        },
        {
            "id": None,
            "version": None,
            "createdAt": "2021",
            "definition": {"id": ID, "version": 3, "name": "Auto reply"},
        },
    ],
)
def test_id_and_version_are_read_from_both_places(body: dict[str, object]) -> None:
    found = Scene(answer(200, [body])).client.latest(ID)
    assert found == Definition(id=ID, version=3, body=body, created_at="2021")
    assert found is not None
    assert found.name == "Auto reply"


def test_the_list_keeps_the_highest_version_of_each_definition_and_logs_the_others() -> None:
    listed = [stored(numbered(1), 2), stored(numbered(2), 1), stored(numbered(1), 10), stored(numbered(1), 9)]
    scene = Scene(answer(200, listed), answer(200, []))
    assert [(one.id, one.version) for one in scene.client.definitions()] == [(numbered(1), 10), (numbered(2), 1)]
    assert scene.script.calls == ["GET /definitions?limit=500&offset=0", "GET /definitions?limit=500&offset=1"]
    assert f"definition {numbered(1)} is listed twice, at versions 2 and 10" in scene.log


def test_an_empty_account_takes_one_request() -> None:
    scene = Scene(answer(200, []))
    assert scene.client.definitions() == []


def test_a_long_list_is_read_to_its_end() -> None:
    first = [stored(numbered(number)) for number in range(500)]
    scene = Scene(answer(200, first), answer(200, [*first[1:], stored(numbered(500))]), answer(200, []))
    assert len(scene.client.definitions()) == 501
    assert scene.script.calls[-1] == "GET /definitions?limit=500&offset=501"


def test_a_server_that_ignores_offset_is_named_as_the_cause() -> None:
    page = [stored(numbered(number)) for number in range(500)]
    with pytest.raises(UnusableAnswer, match=r"cannot list the definitions of account acme: .*ignores `offset`"):
        Scene(*(answer(200, page) for _ in range(3))).client.definitions()


def test_the_history_comes_newest_first_whatever_the_server_does() -> None:
    scene = Scene(answer(200, [stored(version=1), stored(version=3), stored(version=2)]), answer(200, []))
    assert [one.version for one in scene.client.history(ID)] == [3, 2, 1]


def test_a_long_history_is_read_page_by_page() -> None:
    newest = [stored(version=number) for number in range(700, 200, -1)]
    oldest = [stored(version=number) for number in range(200, 0, -1)]
    scene = Scene(answer(200, newest), answer(200, oldest), answer(200, []))
    assert [one.version for one in scene.client.history(ID)] == list(range(700, 0, -1))


@pytest.mark.parametrize("unknown", [lambda: answer(200, []), lambda: complaint(404, 1300, "Definition not found.")])
def test_a_definition_that_the_server_does_not_know_has_no_history(unknown: Callable[[], httpx.Response]) -> None:
    scene = Scene(unknown(), unknown())
    assert scene.client.latest(ID) is None
    assert scene.client.history(ID) == []


def test_a_web_server_that_knows_no_such_page_says_nothing_about_the_definition() -> None:
    missing = httpx.Response(404, content=b"<html>nothing here</html>")
    with pytest.raises(NotFound, match="HTTP 404"):
        Scene(missing).client.latest(ID)
    with pytest.raises(NotFound, match="HTTP 404"):
        Scene(missing).client.history(ID)


def test_ids_match_without_case() -> None:
    assert Scene(answer(200, [stored(ID.upper())])).client.latest(ID) is not None


def test_many_definitions_are_read_in_parallel_each_once() -> None:
    barrier = threading.Barrier(4, timeout=10)

    def reply(request: httpx.Request) -> httpx.Response:
        barrier.wait()
        wanted = request.url.path.rpartition("/")[2]
        return answer(200, [] if wanted == numbered(3) else [stored(wanted)])

    scene = Scene(*[reply] * 8, limits=Limits(max_rps=None, parallelism=4))
    ids = [numbered(number) for number in range(8)]
    found = scene.client.latest_of([*ids, *ids])
    assert list(found) == ids
    assert [one.id if one else None for one in found.values()] == [*ids[:3], None, *ids[4:]]
    assert len(scene.script.requests) == 8


def test_reading_many_ends_with_the_first_error() -> None:
    scene = Scene(*[answer(401)] * 20, limits=Limits(max_rps=None, parallelism=2))
    with pytest.raises(Exception, match="does not accept the API key"):
        scene.client.latest_of([numbered(number) for number in range(20)])
    assert len(scene.script.requests) < 20


def test_reading_none_asks_nothing() -> None:
    assert Scene().client.latest_of([]) == {}


# accountId

OWNED = {"accountId": "acme", **BODY}
DEMANDS = [
    "accountId is required.",
    "Account id is required.",
    "The AccountId field is required.",
    "Missing property 'accountId'",
    "account_id must not be empty",
]


@pytest.mark.parametrize("sentence", DEMANDS)
def test_a_server_that_wants_account_id_gets_it_from_then_on(sentence: str) -> None:
    scene = Scene(complaint(400, 5001, sentence), answer(201, stored()), answer(200, stored(version=2)))
    scene.client.create(BODY)
    scene.client.update(ID, BODY)
    assert [json.loads(request.content) for request in scene.script.requests] == [BODY, OWNED, OWNED]
    assert "sent again with it" in scene.log[1]


def test_a_server_that_is_never_content_is_asked_twice_and_no_more() -> None:
    scene = Scene(complaint(400, 5001, DEMANDS[0]), complaint(400, 5001, DEMANDS[0]))
    with pytest.raises(Rejected, match="accountId is required"):
        scene.client.create(BODY)
    assert len(scene.script.requests) == 2


@pytest.mark.parametrize(
    "refusal",
    [
        lambda: complaint(400, 5001, "subAccountId is required."),
        lambda: complaint(400, 5001, "sub account id must exist"),
        lambda: complaint(400, 5001, "Workflow name is required."),
        lambda: complaint(400, 1001, "accountId does not match the path."),
        lambda: complaint(422, 5001, "accountId is required."),
    ],
)
def test_other_refusals_are_not_answered_with_an_account_id(refusal: Callable[[], httpx.Response]) -> None:
    scene = Scene(refusal())
    with pytest.raises(Rejected):
        scene.client.create(BODY)


def test_account_id_is_never_sent_unless_somebody_asks() -> None:
    scene = Scene(answer(201, stored()))
    scene.client.create({"accountId": "somebody else", **BODY})
    assert json.loads(scene.script.requests[0].content) == BODY


def test_a_target_can_ask_for_account_id_at_once() -> None:
    scene = Scene(answer(201, stored()), target=Target(account="acme", send_account_id=True))
    scene.client.create({**BODY, "accountId": "somebody else"})
    assert json.loads(scene.script.requests[0].content) == OWNED


# Instances and the account


def test_instances_come_newest_first() -> None:
    moments = [
        "2021-06-30T03:20:39.49Z",
        "2021-06-30T03:20:39.4957123Z",
        "2021-06-30T05:00:00+02:00",
        "2022-01-01T00:00:00",
    ]
    runs = [{**INSTANCE, "workflowId": str(number), "startedAt": moment} for number, moment in enumerate(moments)]
    scene = Scene(answer(200, runs), answer(200, []))
    assert [run.id for run in scene.client.instances(ID)] == ["3", "1", "0", "2"]


def test_instances_with_an_odd_moment_keep_the_servers_order() -> None:
    runs = [{**INSTANCE, "workflowId": "b", "startedAt": "yesterday"}, {**INSTANCE, "workflowId": "a"}]
    assert [run.id for run in Scene(answer(200, runs)).client.instances(ID, at_most=9)] == ["b", "a"]


def test_an_instance_comes_with_its_log_when_asked() -> None:
    log = {"id": "b2c6", "stepName": "step1", "startedAt": "2021", "completedAt": None, "status": "Running"}
    run = Scene(answer(200, {**INSTANCE, "completedAt": None, "logs": [log]})).client.instance(ID, RUN, logs=True)
    assert (run.id, run.definition_id, run.version, run.status, run.completed_at) == (RUN, ID, 1, "Complete", None)
    assert run.data == {"accountId": "acme"}
    assert [(line.step, line.status, line.completed_at) for line in run.logs] == [("step1", "Running", None)]


@pytest.mark.parametrize("shape", [lambda one: [one], lambda one: one])
def test_the_errors_of_an_instance_are_read_as_a_list_or_alone(shape: Callable[[object], object]) -> None:
    error: object = {"workflowId": RUN, "step": "step1", "message": "Invalid subaccount id.", "errorTime": "2021"}
    assert Scene(answer(200, shape(error))).client.instance_errors(ID, RUN) == [
        InstanceError(instance_id=RUN, step="step1", message="Invalid subaccount id.", at="2021")
    ]


@pytest.mark.parametrize(
    ("location", "found"),
    [
        (f"/api/v1/accounts/acme/definitions/{ID}/workflows/{RUN}", RUN),
        (f"https://automation.8x8.com/api/v1/accounts/acme/definitions/{ID}/workflows/{RUN}/?x=1", RUN),
        ("", None),
        ("https://[", None),
        ("/workflows/a%2Fb%1b", None),
    ],
)
def test_a_started_instance_is_named_by_its_location(location: str, found: str | None) -> None:
    assert Scene(answer(201, headers={"location": location})).client.start(ID, {}) == found


@pytest.mark.parametrize("shape", [lambda one: [one], lambda one: one])
def test_usage_is_read_as_a_list_or_alone(shape: Callable[[object], object]) -> None:
    month: dict[str, object] = {"executedWorkflowCount": 1200}
    assert Scene(answer(200, shape(month))).client.usage() == [month]
    assert Scene(answer(200, shape(month))).client.usage_history() == [month]


def test_time_zones_have_an_id_and_a_name() -> None:
    zones = Scene(answer(200, [{"id": "SE Asia Standard Time", "name": "Bangkok"}])).client.time_zones()
    assert zones == [TimeZone(id="SE Asia Standard Time", name="Bangkok")]


# In this process


def test_the_api_can_run_in_this_process_without_a_key() -> None:
    seen: list[tuple[object, object, object]] = []

    def app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        seen.append((environ["REQUEST_METHOD"], environ["PATH_INFO"], environ["HTTP_AUTHORIZATION"]))
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b"[", b"]"]

    with connect(Target(account="local", base_url="https://nowhere.invalid"), api_key=None, wsgi_app=app) as client:
        assert client.host == "emulator"
        assert client.definitions() == []
    assert seen == [("GET", "/api/v1/accounts/local/definitions", "Bearer emulator")]
