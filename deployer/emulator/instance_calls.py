"""The endpoints under `/definitions/{definitionId}/workflows`, and the trigger that starts instances."""

from __future__ import annotations

import sqlite3

from werkzeug.wrappers import Response

from deployer.emulator import definitions, instances, messages, runs
from deployer.emulator.answers import INVALID_DEFINITION, Refusal, answer, empty, invalid, not_found, shown
from deployer.emulator.call import Call
from deployer.emulator.definition_calls import unknown_definition, unknown_version
from deployer.emulator.exactjson import Json, write
from deployer.emulator.instances import ENDED, Instance, Selection
from deployer.emulator.moments import documented_trigger
from deployer.emulator.runs import Pace
from deployer.emulator.usage import count_execution

SERVER_DATA = ("accountId", "subAccountId", "triggeredAt")
"""What the platform adds to an instance's data; a payload cannot set these."""


def list_instances(call: Call) -> Response:
    """The instances of one version, the newest by default, the youngest first."""
    definition = call.definition_id()
    limit, skip = call.limit_and_skip()
    status = call.text("status")
    if status is not None and status not in instances.STATUSES:
        raise invalid(f'status must be one of {", ".join(instances.STATUSES)}, got "{shown(status)}".')
    wanted = Selection(
        version=call.version(),
        status=status,
        started_from=call.time("startTimeFrom"),
        started_to=call.time("startTimeTo"),
        limit=limit,
        skip=skip,
    )
    with call.store.reading() as db:
        if not definitions.exists(db, call.account, definition):
            raise unknown_definition(definition)
        found = instances.select(db, definition, wanted)
    return answer([instance.answered() for instance in found])


def start_instance(call: Call) -> Response:
    """Start a version by hand, the newest by default, with the body as its data."""
    definition = call.definition_id()
    number = call.version()
    payload = call.json_object()
    with call.store.writing() as db:
        if not definitions.exists(db, call.account, definition):
            raise unknown_definition(definition)
        facts = definitions.facts(db, call.account, definition, number)
        if facts is None:
            raise unknown_version(definition, number)
        if facts.status == "disabled" and not call.settings.start_disabled:
            raise Refusal(400, INVALID_DEFINITION, f"Definition {definition} is disabled.")
        started = start(db, call, facts, payload, sub_account=facts.sub_account or webhook_sub_account(payload))
    return empty(status=201, location=f"{call.request.path}/{started.id}")


def trigger_http_request(call: Call) -> Response:
    """Start every enabled definition that waits for this trigger. None is fine too."""
    payload = call.json_object()
    sub_account = call.text("subAccountId") or None
    with call.store.writing() as db:
        for facts in definitions.triggered(db, call.account, "http_request", sub_account):
            start(db, call, facts, payload, sub_account=sub_account)
    return empty(status=200)


def show_instance(call: Call) -> Response:
    """An instance, with its step logs where `includeLogs` asks for them."""
    include_logs = call.flag("includeLogs")
    with call.store.reading() as db:
        instance = _find(db, call)
        shown_instance = instance.answered()
        if include_logs:
            shown_instance["logs"] = instances.logs(db, instance.id)
    return answer(shown_instance)


def change_instance(call: Call) -> Response:
    """Suspend, resume or terminate an instance."""
    command = call.json_object().get("status")
    with call.store.writing() as db:
        instance = _find(db, call)
        _set_status(db, call, instance, _status_after(command, instance))
    return empty(status=200)


def instance_errors(call: Call) -> Response:
    """Why steps of an instance failed. A list, as the schema says; the example shows a bare object."""
    with call.store.reading() as db:
        found = instances.errors(db, _find(db, call).id)
    return answer(found)


def _find(db: sqlite3.Connection, call: Call) -> Instance:
    definition, workflow = call.definition_id(), call.workflow_id()
    if not definitions.exists(db, call.account, definition):
        raise unknown_definition(definition)
    instance = instances.find(db, definition, workflow)
    if instance is None:
        raise not_found(f"Workflow {workflow} not found.")
    return instance


def _status_after(command: Json, instance: Instance) -> str:
    """The status that a command leads to: suspend only from Runnable, resume only from Suspended."""
    was = instance.status
    if command == "suspend" and was == "Runnable":
        return "Suspended"
    if command == "resume" and was == "Suspended":
        return "Runnable"
    if command == "terminate" and was not in ENDED:
        return "Terminated"
    if isinstance(command, str) and command in {"suspend", "resume", "terminate"}:
        raise invalid(f"Cannot {command} workflow {instance.id}: it is {was}.")
    raise invalid("status must be suspend, resume or terminate.")


def _set_status(db: sqlite3.Connection, call: Call, instance: Instance, status: str) -> None:
    """Change the status that the API shows, and tell whoever runs the instance."""
    run = runs.find(db, instance.id)
    now = call.moment if run is None else Pace.of(call.settings).own(run, call.moment)
    instances.set_status(db, instance.id, status, now=now)
    if status not in ENDED:
        runs.interrupt(db, instance.id)
    elif run is not None:
        runs.end(db, run)
        instances.cancel_steps(db, instance.id, now=now)


def start(
    db: sqlite3.Connection,
    call: Call,
    facts: definitions.Facts,
    payload: dict[str, Json],
    *,
    sub_account: str | None,
) -> Instance:
    """Store a new instance of a version, to be run as soon as the request is over."""
    data = {key: value for key, value in payload.items() if key not in SERVER_DATA}
    data["accountId"] = call.account
    if sub_account is not None:
        data["subAccountId"] = sub_account
    data["triggeredAt"] = documented_trigger(call.now)
    instance = Instance(
        id=_instance_id(call),
        definition=facts.definition,
        version=facts.version,
        status="Runnable",
        data=write(data),
        started_at=call.moment,
    )
    instances.add(db, instance)
    keep_inbound(db, payload, call.moment)
    runs.add(db, instance.id, call.account, now=call.moment)
    count_execution(db, call.account, call.now, row_id=_instance_id(call))
    return instance


def keep_inbound(db: sqlite3.Connection, webhook: dict[str, Json], at: int) -> None:
    """Remember the message that a webhook brings, if it brings one."""
    inner = webhook.get("payload")
    if isinstance(inner, dict):
        messages.keep(db, inner.get("umid"), at=at, inbound=True)


def _instance_id(call: Call) -> str:
    """24 hexadecimal digits, the first eight of them the time, as in the documented ids."""
    return f"{int(call.now.timestamp()) & 0xFFFFFFFF:08x}{call.new_id().hex[-16:]}"


def webhook_sub_account(payload: dict[str, Json]) -> str | None:
    """Where an inbound message's webhook names the sub-account that received it."""
    inner = payload.get("payload")
    value = inner.get("subAccountId") if isinstance(inner, dict) else None
    return value if isinstance(value, str) and value else None
