"""A conversation in the terminal, turn by turn."""

from __future__ import annotations

import json
from collections.abc import Iterator

from deployer.engine.clock import write_duration
from deployer.engine.trace import Trace
from deployer.operations.chat import COMMANDS, Prompt, Turn
from deployer.operations.trail import Utterance, trail
from deployer.operations.typed_answer import REQUEST_COMMANDS
from deployer.report.terminal import Paint, safe, safe_lines, shorten
from deployer.report.tests import path_lines

_INDENT = " " * 12


def render_turn(turn: Turn, *, color: bool = False) -> str:
    """What happened since the last line."""
    paint = Paint(color)
    lines = [paint.red(safe(turn.objection))] if turn.objection else []
    if turn.skipped:
        lines.append(paint.dim(f"{'':<12}… {write_duration(turn.skipped)} later"))
    before = None
    for item in turn.said:
        if item.side != "customer":  # their own words stand at the prompt
            lines += _utterance(item, paint, first=item.after != before)
            before = item.after
    return "".join(f"{line}\n" for line in lines)


def _utterance(item: Utterance, paint: Paint, *, first: bool) -> Iterator[str]:
    time = write_duration(item.after) if first else ""
    text = safe_lines(item.text)
    step = f"  {paint.dim(f'[{safe(item.step)}]')}" if item.step else ""
    if item.side == "between":
        yield f"{time:<12}{paint.dim(f'({safe(item.text)})')}{step}"
        return
    text[-1] += step
    yield f"{time:<12}{paint.bold(safe(item.by))}: {text[0]}"
    yield from (f"{_INDENT}{line}" for line in text[1:])


def render_prompt(prompt: Prompt) -> str:
    """What a person is asked, ending in a blank."""
    if prompt.kind == "request" and prompt.effect is not None:
        return f"answer of {safe(prompt.step)}> "
    return {"message": "you> ", "keys": "keys> "}.get(prompt.kind, "suspended> ")


def render_request(prompt: Prompt) -> str:
    """What the request holds that waits for its answer; method and address stand in the conversation."""
    if prompt.effect is None:
        return ""
    request = dict(prompt.effect.request)
    request.pop("timeoutSeconds", None)
    said = [request.pop(name, None) for name in ("method", "url")]
    lines = [] if any(said) else [f"{_INDENT}{safe(prompt.effect.type)}"]
    lines += [f"{_INDENT}{safe(str(key))}: {safe(shorten(json.dumps(value, ensure_ascii=False, default=str), 300))}"
              for key, value in request.items()]  # fmt: skip
    return "".join(f"{line}\n" for line in lines)


def render_help() -> str:
    """What can be typed."""
    width = max(map(len, (*COMMANDS, *REQUEST_COMMANDS)))
    lines = ["An answer is sent; an empty line stays silent until something happens.",
             *(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()),
             "An HTTP request is answered with",
             *(f"  {name:<{width}}  {text}" for name, text in REQUEST_COMMANDS.items())]  # fmt: skip
    return "".join(f"{line}\n" for line in lines)


def render_end(trace: Trace, *, color: bool = False) -> str:
    """The path with its conditions, and how it ended."""
    lines = ["", *path_lines(trail(trace), color=color)]
    lines.append(f"{trace.status.value} after {write_duration(trace.duration)}")
    return "".join(f"{line}\n" for line in lines)


def render_end_json(trace: Trace) -> str:
    """The whole trace, credentials masked."""
    from deployer.source.credentials import mask

    return json.dumps({"version": 1, "trace": mask(trace.as_json())}, indent=2, ensure_ascii=False, default=str) + "\n"
