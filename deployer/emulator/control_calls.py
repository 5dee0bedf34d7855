"""The emulator's own endpoints: what comes in from customers, what went out to them, what the world answers."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Response

from deployer.emulator import definitions, outbox
from deployer.emulator.answers import answer, empty, invalid, shown
from deployer.emulator.call import Call, Handler
from deployer.emulator.exactjson import Json, Verbatim, read, write
from deployer.emulator.instance_calls import keep_inbound, start, webhook_sub_account
from deployer.emulator.instances import storable
from deployer.emulator.outbox import Canned, Kind

if TYPE_CHECKING:
    from deployer.emulator.runs import Run
    from deployer.engine.instance import Event

TRIGGER = {"sms": "inbound_sms", "chat": "inbound_chat_apps"}
OUTCOMES: tuple[Kind, ...] = ("response", "fault", "unreachable")
MOST_MESSAGES = 1000

JsonObject = dict[str, Json]


def inbound(call: Call) -> Response:
    """A customer's message: resumes what waits for it, then starts what it triggers.

    An instance that takes the message stands in the way of new ones of its own definition only.
    """
    from deployer.engine.messages import message_event

    body = call.json_object()
    channel = _one_of(body, "channel", tuple(TRIGGER))
    webhook = _given_webhook(body) if "payload" in body else _made_webhook(call, body, channel)
    event = message_event(_plain(webhook), at=call.now, channel="sms" if channel == "sms" else "")
    taken = _deliver(call, event)
    busy = {run.definition for run in taken}
    sub_account = _text(body, "subAccountId") or webhook_sub_account(webhook)
    with call.store.writing() as db:
        keep_inbound(db, webhook, call.moment)
        triggered = definitions.triggered(db, call.account, TRIGGER[channel], sub_account)
        free = [facts for facts in triggered if facts.definition not in busy]
        started = [start(db, call, facts, webhook, sub_account=sub_account) for facts in free]
    return answer(
        {
            "resumed": [_named(run.definition, run.instance) for run in taken],
            "started": [_named(instance.definition, instance.id) for instance in started],
        }
    )


def dtmf(call: Call) -> Response:
    """Keys that a called person pressed: resumes what waits for them."""
    from deployer.engine.messages import dtmf_body, dtmf_event

    body = call.json_object()
    if "payload" in body:
        pressed = _plain(_object(body, "payload"))
    else:
        pressed = dtmf_body(
            request_id=_needed(body, "requestId"), digits=_needed(body, "digits"), at=call.now,
            destination=_text(body, "destination") or "",
        )  # fmt: skip
    event = dtmf_event(pressed, at=call.now)
    if not event.keys:
        raise invalid("payload must name the call: uid or clientRequestId.")
    taken = _deliver(call, event)
    return answer({"resumed": [_named(run.definition, run.instance) for run in taken]})


def list_outbox(call: Call) -> Response:
    """What an account's instances sent, in order; `after` leaves out what was seen before."""
    after = call.whole("after", 0) or 0
    with call.store.reading() as db:
        found = outbox.sent(db, call.account, after=after, limit=MOST_MESSAGES)
    return answer(found)


def clear_outbox(call: Call) -> Response:
    """Forget what was sent."""
    return _cleared(call, outbox.clear_sent)


def list_answers(call: Call) -> Response:
    """The canned answers, in the order in which they are tried."""
    with call.store.reading() as db:
        found = outbox.canned(db, call.account)
    return answer([canned.answered() for canned in found])


def add_answer(call: Call) -> Response:
    """Answer the requests of a step, or to a URL, from now on."""
    canned = _canned(call.json_object())
    with call.store.writing() as db:
        outbox.teach(db, call.account, canned)
    return answer(canned.answered(), status=201)


def clear_answers(call: Call) -> Response:
    """Forget all canned answers."""
    return _cleared(call, outbox.clear_canned)


def account_of(call: Call) -> str:
    """The account that a request to these endpoints names, as `account` in the query or in the body."""
    account: Json = call.text("account")
    if account is None and call.request.method == "POST":
        account = call.json_object().get("account")
    if not isinstance(account, str) or not account or not account.isprintable():
        raise invalid("account is required: the account id, as in the paths of the API.")
    return account


def _cleared(call: Call, clear: Callable[[sqlite3.Connection, str], None]) -> Response:
    with call.store.writing() as db:
        clear(db, call.account)
    return empty(status=204)


def _deliver(call: Call, event: Event) -> list[Run]:
    return call.runner().deliver(call.account, event)


def _named(definition: str, instance: str) -> Json:
    return {"definitionId": definition, "workflowId": instance}


def _given_webhook(body: JsonObject) -> JsonObject:
    webhook = _object(body, "payload")
    if not isinstance(webhook.get("payload"), dict):
        raise invalid("payload is the whole webhook, with a payload of its own; or give from and text instead.")
    return webhook


def _made_webhook(call: Call, body: JsonObject, channel: str) -> JsonObject:
    """The webhook that a text makes, in the documented shape."""
    from deployer.engine.messages import chat_webhook, sms_webhook

    sender, text, umid = _needed(body, "from"), _needed(body, "text"), str(call.new_id())
    if channel == "sms":
        made = sms_webhook(sender=sender, recipient=_text(body, "to") or "", text=text, at=call.now, umid=umid)
    else:
        made = chat_webhook(
            sender=sender, text=text, at=call.now, umid=umid, channel=_text(body, "messenger") or "WhatsApp",
            name=_text(body, "name"),
        )  # fmt: skip
    webhook, sub_account = read(json.dumps(made).encode()), _text(body, "subAccountId")
    if not isinstance(webhook, dict) or not isinstance(webhook["payload"], dict):
        raise TypeError("a webhook has a payload")
    if sub_account is not None:
        webhook["payload"]["subAccountId"] = sub_account
    return webhook


def _canned(body: JsonObject) -> Canned:
    kinds = [kind for kind in OUTCOMES if kind in body]
    if len(kinds) != 1:
        raise invalid("Give one of response, fault and unreachable.")
    step, method, url = (_text(body, name) for name in ("step", "method", "url"))
    if step is None and url is None:
        raise invalid("Give step or url: whose request is answered.")
    [kind] = kinds
    content: Json = _response(body) if kind == "response" else _needed(body, kind)
    return Canned(step=step, method=method, url=url, kind=kind, content=write(content))


def _response(body: JsonObject) -> JsonObject:
    response = _object(body, "response")
    code = response.get("responseCode")
    if code is not None and not (isinstance(code, Verbatim) and code.text.isdigit() and len(code.text) == 3):
        raise invalid("responseCode must be a number of three digits, like 200.")
    return response


def _plain(value: JsonObject) -> dict[str, object]:
    from deployer.emulator.advance import read_json

    return read_json(write(value))


def _object(body: JsonObject, name: str) -> JsonObject:
    value = body.get(name)
    if not isinstance(value, dict):
        raise invalid(f"{name} must be a JSON object.")
    return value


def _text(body: JsonObject, name: str) -> str | None:
    """A text that may be missing; half a character, which no database holds, is refused."""
    value = body.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or storable(value) != value:
        raise invalid(f"{name} must be a string.")
    return value or None


def _needed(body: JsonObject, name: str) -> str:
    value = _text(body, name)
    if value is None:
        raise invalid(f"{name} is required.")
    return value


def _one_of(body: JsonObject, name: str, legal: tuple[str, ...]) -> str:
    value = _needed(body, name)
    if value not in legal:
        raise invalid(f'{name} must be {" or ".join(legal)}, got "{shown(value)}".')
    return value


ENDPOINTS: tuple[tuple[str, str, Handler], ...] = (
    ("POST", "/_emulator/inbound", inbound),
    ("POST", "/_emulator/dtmf", dtmf),
    ("GET", "/_emulator/outbox", list_outbox),
    ("DELETE", "/_emulator/outbox", clear_outbox),
    ("GET", "/_emulator/answers", list_answers),
    ("POST", "/_emulator/answers", add_answer),
    ("DELETE", "/_emulator/answers", clear_answers),
)
"""Not the vendor's: the other side of the conversation."""
