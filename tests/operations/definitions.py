"""Definitions as companies, the docs and the web builder write them, valid by construction: every step type, unique
ids, targets that exist; and every peculiarity that a file, a server or our own references could stumble over."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

Body = dict[str, object]

SECRET = "s3cr3t-\u00e9 'value'/with+signs="
"""A secret that looks different in JSON, in a URL and in base64."""
VARIABLES = "{greeting: Good day, count: 3, empty: '', ratio: 1.0, yes: true, both: '${var.greeting} twice'}"

PECULIAR_TEXTS = (
    "",
    " ",
    "\t",
    "Hello",
    "Hello {{data.accountId}}, it is {{ 1 + 1 }}",
    "We say ${var.greeting} and ${var.both}.",
    "${var.empty}",
    "n=${var.count}",
    "${secret.TOKEN}",
    "Bearer ${secret.TOKEN}",
    "${secret.TOKEN}:${secret.OTHER}!",
    "$${var.greeting}",
    "$$${secret.TOKEN} is written $${secret.TOKEN}",
    "{{`Hi ${data.accountId}`}}",
    "{{`${data.accountId}`}} ${data.y} $ {} ${} ${var} $$",
    "one\r\ntwo\r\n",
    "trailing  \nspaces \n",
    "\n\nleading",
    "ends\n\n\n",
    "  indented\n    more\n",
    "\ttab\n",
    "no\u2028line\u0085break\ufeff",
    "\U0001f44b\U0001f3fd \u00e9\u0301 \u0645\u0631\u062d\u0628\u0627 \u4f60\u597d",
    "a: b # c",
    "- x",
    "? y",
    "| z",
    "'single' \"double\" \\back\\slash",
    "null",
    "~",
    "true",
    "no",
    "1",
    "1.0",
    "0x1F",
    "1_000",
    "12:30:45",
    "2024-01-01",
    "=",
    "<<",
    "@at",
    "%percent",
    "&anchor",
    "*alias",
    "!tag",
    "...",
    "---",
    "x" * 300,
)
STRANGE_KEYS = (
    "id",
    "version",
    "createdAt",
    "accountId",
    "subaccountId",
    "subAccountId",
    "do",
    "inputs",
    "outputs",
    "nextStepId",
    "selectNextStep",
    "metadata",
    "stepType",
    "status",
    "a b",
    "a: b",
    "true",
    "null",
    "1",
    "1.5",
    "",
    "#",
    "-",
    "?",
    "\u00e9",
    "\U0001f44b",
    "$${var.greeting}",
    "${data.x}",
    "{{x}}",
    "k" * 130,
)

STRANGE_IDS = (
    "ask again",
    "1",
    "1.0",
    "true",
    "null",
    "a:b",
    "#1",
    "\u00e9t\u00e9",
    "\U0001f44b",
    "do",
    "id",
    "x" * 60,
)
NAMES = ("Auto reply", "null", "1", "\u00dcmfrage: A # B", "\U0001f44b")

texts = st.one_of(
    st.sampled_from(PECULIAR_TEXTS),
    st.text(st.characters(codec="utf-8", exclude_characters="${"), max_size=20),
)
numbers = st.one_of(
    st.integers(-(2**63), 2**63),
    st.sampled_from((0, -0.0, 1, 1.0, 2**53, 2**53 + 1, 2.0**60, 2**63, 1e300, -1e-300, 0.1)),
    st.floats(allow_nan=False, allow_infinity=False),
)
typed = st.sampled_from(("${var.count}", "${var.ratio}", "${var.yes}"))
"""A scalar that is one reference has the variable's type."""
values: st.SearchStrategy[object] = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, texts, typed),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.sampled_from(STRANGE_KEYS), st.text("abc", max_size=3)), inner, max_size=4),
    ),
    max_leaves=8,
)
objects = st.dictionaries(st.sampled_from(STRANGE_KEYS), values, max_size=4)
conditions = st.sampled_from(
    ("{{data.accountId == '1'}}", "{{ stringContains(data.accountId, 'x', true) }};", "{{`${data.accountId}` == 'y'}}")
)
durations = st.sampled_from(("00:00:05", "1.00:00:00", "{{data.triggeredAt}}"))
ids = st.one_of(
    st.sampled_from(STRANGE_IDS),
    st.text("abcdefgh-_.", min_size=1, max_size=8),
)


def _sms(draw: st.DrawFn) -> Body:
    inputs: Body = {"subAccountId": "acme_sms", "destination": "+6512345678", "text": draw(texts)}
    if draw(st.booleans()):
        inputs["encoding"] = "Auto"
    return {"stepType": "SMS", "inputs": inputs}


def _chat(draw: st.DrawFn) -> Body:
    user: Body = {"msisdn": "+6512345678"}
    content: Body = {"text": draw(texts)}
    return {
        "stepType": "ChatAppsMessage",
        "inputs": {"subAccountId": "acme_chat", "user": user, "type": "text", "content": content},
    }


def _http(draw: st.DrawFn) -> Body:
    inputs: Body = {"url": "https://crm.example.com/leads", "method": "POST"}
    if draw(st.booleans()):
        inputs["headers"] = {"Authorization": "Bearer ${secret.TOKEN}", "X-Note": draw(texts)}
    inputs["body"] = draw(st.one_of(objects, st.lists(values, max_size=3), st.just("{{data}}")))
    if draw(st.booleans()):
        inputs["timeoutSeconds"] = draw(st.sampled_from((5, "{{data.accountId}}")))
    return {"stepType": "HttpRequest", "inputs": inputs}


def _branch(draw: st.DrawFn) -> Body:
    return {"stepType": draw(st.sampled_from(("Branch", "branch")))}


def _wait(draw: st.DrawFn) -> Body:
    return {"stepType": "Wait", "inputs": {"duration": draw(durations)}}


def _wait_for_reply(draw: st.DrawFn) -> Body:
    inputs: Body = {"from": "+6512345678", "channel": draw(st.sampled_from(("sms", "whatsapp")))}
    if draw(st.booleans()):
        inputs["timeout"] = draw(durations)
    outputs = {"answer": "{{step.reply}}"}
    return {"stepType": "WaitForReply", "inputs": inputs, "outputs": outputs}


def _voice(draw: st.DrawFn) -> Body:
    params: Body = {"source": "+6531234567", "destination": "+6512345678", "text": draw(texts)}
    inputs: Body = {"subAccountId": "acme_voice", "action": "say&capture", "params": params}
    return {"stepType": "VoiceMessage", "inputs": inputs, "outputs": {"call": "{{step.response.clientRequestId}}"}}


def _wait_for_dtmf(draw: st.DrawFn) -> Body:
    inputs: Body = {"dtmfRequestId": "{{data.accountId}}", "timeout": draw(durations)}
    return {"stepType": "WaitForDTMF", "inputs": inputs}


def _if(draw: st.DrawFn) -> Body:
    return {"stepType": "If", "inputs": {"condition": draw(st.one_of(conditions, st.booleans()))}}


def _converse(draw: st.DrawFn) -> Body:
    payload = draw(st.one_of(st.just("{{data}}"), objects))
    return {"stepType": "SendToConverse", "inputs": {"payload": payload}, "outputs": {"ticket": "{{step.ticketId}}"}}


KINDS: tuple[Callable[[st.DrawFn], Body], ...] = (
    _sms, _chat, _http, _branch, _wait, _wait_for_reply, _voice, _wait_for_dtmf, _if, _converse,
)  # fmt: skip


def _steps(draw: st.DrawFn, names: list[str], depth: int) -> list[object]:
    """One list of steps; takes their ids out of `names`."""
    steps: list[object] = []
    for _ in range(draw(st.integers(1, 3))):
        if not names:
            break
        step: Body = {"id": names.pop(0), **draw(st.sampled_from(KINDS))(draw)}
        if step["stepType"] == "If" and (depth > 1 or not names):
            step.update(_wait(draw))  # nothing is left to nest
        elif step["stepType"] == "If":
            step["do"] = [
                branch for branch in (_steps(draw, names, depth + 1), _steps(draw, names, depth + 1)) if branch
            ]
        steps.append(step)
    return steps


def _linked(draw: st.DrawFn, steps: list[object], everything: list[str]) -> None:
    """Lead from each step to later ones, so that no loop spins; leave behind what the web builder leaves."""
    for step in steps:
        assert isinstance(step, dict)
        later = everything[everything.index(step["id"]) + 1 :]
        if not later and str(step["stepType"]).lower() == "branch":
            step.update(_wait(draw))  # a branch leads somewhere
        kind = step["stepType"]
        least = 1 if kind in {"Branch", "branch"} else 0
        choices = dict.fromkeys(draw(st.lists(st.sampled_from(later), min_size=least, max_size=3)) if later else [])
        if kind in {"Branch", "branch"} or (kind in {"WaitForReply", "WaitForDTMF"} and draw(st.booleans())):
            step["selectNextStep"] = {target: draw(st.one_of(st.none(), conditions)) for target in choices}
        elif choices:
            step["nextStepId"] = next(iter(choices))
        leftovers: Body = {"do": [], "nextStepId": None, "inputs": {}, "outputs": {}, "selectNextStep": {}}
        for key in draw(st.lists(st.sampled_from(sorted(leftovers)), max_size=2)):
            step.setdefault(key, leftovers[key])
        for branch in step.get("do", ()):
            _linked(draw, branch, everything)


def _ids(steps: list[object]) -> list[str]:
    found: list[str] = []
    for step in steps:
        assert isinstance(step, dict)
        found.append(step["id"])
        for branch in step.get("do", ()):
            found += _ids(branch)
    return found


@st.composite
def definitions(draw: st.DrawFn) -> Body:
    """A workflow file's body."""
    names = draw(st.lists(ids, min_size=1, max_size=7, unique=True))
    steps = _steps(draw, names, 0)
    _linked(draw, steps, _ids(steps))
    definition: Body = {
        "name": draw(st.sampled_from(("Auto reply", "null", "1", "\u00dcmfrage: A # B", "\U0001f44b"))),
        "steps": steps,
    }
    body: Body = {"trigger": draw(st.sampled_from(("inbound_sms", "inbound_chat_apps", "http_request")))}
    account = draw(st.sampled_from((None, "subAccountId", "subaccountId", "null")))
    if account is not None:
        body["subAccountId" if account == "null" else account] = None if account == "null" else "acme_sms"
    status = draw(st.sampled_from(("enabled", "disabled", None)))
    if status is not None:
        body["status"] = status
    if draw(st.booleans()):
        # Pasted from the docs or exported by the builder.
        definition |= {"id": "5870442f-3ddd-4657-b74c-6e17308f5230", "version": 7}
    return {**body, "definition": definition}
