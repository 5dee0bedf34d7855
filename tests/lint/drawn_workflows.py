"""Workflows to try the rules with: as somebody wrote them, damaged in some places, and made of steps at random."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeAlias

import yaml
from hypothesis import strategies as st

from benchmarks.corpus import workflow as corpus
from deployer.lint.registry import documented_rules
from deployer.source.document import parse
from deployer.source.load import load_workflow
from deployer.source.workflow import Workflow

JSON: TypeAlias = Any

ROOT = Path(__file__).parents[2]


def workflow_of(body: JSON) -> Workflow:
    return load_workflow(parse(json.dumps(body), "case.json"))


def written() -> list[JSON]:
    """Every workflow that is written down somewhere here: examples, cases, and what the rules' pages show."""
    rules = documented_rules().values()
    texts = [example for rule in rules if rule.check is not None for example in (rule.bad, rule.good)]
    texts += [path.read_text(encoding="utf-8") for folder in ("examples", "tests/lint/cases")
              for path in sorted((ROOT / folder).rglob("*.y*ml"))]  # fmt: skip
    texts += [corpus(1), corpus(20, "findings"), corpus(3, "different")]
    found = []
    for text in texts:
        for piece in re.split(r"^# file: .*\n", text, flags=re.MULTILINE):
            try:
                body = yaml.safe_load(piece)
            except yaml.YAMLError:
                continue
            if isinstance(body, dict) and isinstance(body.get("definition"), dict):
                found.append(json.loads(json.dumps(body, default=str)))
    return found


def step(step_id: str, kind: str, **fields: JSON) -> JSON:
    return {"id": step_id, "stepType": kind, **fields}


TALK = {
    "trigger": "inbound_sms",
    "status": "enabled",
    "definition": {
        "name": "Talk",
        "steps": [
            step("hello", "SMS", inputs={"text": "Hi {{data.payload.source}}"}, nextStepId="ask"),
            step(
                "ask", "WaitForReply", inputs={"from": "{{data.payload.source}}", "channel": "sms"},
                outputs={"answer": "{{step.reply.payload.body}}", "whole": "{{step.reply}}"},
                selectNextStep={"again": "{{data.answer == null}}", "menu": None},
            ),
            step("again", "SMS", inputs={"text": "Are you there?"}, nextStepId="ask"),
            step("menu", "Branch", selectNextStep={"one": "{{data.answer == '1'}}", "two": "{{data.answer != '1'}}"}),
            step("one", "If", inputs={"condition": "{{data.whole.payload.body == 'x'}}"}, nextStepId="two", do=[
                [step("tell", "HttpRequest", inputs={"body": {"said": "{{data.answer}}"}},
                      outputs={"code": "{{step.responseCode}}"}, nextStepId="told"),
                 step("told", "SMS", inputs={"text": "{{data.code}}"})],
                [step("pause", "Wait", inputs={"duration": "00:10:00"})],
            ]),
            step("two", "ChatAppsMessage", inputs={"content": {"text": "{{data.code ?? 'none'}}"}}),
        ],
    },
}  # fmt: skip
CALL = {
    "trigger": "http_request",
    "status": "enabled",
    "metadata": {"declares": ["phone"]},
    "definition": {
        "name": "Call",
        "steps": [
            step("call", "VoiceMessage", inputs={"to": "{{data.phone}}"},
                 outputs={"call": "{{step.response.id}}"}, nextStepId="keys"),
            step("keys", "WaitForDTMF", inputs={"dtmfRequestId": "{{data.call}}"},
                 outputs={"pressed": "{{step.dtmfData}}"},
                 selectNextStep={"good": "{{data.pressed == '1'}}", "bad": "{{data.pressed.at(0) < 2}}", "call": None}),
            step("good", "SMS", inputs={"text": "{{data.pressed}}"}),
            step("bad", "SMS", inputs={"text": "{{data.pressed}}"}),
        ],
    },
}  # fmt: skip
BODIES = [TALK, CALL, *written()]

TYPES = (
    *("SMS", "Branch", "branch", "If", "Wait", "WaitForReply", "WaitForDTMF", "VoiceMessage", "New", "HttpRequest"),
    *("bRANCH", "\u017fMS", "\u0130f", " SMS", "__init__"),
)
IDS = ("other", "constructor", "__proto__", " a", "\u00e9", "e\u0301", "null", "0")
"""Ids that mean something else to JavaScript, or look like others."""
NAMES = ("answer", "whole", "code", "payload", "phone", "pressed", "body", "accountId", "mark")
CHAINS = (
    *("data.answer", "data.whole", "data.code", "data.payload", "data.phone", "data.pressed", "data.whole.payload"),
    *("data.payload.body", "data.payload.source", "data.payload.content.text", "data.payload.user.msisdn"),
    *("data.whole.payload.body", "data.answer.body", "data.answer.content", "data.accountId", "data.payload.bodi"),
    *("step.reply", "step.reply.payload.body", "step.reply.payload.content.text", "step.responseCode", "step.dtmfData"),
    *(
        "data['answer']",
        "data?.whole.payload",
        "data[0]",
        "data.constructor",
        "data.__proto__",
        "data.answer['payload']",
    ),
    *("data", "step", "data.answer.trim()", "data.answer.slice(0, 1)", "data.answer.slice(1)", "data.answer.x('Date')"),
)
SIGNS = ("==", "!=", "===", "!==", "<", "<=", ">", ">=", "??", "||", "&&", "+", "-", "=", "in")
VALUES = ("'1'", "'2'", "'a'", '"1"', "1", "0", "2", "1.0", "true", "false", "null", "undefined", "''", "data.answer")
CALLS = (
    *("isDayOfWeek(data.payload.timestamp, 'Monday')", "isDayOfWeek(data.payload.timestamp, 'Montag')", "uuid()"),
    *(
        "isCountryCode(data.payload.source, 'SG')",
        "isCountryCode('SG')",
        "nobody(1)",
        "String(data.answer)",
        "new Date()",
    ),
    "isTimeOfDayBetween(data.payload.timestamp, '09:00:00', '18:00:00', 'Singapore Standard Time')",
)
NASTY = (
    *(
        "{",
        "}",
        "{{",
        "}}",
        "}}}",
        "'",
        '"',
        "`",
        "\\",
        "=",
        "!",
        "?",
        ".",
        ";",
        "(",
        ")",
        " ",
        "\n",
        "\0",
        "$",
        "${",
        "/*",
    ),
    *(
        "{data.x}",
        "${data.x}",
        "{ step.y }}",
        "${secret.KEY}",
        "\u00a0",
        "\u2028",
        "ä",
        "<!--",
        "0",
        "x",
        "data",
        "return ",
    ),
)

chains, values = st.sampled_from(CHAINS), st.sampled_from(VALUES)
compared = st.builds(lambda *parts: " ".join(parts), chains, st.sampled_from(SIGNS), values)
simple = st.one_of(chains, compared, chains.map(lambda chain: f"!{chain}"), st.sampled_from(CALLS), values)
joined = st.builds(lambda *parts: " ".join(parts), simple, st.sampled_from(("&&", "||", "??", "+", "?", ",")), simple)
scripts = st.one_of(compared, compared, chains, simple, joined, st.just("true"), st.just(""))
conditions = scripts.map(lambda script: f"{{{{{script}}}}}")
texts = st.one_of(
    conditions,
    st.builds(
        lambda before, script, after: f"{before}{{{{ {script} }}}}{after}",
        st.sampled_from(("Hi ", "", "{", "$")),
        scripts,
        st.sampled_from((".", "", "}", " {{data.answer}}", '{"a": 1}')),
    ),
    st.sampled_from(("plain", "", "true", "{data.answer}", "{{data.answer", "{{}}", "${secret.KEY}", '{"a": "b"}')),
)  # fmt: skip


def lists_of_steps(body: JSON) -> list[JSON]:
    """The list of steps, and those in every `do`."""
    found: list[JSON] = []
    waiting = [body["definition"].get("steps")]
    while waiting:
        steps = waiting.pop()
        if isinstance(steps, list):
            found.append(steps)
            for each in steps:
                inner = each.get("do") if isinstance(each, dict) else None
                waiting += inner if isinstance(inner, list) else []
    return found


def leaves(value: JSON) -> list[tuple[JSON, JSON]]:
    """Every text in a value: what holds it, and its key there."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found: list[tuple[JSON, JSON]] = []
    for key, item in inner:
        found += [(value, key)] if isinstance(item, str) else leaves(item)
    return found


class Damage:
    """Changes to a workflow, each drawn from what it holds."""

    def __init__(self, draw: st.DrawFn, body: JSON) -> None:
        self.draw = draw
        self.body = body
        self.lists = lists_of_steps(body)
        self.steps = [each for steps in self.lists for each in steps if isinstance(each, dict)]
        self.ids = [each["id"] for each in self.steps if isinstance(each.get("id"), str)]

    def one(self, options: Sequence[JSON]) -> JSON:
        return self.draw(st.sampled_from(options))

    def target(self) -> JSON:
        return self.one([*self.ids, *self.ids, *self.ids, "nowhere"])

    def text(self) -> None:
        holder, key = self.one(leaves([{**each, "id": 0, "stepType": 0} for each in self.steps]) or [({}, "")])
        holder[key] = self.draw(texts)

    def script(self) -> None:
        braced = [(h, k) for h, k in leaves(self.steps) if "{" in h[k]]
        if braced:
            holder, key = self.one(braced)
            position = self.draw(st.integers(0, len(holder[key])))
            left_out = self.draw(st.integers(0, 2))
            nasty = self.draw(st.just("") | st.sampled_from(NASTY))
            holder[key] = holder[key][:position] + nasty + holder[key][position + left_out :]

    def following(self) -> None:
        self.one(self.steps)["nextStepId"] = self.target()

    def select(self) -> None:
        ways = st.dictionaries(st.sampled_from([*self.ids, "x"]), st.none() | conditions | conditions, max_size=4)
        self.one(self.steps)["selectNextStep"] = self.draw(ways)

    def outputs(self) -> None:
        self.one(self.steps)["outputs"] = self.draw(st.dictionaries(st.sampled_from(NAMES), texts, max_size=2))

    def rename(self) -> None:
        self.one(self.steps)["id"] = self.one([*self.ids, *IDS])

    def kind(self) -> None:
        self.one(self.steps)["stepType"] = self.one(TYPES)

    def drop(self) -> None:
        holder = self.one(self.steps)
        holder.pop(self.one(list(holder) or [""]), None)

    def remove(self) -> None:
        self.one(self.lists)[:1] = []

    def move(self) -> None:
        source, into = self.one([steps for steps in self.lists if steps] or [[{}]]), self.one(self.steps)
        taken = source.pop(self.draw(st.integers(0, len(source) - 1)))
        if taken is not into:
            into["do"] = [*(into.get("do") or []), [taken]] if isinstance(into.get("do") or [], list) else [[taken]]
            into["inputs"] = {"condition": self.draw(conditions)}

    def wait(self) -> None:
        steps, kind = self.one(self.lists), self.one(("Wait", "WaitForReply", "WaitForReply", "WaitForDTMF"))
        new = step("pause", kind, inputs={"channel": self.one(("sms", "whatsapp", "{{data.x}}"))},
                   outputs={self.one(NAMES): self.draw(texts)}, nextStepId=self.target())  # fmt: skip
        before = self.one(self.steps)
        before["nextStepId"] = "pause"
        steps.insert(self.draw(st.integers(0, len(steps))), new)

    def trigger(self) -> None:
        self.body["trigger"] = self.one(("inbound_sms", "inbound_chat_apps", "http_request", "other"))
        self.body["metadata"] = self.one(({}, {"declares": ["phone", "answer.x"]}, {"declares": {"mark": "A mark"}}))

    def odd(self) -> None:
        field = self.one(("inputs", "outputs", "selectNextStep", "do", "nextStepId", "id"))
        values: tuple[JSON, ...] = (None, [], {}, "", "{{data.answer}}", 1, [["x"]], {"a": {"b": "{{data.code}}"}})
        self.one(self.steps)[field] = self.one(values)


KINDS = (
    *(Damage.text, Damage.text, Damage.script, Damage.following, Damage.select, Damage.outputs, Damage.rename),
    *(Damage.kind, Damage.drop, Damage.remove, Damage.move, Damage.wait, Damage.trigger, Damage.odd),
)


@st.composite
def damaged(draw: st.DrawFn) -> JSON:
    """A workflow as somebody wrote it, changed in some places."""
    body = copy.deepcopy(draw(st.sampled_from(BODIES)))
    for _ in range(draw(st.integers(0, 4))):
        damage = Damage(draw, body)
        if damage.steps:
            draw(st.sampled_from(KINDS))(damage)
    return body


asked = st.one_of(
    st.builds(
        lambda *parts: " ".join(parts),
        st.sampled_from(
            ("data.answer", "data.code", "data.answer.payload", "data.payload.body", "step.reply", "data.answer.at(0)")
        ),
        st.sampled_from(("==", "==", "==", "===", "!=", "!=", "<", ">=", ">")),
        st.sampled_from(
            ("'1'", "'2'", "'3'", "null", "null", "undefined", "1", "0", "2", "true", "false", "data.code")
        ),
    ),
    st.sampled_from(
        (
            *("data.answer", "data.code", "step.reply", "data.answer.payload", "'1' == data.answer", "true"),
            *("isCountryCode(data.payload.source, 'SG')", "['1', '2'].includes(data.answer)", "data.answer?.payload"),
            *("stringContains(data.payload.body, 'x')", "uuid() == data.code", "data.code.trim()", "data['code']"),
        )
    ),
)
negated = st.one_of(asked, asked, asked.map(lambda one: f"!{one}"), asked.map(lambda one: f"!({one})"))
tame_conditions = st.one_of(
    negated,
    negated,
    st.builds(lambda *parts: " ".join(parts), negated, st.sampled_from(("&&", "||")), negated),
    st.builds(lambda sign, *parts: f" {sign} ".join(parts), st.sampled_from(("&&", "||")), negated, negated, negated),
).map(lambda script: f"{{{{{script}}}}}")
selectors = st.one_of(
    st.lists(tame_conditions, max_size=2, unique=True).map(lambda asked: [*asked, None]),
    st.tuples(tame_conditions).map(list),
    st.sampled_from(("data.answer", "data.code", "data.payload.body")).flatmap(
        lambda name: st.sampled_from(("'1'", "null", "true", "0")).map(
            lambda value: [f"{{{{{name} == {value}}}}}", f"{{{{{name} != {value}}}}}"]
        )
    ),
)


@st.composite
def made(draw: st.DrawFn) -> JSON:
    """A workflow of a few steps that keep, ask for and read a few names, and lead to one another."""
    ids = "abcdef"[: draw(st.integers(2, 6))]
    steps: list[JSON] = []
    own: list[str] = []
    for number, step_id in enumerate(ids):
        kind = draw(st.sampled_from(("SMS", "HttpRequest", "WaitForReply", "WaitForReply", "Branch")))
        made_step = step(step_id, kind)
        if draw(st.booleans()):
            own.append(draw(st.sampled_from(NAMES[:3])))
            made_step["outputs"] = {own[-1]: {"WaitForReply": "{{step.reply}}"}.get(kind, "{{data.payload.body}}")}
        if own and kind != "Branch" and draw(st.booleans()):
            made_step["inputs"] = {"text": f"{{{{data.{draw(st.sampled_from(own))}}}}}"}
        following = ids[number + 1 :]
        ways = draw(selectors)
        if len(following) >= len(ways) and draw(st.booleans()):
            targets = [*following[: len(ways) - 1], draw(st.sampled_from(ids))]
            made_step["selectNextStep"] = dict(zip(targets if draw(st.booleans()) else following, ways, strict=False))
        elif following:
            made_step["nextStepId"] = following[0]
        steps.append(made_step)
    for name in own[:-1] if draw(st.booleans()) else own:
        steps[draw(st.integers(0, len(steps) - 1))].setdefault("inputs", {})[name] = f"{{{{data.{name}}}}}"
    if len(steps) > 3 and draw(st.booleans()):
        inner = [steps.pop(2)] if draw(st.booleans()) else [steps.pop(2), steps.pop(2)]
        steps[1]["do"] = [inner]
        steps[1].setdefault("inputs", {})["condition"] = draw(tame_conditions)
    trigger = draw(st.sampled_from(("inbound_sms", "inbound_sms", "inbound_chat_apps", "http_request")))
    return {"trigger": trigger, "status": "enabled", "definition": {"name": "Made", "steps": steps}}


ASKING = (
    *("data.answer", "data.answer", "data.code", "data.answer.payload", "data.payload.body", "step.reply"),
    *("data.answer.at(0)", "['1'].includes(data.code)"),
)
BY_ORDER = dict.fromkeys(("<", ">=", ">"), ("'1'", "'2'", "1", "0", "2", "3"))
BY_VALUE = ("'1'", "'2'", "1", "0", "null", "true", "undefined")


@st.composite
def chosen(draw: st.DrawFn) -> JSON:
    """One step that waits or branches by conditions about few things, and steps after it that read what was set."""
    terms = draw(st.lists(st.sampled_from(ASKING), min_size=1, max_size=2))

    def asks() -> str:
        one = draw(st.sampled_from(terms))
        sign = draw(st.sampled_from(("==", "==", "===", "!=", "!==", "<", ">=", ">", "")))
        if sign:
            one += f" {sign} {draw(st.sampled_from(BY_ORDER.get(sign, BY_VALUE)))}"
        return f"!({one})" if draw(st.integers(0, 4)) == 0 else one

    def condition() -> str:
        if draw(st.integers(0, 12)) == 0:
            return "{{true}}"
        parts = [asks() for _ in range(draw(st.sampled_from((1, 1, 1, 2, 2, 3))))]
        return f"{{{{{draw(st.sampled_from((' && ', ' || '))).join(parts)}}}}}"

    ways: list[JSON] = [condition() for _ in range(draw(st.integers(1, 3)))]
    ways += draw(st.sampled_from(([None], [None], [])))
    ids = "abcd"[: len(ways)]
    answer = {"answer": "{{data.answer ?? step.reply}}"}  # reads itself, so that somebody does
    kept = {"code": "{{data.code ?? step.reply}}"}
    channel = {"channel": "sms"}
    first = step("first", "WaitForReply", inputs=channel, outputs=kept, nextStepId="ask")
    asking = step("ask", "Branch", selectNextStep=dict(zip(ids, ways, strict=True)))
    if draw(st.booleans()):
        asking |= {"stepType": "WaitForReply", "inputs": channel, "outputs": answer}
    else:
        first["outputs"] = {**kept, **answer}
    reading = st.sets(st.sampled_from(("answer", "code")))
    last = [step(each, "SMS", inputs={name: f"{{{{data.{name}}}}}" for name in draw(reading)}) for each in ids]
    steps = [first, asking, *last]
    return {"trigger": "inbound_sms", "status": "enabled", "definition": {"name": "Chosen", "steps": steps}}
