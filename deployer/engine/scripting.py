"""Evaluates scripts: what the engine, and nothing else, uses of JavaScript.

A *light* script (see `syntax.py`) only looks at its data, so it runs in this process, where one
takes a microsecond. Every other script runs in a process that can be killed, in a context that
nothing else uses. Either way it sees copies: `data` changes through outputs alone.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Final

from deployer.engine.facts import Facts
from deployer.engine.failures import ScriptError
from deployer.engine.functions import FUNCTIONS, call_function
from deployer.engine.plain import UNSURE, settled
from deployer.engine.sandbox import Job, Sandbox, explain, quickjs_folder, read_json, read_question
from deployer.engine.settings import ScriptSettings
from deployer.engine.syntax import Script

_NAMES: Final = json.dumps([*FUNCTIONS, "uuid"])
_MOST_SCRIPTS: Final = 2000
"""Compiled scripts to keep; a context that has more is replaced, so memory stays flat."""
_MOST_READ: Final = 256 * 1024
_MOST_SEARCHED: Final = 16 * 1024
"""Characters that a light script may touch, and those it may search: beyond it costs too long to be harmless."""

_JSON_CHARACTER: Final = 8
"""Characters of JSON that one character may become, with some to spare: `\\u0000`."""


class Scope:
    """What one script sees: `data`, `step`, the time, and where its uuids come from."""

    __slots__ = ("data", "new_uuid", "now", "step")

    def __init__(self, *, data: Facts, step: Facts, now: datetime, new_uuid: Callable[[], str]) -> None:
        self.data = data
        self.step = step
        self.now = now
        self.new_uuid = new_uuid


class Evaluator:
    """Runs scripts within the settings' limits. Threads may share one; closing it ends its process."""

    def __init__(self, settings: ScriptSettings | None = None) -> None:
        self.settings = settings if settings is not None else ScriptSettings()
        self._sandbox = Sandbox(self.settings, _realm_source())
        self._here = threading.local()
        self.contexts = 0
        """JavaScript contexts made in this process so far: one for each thread whose scripts need JavaScript."""
        self._longest = self.settings.max_value // _JSON_CHARACTER

    def __enter__(self) -> Evaluator:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def process_id(self) -> int | None:
        """Of the process that runs the scripts that could hurt, while there is one."""
        return self._sandbox.process_id

    def close(self) -> None:
        """End the process that runs the scripts that could hurt."""
        self._sandbox.close()

    def facts(self, value: Mapping[str, object]) -> Facts:
        """The mapping as scripts see it; the last one is kept, for an instance that is advanced again."""
        kept: Facts | None = getattr(self._here, "facts", None)
        return kept if kept is not None and kept.value is value else self.keep(Facts(value))

    def keep(self, facts: Facts) -> Facts:
        """The facts, remembered by this thread as its latest."""
        self._here.facts = facts
        return facts

    def value(self, script: Script, scope: Scope) -> object:
        """The script's value, as JSON has it: `undefined` and `NaN` are None.

        Raises ScriptError when it is refused, fails or hits a limit.
        """
        value = self._plainly(script, scope)
        return value if value is not UNSURE else self._read(self._run(script, scope, as_text=False))

    def text(self, script: Script, scope: Scope) -> str:
        """The script's value as it stands within a text; lists and mappings as JSON.

        Raises ScriptError.
        """
        value = self._plainly(script, scope)
        if type(value) is bool:
            return "true" if value else "false"
        if type(value) is int:
            return str(value)
        if value is UNSURE or type(value) is float:  # of which JavaScript has its own spelling
            value = self._read(self._run(script, scope, as_text=True))
        return value if isinstance(value, str) else self.settings.missing_text

    def _plainly(self, script: Script, scope: Scope) -> object:
        """The value of a script that needs no JavaScript, else UNSURE."""
        settings = self.settings
        if script.plain is None or len(script.source) > settings.max_characters:
            return UNSURE
        return settled(script.plain(scope.data.value, scope.step.value, settings), self._longest)

    def _run(self, script: Script, scope: Scope, *, as_text: bool) -> object:
        if not script.light or len(script.source) > self.settings.max_characters:
            return self._run_elsewhere(script, scope, as_text=as_text)
        if _is_costly(script, scope):
            return self._run_elsewhere(script, scope, as_text=as_text)
        realm: _Realm | None = getattr(self._here, "realm", None)
        if realm is None or realm.is_full:
            realm = self._here.realm = _Realm(self.settings)
            self.contexts += 1
        data = scope.data.handle(realm)
        step = scope.step.handle(realm) if script.uses_step else None
        value = realm.run(script.code, data, step, None, as_text=as_text)
        if isinstance(value, str) and value[0] == "a":
            return self._answer_all(realm, script, scope, value, as_text=as_text)
        return value

    def _answer_all(self, realm: _Realm, script: Script, scope: Scope, value: object, *, as_text: bool) -> object:
        """Answer the script's questions one by one, running it again with each answer."""
        data, step = scope.data.handle(realm), scope.step.handle(realm)
        answers: list[object] = []
        while isinstance(value, str) and value[0] == "a":
            name, arguments = read_question(value)
            answers.append(self._answer(name, arguments, scope))
            value = realm.run(script.code, data, step, realm.parse(json.dumps(answers)), as_text=as_text)
        return value

    def _run_elsewhere(self, script: Script, scope: Scope, *, as_text: bool) -> object:
        if len(script.source) > self.settings.max_characters:
            limit = self.settings.max_characters
            raise ScriptError(f"the script has {len(script.source)} characters; at most {limit} are allowed")
        if script.refused is not None:
            raise ScriptError(script.refused)
        job = Job(
            code=script.code,
            data=scope.data.text,
            step=scope.step.text,
            as_text=as_text,
            now=scope.now.timestamp() * 1000,
            seed=int(scope.new_uuid()[:8], 16),
            names=_NAMES,
        )
        return self._sandbox.run(job, lambda name, arguments: self._answer(name, arguments, scope))

    def _answer(self, name: str, arguments: list[object], scope: Scope) -> object:
        return scope.new_uuid() if name == "uuid" else call_function(self.settings, name, arguments)

    def _read(self, value: object) -> object:
        if isinstance(value, str):
            if len(value) > self.settings.max_value:
                raise ScriptError(f"the script gives more than {self.settings.max_value} characters")
            return value[1:] if value[0] == "s" else _well_formed(value[1:])
        if value is None or value is True or value is False:
            return value
        if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
            return int(value)  # JSON has one kind of number
        return value


def _is_costly(script: Script, scope: Scope) -> bool:
    """Whether there is so much to look at that even a light script may take long."""
    limit = _MOST_SEARCHED if script.searches else _MOST_READ
    seen = (scope.data, scope.step) if script.uses_step else (scope.data,)
    most = sum(facts.most for facts in seen) + len(script.code)
    return script.reads * most > limit and script.reads * sum(len(facts.text) for facts in seen) > limit


def _well_formed(text: str) -> object:
    value = read_json(text)
    if "\\ud" in text:
        # Half a character has no place in UTF-8; JavaScript's own `toWellFormed` gives the same.
        return json.loads(
            json.dumps(value, ensure_ascii=False).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        )
    return value


@cache
def _realm_source() -> str:
    return Path(__file__).with_name("realm.js").read_text(encoding="utf-8")


class _Realm:
    """A JavaScript context of this process and thread, with the scripts that it has compiled."""

    def __init__(self, settings: ScriptSettings) -> None:
        quickjs_folder()  # a clear error where the package is missing
        import quickjs  # starts a thread when imported; only who runs workflows pays

        self._settings = settings
        self._failures: tuple[type[Exception], ...] = (quickjs.JSException, quickjs.StackOverflow)
        self._context = quickjs.Context()
        self._context.set_memory_limit(4 * settings.max_memory)
        self._context.set_time_limit(settings.max_seconds)
        offered = self._context.eval(_realm_source())(0, 0, _NAMES)
        self._compile: Callable[[str], Callable[..., object]] = offered("compile")
        self.extend: Callable[[object, object], object] = offered("extend")
        """Two objects of this context to a new one that has the properties of both."""
        self._compiled: OrderedDict[str, Callable[..., object]] = OrderedDict()

    @property
    def is_full(self) -> bool:
        """Whether it has seen so many scripts that a new one takes less memory."""
        return len(self._compiled) >= _MOST_SCRIPTS

    def parse(self, text: str) -> object:
        """JSON as an object of this context. Raises ScriptError."""
        try:
            parsed: object = self._context.parse_json(text)
        except self._failures as error:
            raise ScriptError(explain(str(error), self._settings)) from None
        return parsed

    def run(self, code: str, data: object, step: object, answers: object, *, as_text: bool) -> object:
        """One script's answer in the form that `realm.js` describes. Raises ScriptError."""
        try:
            script = self._compiled.get(code)
            if script is None:
                script = self._compiled[code] = self._compile(code)
            return script(data, step, answers, as_text)
        except self._failures as error:
            raise ScriptError(explain(str(error), self._settings)) from None
