"""What `data` holds when a workflow starts.

Sources: https://developer.8x8.com/connect/reference/inbound-sms,
https://developer.8x8.com/connect/reference/inbound-chatapps-message (the two webhooks),
https://developer.8x8.com/connect/docs/triggers-steps (`http_request`: the JSON body is `data` itself),
https://developer.8x8.com/connect/reference/get-workflow-instances (what the platform adds).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from deployer.record import record
from deployer.source.workflow import Step, Workflow

ADDED = frozenset({"accountId", "subAccountId", "triggeredAt"})
"""The platform puts these beside the payload, whatever the trigger."""

_WEBHOOK = ADDED | {"payload", "namespace", "eventType", "description"}


@record(eq=False)
class Shape:
    """The `payload` of one kind of incoming message."""

    name: str
    fields: frozenset[str]
    also: frozenset[str] = frozenset()
    """Further paths that an example of the vendor reads."""
    elsewhere: Mapping[str, str]
    """Paths of the other kind's payload, and what holds the same here."""

    def has(self, names: Sequence[str]) -> bool:
        """Whether a chain that begins in the payload leads to something that is there."""
        return names[0] in self.fields or ".".join(names[:2]) in self.also


SMS = Shape(
    name="an SMS",
    fields=frozenset({"umid", "subAccountId", "timestamp", "source", "destination", "body", "encoding", "country"}),
    also=frozenset({"user.msisdn"}),
    elsewhere=MappingProxyType(
        {
            "content.text": "body",
            "content": "body",
            "user.msisdn": "source",
            "user.channelUserId": "source",
            "user": "source",
            "recipient.channelId": "destination",
            "recipient": "destination",
        }
    ),
)

CHAT = Shape(
    name="a chat message",
    fields=frozenset(
        {
            *("umid", "subAccountId", "timestamp", "user", "recipient", "type", "content"),
            *("replyToUmid", "replyTo", "channel", "context"),
        }
    ),
    elsewhere=MappingProxyType({"body": "content.text", "source": "user.msisdn", "destination": "recipient.channelId"}),
)

SHAPES: Mapping[str, Shape] = MappingProxyType({"inbound_sms": SMS, "inbound_chat_apps": CHAT})


def starting_names(workflow: Workflow) -> frozenset[str] | None:
    """The names in `data` at the start; None where nobody can know them all."""
    named = frozenset(declared_names(workflow))
    if workflow.trigger in SHAPES:
        return _WEBHOOK | named
    return ADDED | named if workflow.trigger == "http_request" and declares(workflow) else None


def declares(workflow: Workflow) -> bool:
    """Whether `metadata.declares` says what the caller sends."""
    return isinstance(workflow.metadata.get("declares"), Mapping | list)


def declared_names(workflow: Workflow) -> Iterator[str]:
    """The names in `metadata.declares`; of a path such as `user.email` the first."""
    declared = workflow.metadata.get("declares")
    if isinstance(declared, Mapping | list):
        yield from (str(name).split(".", maxsplit=1)[0] for name in declared)


WHOLE_REPLY: Mapping[object, int] = MappingProxyType({"{{step.reply}}": 2, "{{step.reply.payload}}": 1})
"""Outputs that keep a whole message, and how many names deep its payload's fields stand then."""


def payload_of_reply(step: Step) -> Shape | None:
    """The shape of what a WaitForReply offers, where its channel is written out; None for any other step."""
    if step.type is None or step.type.name != "WaitForReply":
        return None
    channel = step.inputs.get("channel")
    if not isinstance(channel, str) or "{" in channel:
        return None
    return SMS if channel.strip().lower() == "sms" else CHAT
