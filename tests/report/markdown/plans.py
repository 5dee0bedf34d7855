"""A plan with everything that a plan can hold."""

from __future__ import annotations

from deployer.operations.plan import Action, Change, Fileless, Plan, Refusal, Stop, Unmanaged
from deployer.source.workflow import Body

LONG = "Thank you for writing to Acme. {} We read every message, and we answer in the order in which they came in."
ASK = {"id": "ask", "stepType": "WaitForReply", "inputs": {"channel": "sms", "timeout": "0.01:00:00"}}


def body(text: str, *more: Body, status: str = "enabled", name: str = "Auto reply") -> dict[str, object]:
    """A workflow that answers an SMS."""
    inputs = {"subAccountId": "acme_sms", "destination": "{{data.payload.source}}", "text": text}
    steps = [{"id": "reply", "stepType": "SMS", "inputs": inputs}, *more]
    return {"subAccountId": "acme_sms", "trigger": "inbound_sms", "status": status,
            "definition": {"name": name, "steps": steps}}  # fmt: skip


def change(
    key: str,
    before: Body | None,
    after: Body | None,
    *,
    action: Action = Action.UPDATE,
    refusal: Refusal | None = None,
    applied: Body | None = None,
    held: str | None = None,
    rotated: frozenset[str] = frozenset(),
    overwrites: bool = False,
) -> Change:
    """A change between two bodies."""
    return Change(
        key=key, action=action, id=f"id-of-{key}", base=None if before is None else 3, file=f"workflows/{key}.yaml",
        name=key.replace("-", " ").capitalize(), digest="d", template=after, before=before, refusal=refusal,
        applied=applied, held=held, rotated=rotated, overwrites=overwrites,
    )  # fmt: skip


def plan(*changes: Change, environment: str = "production", **more: object) -> Plan:
    """A plan of these changes."""
    return Plan(
        environment=environment, account="acme", host="automation.8x8.com",
        commit="9fceb02d0ae598e95dc970b74767f19372d61af8", changes=changes,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


EVERYTHING = plan(
    change("auto-reply", body(LONG.format("We are closed.")), body(LONG.format("We are back at nine."), ASK)),
    change("survey", None, body("How was it?\nAnswer 1 to 5."), action=Action.CREATE),
    change("old-offer", body("10% off"), body("10% off", status="disabled"), action=Action.DISABLE),
    change("crm-log", body("x"), body("x"), rotated=frozenset({"CRM_TOKEN"})),
    change("draft", body("x", status="disabled"), body("y", status="disabled")),
    change(
        "menu", body("1 or 2?"), body("1, 2 or 3?"), applied=body("1?"),
        refusal=Refusal(stop=Stop.CONFLICT, message="the server and the file both changed since version 3",
                        hint="`deployer pull menu` takes the server's side in; then merge."),
    ),
    change("promo", body("Hi"), body("Ho"), action=Action.NOOP, held="disable: complaints on Friday"),
    fileless=(Fileless(key="gone", id="id-of-gone", name="Gone", version=2, enabled=True),),
    unmanaged=(Unmanaged(id="8f14e45f", name="Trial | by @anna", version=1, status="enabled", trigger="inbound_sms"),),
    warnings=("`auto-reply` and `Trial` (8f14e45f, no file) are both started by inbound_sms",),
)  # fmt: skip
