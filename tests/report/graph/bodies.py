"""Definitions for tests of pictures."""

from __future__ import annotations

import random

Body = dict[str, object]


def body(*steps: Body, name: str = "Menu", trigger: str = "inbound_sms") -> Body:
    """A canonical body with these steps."""
    return {"trigger": trigger, "status": "enabled", "definition": {"name": name, "steps": list(steps)}}


def sms(step_id: str, text: str = "Hello", **more: object) -> Body:
    """A step that sends a text."""
    return {"id": step_id, "stepType": "SMS", "inputs": {"text": text}, **more}


def choice(step_id: str, **select: str | None) -> Body:
    """A Branch; underscores in names stand for hyphens."""
    ways = {name.replace("_", "-"): condition for name, condition in select.items()}
    return {"id": step_id, "stepType": "Branch", "selectNextStep": ways}


def wait_for_reply(step_id: str, **select: str | None) -> Body:
    """A step that waits for an answer and keeps it in `data.reply`."""
    return {
        "id": step_id, "stepType": "WaitForReply",
        "inputs": {"from": "{{data.payload.source}}", "channel": "sms", "timeout": "00:10:00"},
        "outputs": {"reply": "{{step.reply.payload.body}}"},
        "selectNextStep": {name.replace("_", "-"): condition for name, condition in select.items()},
    }  # fmt: skip


def inside(step_id: str, *branches: list[Body], **more: object) -> Body:
    """An If with steps inside."""
    return {"id": step_id, "stepType": "If", "inputs": {"condition": "{{data.x}}"}, "do": list(branches), **more}


def menus(depth: int, fan: int) -> Body:
    """Menus within menus, as large workflows are: loops, time-outs, and one goodbye for all of them."""
    steps: list[Body] = []

    def menu(path: str, left: int) -> None:
        text = f"You are at {path or 'the top'}. Reply 1 to {fan}."
        steps.append(sms(f"menu{path}", text, nextStepId=f"wait{path}"))
        ways: dict[str, str | None] = {"goodbye": "{{data.reply == null}}"}
        steps.append({**wait_for_reply(f"wait{path}"), "selectNextStep": ways})
        for number in range(1, fan + 1):
            name = f"{path}-{number}"
            ways[f"menu{name}" if left > 1 else f"tell{name}"] = f"{{{{data.reply == '{number}'}}}}"
            if left > 1:
                menu(name, left - 1)
            else:
                steps.append(sms(f"tell{name}", "Your order is on its way.", nextStepId="goodbye"))
        ways[f"again{path}"] = None
        steps.append(sms(f"again{path}", "Sorry, what?", nextStepId=f"wait{path}"))

    menu("", depth)
    return body(*steps, sms("goodbye", "Goodbye!"))


def tangle(count: int, seed: int) -> Body:
    """Steps that lead anywhere: what nobody would write."""
    chance = random.Random(seed)  # a picture, not a key
    steps: list[Body] = []
    for number in range(count):
        targets = {f"s{chance.randrange(count + 2)}": "{{data.a > 1}}" for _ in range(chance.randrange(4))}
        steps.append({"id": f"s{number}", "stepType": "Branch", "selectNextStep": targets})
    return body(*steps)


HOSTILE = (
    'end', 'a"]; click n1 "javascript:alert(1)"', "<script>alert(1)</script>", "</style><svg onload=alert(1)>",
    "%%{init: {'securityLevel':'loose'}}%%", "%% comment", "#quot;", "&lt;b&gt;", "a|b|c", "[x](javascript:x)",
    "`code` **bold** _it_ ~~no~~", "1. first", "- item", "# head", "> quote", "$$x$$", "www.evil.example",
    "https://evil.example/?a=b&c=d", "a@evil.example", "line\nbreak\r\nand\ttab", "---\ntitle: x\n---", "subgraph x",
    "style a:b#c;", "classDef x:y#z;", "{{data.x}}", "(((x)))", "a --> b", "n1", "\u202eright to left", "\x00\x1b[31m",
    "]]>", "<!-- -->", "<![CDATA[x]]>", "&#60;img src=x onerror=alert(1)&#62;", "\ufb02°°60¶ßimg\ufb02°°62¶ß", "\\",
    "'", "👨‍👩‍👧 สวัสดี 漢字 ñ", "@{ shape: rect }", ":::class", "a" * 500, "", " ",
)  # fmt: skip
"""Texts that mean something to Mermaid, Markdown, HTML, XML or a terminal."""


def everywhere(text: str) -> tuple[Body, Body]:
    """Two versions of a workflow with the text in every place that a picture takes one from."""
    before = body(sms(text or "x", "before"), name=text, trigger=text)
    after = body(
        sms(text or "x", text, nextStepId="c" + text), choice("c" + text, **{"missing" + text: text}),
        {"id": "t", "stepType": text, "inputs": {"text": text}}, inside("i" + text, [sms("in" + text)]),
        name=text, trigger=text,
    )  # fmt: skip
    return before, after
