"""What comes in from customers, in the documented shapes of the webhooks."""

from __future__ import annotations

from datetime import datetime

from deployer.engine.clock import write_time
from deployer.engine.instance import Event


def sms_webhook(*, sender: str, recipient: str, text: str, at: datetime, umid: str) -> dict[str, object]:
    """An inbound SMS: the text in `payload.body`, the numbers in `payload.source` and `payload.destination`."""
    return {
        "namespace": "SMS",
        "eventType": "inbound_message_received",
        "description": "Inbound SMS",
        "payload": {
            "umid": umid,
            "timestamp": write_time(at),
            "source": sender,
            "destination": recipient,
            "body": text,
        },
    }


def chat_webhook(
    *, sender: str, text: str, at: datetime, umid: str, channel: str = "WhatsApp", name: str | None = None
) -> dict[str, object]:
    """An inbound chat message: the text in `payload.content.text`, the sender in `payload.user`."""
    user: dict[str, object] = {"channelUserId": sender}
    if sender.removeprefix("+").isdigit():
        user["msisdn"] = sender
    if name is not None:
        user["name"] = name
    return {
        "namespace": "ChatApps",
        "eventType": "inbound_message_received",
        "description": "ChatApps inbound message",
        "payload": {
            "umid": umid,
            "timestamp": write_time(at),
            "user": user,
            "recipient": {"channel": channel},
            "type": "Text",
            "content": {"text": text},
        },
    }


def dtmf_body(*, request_id: str, digits: str, at: datetime, destination: str = "") -> dict[str, object]:
    """Pressed keys as the voice service reports them; the keys are in `actionDetails.dtmf`."""
    return {
        "uid": request_id,
        "status": {"code": "DTMF", "timestamp": write_time(at)},
        "destination": destination,
        "clientRequestId": request_id,
        "actionDetails": {"dtmf": digits},
    }


def message_event(webhook: dict[str, object], *, at: datetime, channel: str = "") -> Event:
    """The event that a webhook is: who sent it, over which channel. What it lacks matches anything."""
    payload = _mapping(webhook.get("payload"))
    user, recipient = _mapping(payload.get("user")), _mapping(payload.get("recipient"))
    senders = (payload.get("source"), user.get("msisdn"), user.get("channelUserId"))
    spoken = "sms" if webhook.get("namespace") == "SMS" else recipient.get("channel")
    return Event(
        kind="reply",
        keys=tuple(sender for sender in senders if isinstance(sender, str)),
        channel=channel or (spoken if isinstance(spoken, str) else ""),
        body=webhook,
        at=at,
    )


def dtmf_event(body: dict[str, object], *, at: datetime) -> Event:
    """The event that pressed keys are: found by the call's own id or by `clientRequestId`."""
    ids = (body.get("clientRequestId"), body.get("uid"))
    return Event(kind="dtmf", keys=tuple(name for name in ids if isinstance(name, str)), body=body, at=at)


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}
