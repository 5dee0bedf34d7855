"""Runs instances on the engine. Imported by the first request that needs it: the engine takes its time to import."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from deployer.emulator import definitions, instances, messages, outbox, runs
from deployer.emulator.advance import Advance, read_json, stored_instance
from deployer.emulator.moments import micros, moment
from deployer.emulator.outbox import Canned
from deployer.emulator.runs import Pace, Run, Standing
from deployer.emulator.service_entry import answer_step, asked_by
from deployer.emulator.services import Ground
from deployer.emulator.settings import Settings
from deployer.emulator.store import Store
from deployer.emulator.stored import Version, executable
from deployer.engine.answers import http_answer
from deployer.engine.definition import Definition, load_definition
from deployer.engine.engine import Engine, deliver, settle
from deployer.engine.http_calls import call_out
from deployer.engine.instance import Effect, Event, Fault, Instance, Outcome
from deployer.engine.scripting import Evaluator
from deployer.engine.settings import EngineSettings
from deployer.engine.storage import write_instance
from deployer.errors import DeployerError

log = logging.getLogger(__name__)

MOST_DEFINITIONS = 64
"""Definitions to keep loaded."""

Change = Callable[[Instance, datetime], Instance | None]
"""An instance at a time by its own clock, to what it becomes; None: it stays as it is."""


class Runner:
    """Works on instances; threads may share one, and so may processes share the database.

    Whoever works on an instance reads it, runs it, and writes it only if nobody else did meanwhile.
    """

    def __init__(
        self,
        store: Store,
        settings: Settings,
        clock: Callable[[], datetime],
        *,
        new_id: Callable[[], UUID],
        check_token: Callable[[str], bool],
    ) -> None:
        self._store = store
        self._new_id = new_id
        self._check_token = check_token
        self._settings = settings
        self._clock = clock
        self._pace = Pace.of(settings)
        self._engine_settings = EngineSettings()
        self._evaluator = Evaluator(self._engine_settings.script)
        self._definitions: OrderedDict[tuple[str, int, str], Definition] = OrderedDict()
        self._lock = threading.Lock()

    def close(self) -> None:
        """End the process that runs scripts."""
        self._evaluator.close()

    def work(self, instance: str) -> None:
        """Take an instance as far as it goes by itself, its HTTP requests included."""
        asked = self._turn(instance)
        while asked:
            for effect in asked:
                self._change(instance, _settlement(effect, self._reached(instance, effect)))
            asked = self._turn(instance)

    def deliver(self, account: str, event: Event) -> list[Run]:
        """Hand a reply or keys to every instance of an account that waits for it; those that took it."""
        with self._store.reading() as db:
            waiting = runs.waiting(db, account)
        return [run for run in waiting if self._change(run.instance, _delivery(event))]

    def _reached(self, instance: str, effect: Effect) -> Outcome:
        """What comes of a request that leaves the instance: to one of the vendor's services here, or to the network."""
        asked = None if self._settings.allow_http else asked_by(effect.request)
        if asked is None:
            return call_out(effect)
        with self._store.writing() as db:
            run, now = runs.find(db, instance), micros(self._clock())
            ground = Ground(
                db=db,
                settings=self._settings,
                now=moment(now if run is None else self._pace.own(run, now)),
                new_id=self._new_id,
                check_token=self._check_token,
            )
            try:
                reply = answer_step(asked, ground)
            except Exception as error:
                # Not to be asked again with every request.
                log.exception("the emulator failed at %s %s", asked.method, asked.path)
                return Fault(message=f"the emulator failed: {type(error).__name__}")
        return http_answer(reply.status, reply.body)

    def _change(self, instance: str, change: Change) -> bool:
        """Change an instance that has begun; whether it was changed."""
        while True:
            with self._store.reading() as db:
                run = runs.find(db, instance)
            found = stored_instance(run) if run is not None else None
            if run is None or found is None:
                return False
            changed = change(found, moment(self._pace.own(run, micros(self._clock()))))
            if changed is None:
                return False
            with self._store.writing() as db:
                if runs.bring(db, run, json.dumps(write_instance(changed))):
                    return True

    def _turn(self, instance: str) -> tuple[Effect, ...]:
        """Work on an instance once; what it asks for that only the network can answer."""
        while True:
            with self._store.reading() as db:
                run = runs.find(db, instance)
                if run is None or run.status != "Runnable":
                    return ()
                version = definitions.version(db, run.definition, run.version)
                canned = outbox.canned(db, run.account)
            if version is None:
                return ()
            now = micros(self._clock())
            advance = self._advanced(run, version, canned, now)
            with self._store.writing() as db:
                if isinstance(advance, str):
                    if self._fail(db, run, advance, now):
                        return ()
                elif self._save(db, run, advance, now):
                    return advance.instance.pending_effects

    def _advanced(self, run: Run, version: Version, canned: Sequence[Canned], now: int) -> Advance | str:
        """The work on an instance, not yet written down; a message where it cannot be run at all."""
        try:
            engine = Engine(self._definition(version), self._evaluator, self._engine_settings)
            advance = Advance(
                engine, run, pace=self._pace, now=now, canned=canned, allow_http=self._settings.allow_http
            )
            advance.work()
        except DeployerError as error:
            # A definition that only the engine refuses, or an installation that cannot run scripts.
            return str(error)
        except Exception as error:
            # One broken instance must not stop the others, nor be tried again with every request.
            log.exception("the emulator failed at instance %s", run.instance)
            return f"the emulator failed: {type(error).__name__}"
        return advance

    def _definition(self, version: Version) -> Definition:
        key = (version.id, version.number, version.created_at)
        with self._lock:
            known = self._definitions.get(key)
        if known is None:
            known = load_definition(read_json(executable(version)))
            with self._lock:
                self._definitions[key] = known
                while len(self._definitions) > MOST_DEFINITIONS:
                    self._definitions.popitem(last=False)
        return known

    def _save(self, db: sqlite3.Connection, run: Run, advance: Advance, now: int) -> bool:
        """Write down what an advance led to; False, and nothing written, if the instance changed meanwhile."""
        before, after = advance.before, advance.instance
        if not (runs.end(db, run) if after.ended else runs.save(db, run, _standing(advance, now))):
            return False
        if after.data != before.data:
            instances.set_data(db, run.instance, json.dumps(dict(after.data)))
        _log_steps(db, run.instance, before, after)
        for failure in after.errors[len(before.errors) :]:
            instances.record_error(
                db, run.instance, step=failure.step, message=failure.message, now=micros(failure.time)
            )
        for message in advance.sent:
            sent = outbox.send(db, run.account, run.instance, run.definition, message)
            messages.keep(db, message.umid, at=message.at, inbound=False, sent=sent)
        if after.ended:
            instances.set_status(db, run.instance, after.status.value, now=micros(after.completed_at or moment(now)))
        return True

    def _fail(self, db: sqlite3.Connection, run: Run, message: str, now: int) -> bool:
        """End an instance that cannot be run at all; False if it changed meanwhile."""
        if not runs.end(db, run):
            return False
        own = self._pace.own(run, now)
        instances.record_error(db, run.instance, step="", message=message, now=own)
        instances.cancel_steps(db, run.instance, now=own)
        instances.set_status(db, run.instance, "Terminated", now=own)
        return True


def _delivery(event: Event) -> Change:
    return lambda instance, now: deliver(instance, replace(event, at=now))


def _settlement(effect: Effect, outcome: Outcome) -> Change:
    return lambda instance, _now: settle(instance, effect.id, outcome)


def _standing(advance: Advance, now: int) -> Standing:
    instance = advance.instance
    return Standing(
        state=json.dumps(write_instance(instance)),
        ready=bool(instance.pending_effects),
        waiting=bool(instance.waiting),
        real=now,
        own=advance.own,
        wake=advance.wake,
        asleep=advance.asleep,
    )


def _log_steps(db: sqlite3.Connection, instance: str, before: Instance, after: Instance) -> None:
    """Write the lines of the steps that began, ended or changed."""
    changed = sorted((*after.log[len(before.log) :], *after.open), key=lambda pointer: pointer.number)
    for pointer in changed:
        if pointer.started_at is not None:
            ended = pointer.completed_at
            instances.record_step(
                db,
                instance,
                log_id=pointer.id,
                step=pointer.step,
                status=pointer.status.value,
                started_at=micros(pointer.started_at),
                completed_at=None if ended is None else micros(ended),
            )
