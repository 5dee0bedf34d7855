"""`deployer runs suspend|resume|terminate`: some instances by id, or many by what they have in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import click

from deployer.cli.flags import read_flags, with_reason
from deployer.cli.instances import ask, asking, definition_of, in_workflow, named, owner
from deployer.cli.noting import note_or_warn, steering_entries
from deployer.cli.options import global_options
from deployer.cli.session import Session, pass_session
from deployer.cli.stopping import stopping
from deployer.errors import ConfigurationError, DeployerError
from deployer.operations.ages import read_age
from deployer.operations.steer import Wanted, find, fitting_statuses, steer
from deployer.record import record
from deployer.remote.gateway import Instance, InstanceCommand
from deployer.remote.paths import check_instance_id
from deployer.report import steering as report


def _steering(command: Callable[..., int]) -> Callable[..., int | None]:
    """Add the ids and the filters."""
    options = [
        click.option("--status", type=click.Choice(["Runnable", "Suspended"], case_sensitive=False),
                     help="In place of ids: those in this status."),
        click.option("--version", type=click.IntRange(min=1), help="In place of ids: those of this version."),
        click.option("--all-versions", is_flag=True, help="In place of ids: those of every version."),
        click.option("--older-than", metavar="AGE", help="In place of ids: those that began longer ago: 30m, 6h, 2d."),
        with_reason,
        asking,
        global_options,
    ]  # fmt: skip
    with_session = pass_session(command)
    for option in reversed(options):
        with_session = option(with_session)
    return click.argument("instance_ids", metavar="[INSTANCE]...", nargs=-1)(in_workflow(with_session))


@record
class _Choice:
    """What the flags choose."""

    instance_ids: Sequence[str]
    key: str | None
    definition_id: str | None
    status: str | None
    version: int | None
    all_versions: bool
    older_than: str | None
    reason: str | None
    yes: bool
    confirm: str | None

    @property
    def filtered(self) -> bool:
        return bool(self.status or self.version or self.all_versions or self.older_than)


@click.command("suspend")
@_steering
def suspend_command(session: Session, /, **flags: object) -> int:
    """Stop instances until they are resumed. By filter on a real account this asks."""
    return _steer(session, "suspend", read_flags(_Choice, flags))


@click.command("resume")
@_steering
def resume_command(session: Session, /, **flags: object) -> int:
    """Let suspended instances go on. By filter on a real account this asks."""
    return _steer(session, "resume", read_flags(_Choice, flags))


@click.command("terminate")
@_steering
def terminate_command(session: Session, /, **flags: object) -> int:
    """End instances for good. On a real account this asks."""
    return _steer(session, "terminate", read_flags(_Choice, flags))


def _steer(session: Session, command: InstanceCommand, choice: _Choice) -> int:
    if choice.instance_ids and choice.filtered:
        raise ConfigurationError("give the ids of instances, or --status, --version and --older-than, not both")
    if not choice.instance_ids and not choice.filtered:
        raise ConfigurationError(
            "give the ids of instances, or say which ones with --status, --version or --older-than",
            hint=f"Like `deployer runs {command} --key KEY --version 3 --older-than 2d`.",
        )
    if choice.instance_ids:
        (found, said), filtered = _by_id(session, choice), None
    else:
        found, workflow, filtered = _by_filter(session, command, choice)
        said = f"{workflow}, {filtered}"
    if not found:
        session.show(report.nothing_json(command) if session.json else f"No instances: {said}.\n")
        return 0
    many = f"{len(found)} instance{'s' if len(found) > 1 else ''}"
    if command == "terminate" or choice.filtered:
        ask(session, f"{command.capitalize()} {many}: {said},", yes=choice.yes, confirm=choice.confirm)
    session.say(f"{command}: {many}: {said}")
    with stopping(session) as stop:
        steering = steer(session.gateway, command, found, stop=stop)
        note_or_warn(session, steering_entries(steering, filtered, choice.reason))
    session.show(report.render_json(steering) if session.json else report.render_text(steering, color=session.color))
    return steering.exit_code


def _by_id(session: Session, choice: _Choice) -> tuple[list[Instance], str]:
    """The named instances; one that does not exist ends it before any is touched."""
    wanted = list(dict.fromkeys(choice.instance_ids))
    for instance_id in wanted:
        check_instance_id(instance_id)
    try:
        found = _looked_up(session, choice, wanted)
    except DeployerError as error:
        error.hint = f"Nothing was done: all of them are looked up before the first is touched. {error.hint or ''}"
        raise
    return found, ", ".join(one.id for one in found[:5]) + ("…" if len(found) > 5 else "")


def _looked_up(session: Session, choice: _Choice, wanted: Sequence[str]) -> list[Instance]:
    owners = [owner(session, instance_id, choice.key, choice.definition_id) for instance_id in wanted]
    return [session.gateway.instance(one, instance_id) for one, instance_id in zip(owners, wanted, strict=True)]


def _by_filter(session: Session, command: InstanceCommand, choice: _Choice) -> tuple[list[Instance], str, str]:
    """The instances that the filters mean, and in words: of which workflow, by which filter."""
    if choice.version is not None and choice.all_versions:
        raise ConfigurationError("--version and --all-versions contradict each other")
    age = None if choice.older_than is None else read_age(choice.older_than, option="--older-than")
    statuses = fitting_statuses(command, choice.status)
    definition = definition_of(session, choice.key, choice.definition_id)
    found = find(
        session.gateway,
        Wanted(
            definition_id=definition,
            statuses=statuses,
            version=choice.version,
            all_versions=choice.all_versions,
            before=None if age is None else datetime.now(UTC) - age,
        ),
    )
    of_versions = report.versions(found)
    if not found:
        of_versions = f"version {choice.version}" if choice.version else "any version"
        of_versions = of_versions if choice.version or choice.all_versions else "the newest version"
    older = "" if choice.older_than is None else f", started more than {choice.older_than} ago"
    return found, named(choice.key, definition), f"{of_versions}, {' or '.join(statuses)}{older}"
