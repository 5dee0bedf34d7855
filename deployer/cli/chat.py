"""`deployer chat`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.errors import ConfigurationError, DeployerError

if TYPE_CHECKING:
    from deployer.operations.chat import Prompt
    from deployer.source.workflow import Workflow


@click.command("chat")
@click.argument("key")
@click.option("--payload", metavar="FILE", help="JSON of the whole webhook, or of the body of an http_request.")
@click.option("--from", "sender", default="+6591234567", show_default=True, metavar="NUMBER", help="The customer.")
@click.option("--at", "at", metavar="TIME", help="When it begins, ISO 8601; default: now.")
@click.option("--record", metavar="FILE", help="Keep the conversation as a case of this test file.")
@click.option("--name", metavar="TEXT", help="Name of the recorded case.")
@global_options
@pass_session
def command(
    session: Session, /, *, key: str, payload: str | None, sender: str, at: str | None, record: str | None,
    name: str | None,
) -> int:  # fmt: skip
    """Talk to a workflow in the terminal, offline.

    You are the customer: type what they write, or the keys they press; an empty line stays silent, and waiting takes
    no time. You answer HTTP requests, too: a status code, then JSON. `/help` lists the commands. Lines may come from a
    pipe.
    """
    from deployer.engine.engine import Engine
    from deployer.engine.scripting import Evaluator
    from deployer.operations.bench import Bench
    from deployer.operations.chat import Talk, converse
    from deployer.operations.selection import choose
    from deployer.operations.staging import CannotStage, stage
    from deployer.report import chat as report

    chosen = choose(session.project, session.environment, (key,))
    workflow = _only(key, [item for item in (*chosen.loaded.workflows, *chosen.loaded.absent.values())
                           if chosen.selected(item.key, item.file)])  # fmt: skip
    if record is not None:
        _check_record(record)
    moment = _moment(at)
    ask = _asker(session)
    trigger = _trigger(workflow, payload, sender, ask)
    if trigger is None:
        return 0
    with Evaluator() as evaluator:
        bench = Bench(session.project, session.environment, {workflow.key: workflow.document}, evaluator)
        try:
            definition, account = bench.prepared(workflow.key)
            scene = stage({"at": moment.isoformat(), "trigger": trigger}, definition, account)
        except CannotStage as error:
            raise DeployerError(str(error)) from None
        talk = Talk(Engine(definition, evaluator, scene.settings), scene)
        say = _shower(session)
        trace = converse(
            talk,
            lambda turn: say(report.render_turn(turn, color=session.color and not session.json)),
            lambda prompt: _answer(session, prompt, ask),
        )
    session.show(report.render_end_json(trace) if session.json else report.render_end(trace, color=session.color))
    if record is not None:
        from deployer.operations.record_case import recorded_case, write_case

        title = name or f"conversation of {moment.isoformat(timespec='seconds')}"
        case = recorded_case(talk.recording, trace, name=title, trigger=trigger, at=moment)
        write_case(Path(record), workflow.key, case)
        session.say(f"{record}: recorded `{title}`")
    return 0


def _only(key: str, found: list[Workflow]) -> Workflow:
    if len(found) != 1:
        raise ConfigurationError(f"`{key}` means {len(found)} workflows; name one that can be read")
    return found[0]


def _check_record(record: str) -> None:
    from deployer.source.case_files import is_case_file

    if not is_case_file(Path(record)):
        raise ConfigurationError(f"--record {record}: a test file is called `*.test.yaml`")


def _moment(at: str | None) -> datetime:
    from deployer.engine.clock import parse_timestamp

    if at is None:
        return datetime.now().astimezone().replace(microsecond=0)
    try:
        return parse_timestamp(at)
    except ValueError as error:
        raise ConfigurationError(f"--at: {error}") from error


def _trigger(
    workflow: Workflow, payload: str | None, sender: str, ask: Callable[[str], str | None]
) -> Mapping[str, object] | None:
    """What starts the workflow, as a test case writes it; None when the person leaves before."""
    if payload is not None:
        return {"http" if workflow.trigger == "http_request" else "payload": _read_payload(payload)}
    if workflow.trigger == "http_request":
        names = workflow.metadata.get("declares")
        declared = ", ".join(map(str, names)) if isinstance(names, Mapping | list) else ""
        tail = f" with {declared}" if declared else ""
        raise ConfigurationError(
            f"`{workflow.key}` is started by a request{tail}", hint="Give its body with --payload FILE."
        )
    line = ask("you> ")
    if line is None:
        return None
    kind = "sms" if workflow.trigger == "inbound_sms" else "chat"
    return {kind: {"from": sender, "text": line}}


def _read_payload(name: str) -> Mapping[str, object]:
    from deployer.source.document import read

    document = read(Path(name), name)
    if not document.ok or not isinstance(document.value, dict):
        reason = document.findings[0].message if document.findings else "it is no JSON object"
        raise ConfigurationError(f"--payload {name}: {reason}")
    return document.value


def _shower(session: Session) -> Callable[[str], None]:
    """Shows the conversation: on stdout, or on stderr where stdout is for a program."""
    if session.json:
        return lambda text: click.echo(session.masked(text), nl=False, err=True)
    return session.show


def _asker(session: Session) -> Callable[[str], str | None]:
    """Asks for a line on stdin. What comes from a pipe is shown as if it had been typed."""
    typed = sys.stdin.isatty()
    show = _shower(session)

    def ask(prompt: str) -> str | None:
        show(prompt)
        sys.stdout.flush()
        line = sys.stdin.readline(100_000)
        if not line:
            show("\n")
            return None
        if not typed:
            from deployer.report.terminal import safe

            show(f"{safe(line.rstrip())}\n")
        return line.rstrip("\r\n")

    return ask


def _answer(session: Session, prompt: Prompt, ask: Callable[[str], str | None]) -> str | None:
    from deployer.report.chat import render_help, render_prompt, render_request

    show = _shower(session)
    if prompt.effect is not None:
        show(render_request(prompt))
    while (line := ask(render_prompt(prompt))) is not None and line.strip() == "/help":
        show(render_help())
    return line
