"""What the platform leaves open, as switches; the defaults are the most probable reading.

The vendor documents the words of the engine (steps, outcomes, statuses), not all of its rules. It
uses the vocabulary of the open-source library workflow-core, so that library's rules are the
defaults here wherever the vendor's pages and real definitions are silent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptSettings:
    """The limits of one script. Documented: 1000 characters, 500 ms, no assignment, no allocation."""

    max_characters: int = 1000
    """Of the text between `{{` and `}}`."""
    max_seconds: float = 0.5
    """Of computing time, calls of our functions included."""
    grace_seconds: float = 0.4
    """How much later the process that runs the script is killed if it does not stop by itself."""
    max_memory: int = 32 * 1024 * 1024
    """Bytes that a script may hold. Not documented, ours."""
    max_value: int = 1024 * 1024
    """Characters of one result, as JSON. Not documented, ours."""
    overnight_windows: bool = True
    """Whether `isTimeOfDayBetween(t, '22:00:00', '06:00:00', zone)` is the night, rather than never."""
    missing_text: str = ""
    """What `null` or `undefined` becomes within a text, as in `Dear {{data.name}}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """How a definition is run."""

    script: ScriptSettings = field(default_factory=ScriptSettings)
    max_steps: int = 10_000
    """Steps that one instance may run before it is faulted: a loop without an end is legal to write."""
    max_data: int = 1024 * 1024
    """Characters of an instance's `data`, as JSON. More is a fault."""
    max_depth: int = 64
    """Levels that `data` may be nested. More is a fault, as in .NET's own reader."""
    beside_next_step: Literal["ignore", "follow"] = "ignore"
    """What becomes of `selectNextStep` on a step that has `nextStepId` too (documented: use one or the other)."""
    step_in_selectors: bool = True
    """Whether `selectNextStep` sees what the step offers as `step.`, as exported definitions expect."""
    nested_steps: Literal["any", "if"] = "any"
    """Which step types run their `do`: all of them, or `If` alone."""
    missing_input_is_fault: bool = True
    """Whether a required input that comes out as null or empty ends the instance."""
    connection_failure: Literal["fault", "answer"] = "fault"
    """What an HTTP request that gets no answer does: end the instance, or go on with responseCode 0."""
    reply_timeout: timedelta = timedelta(days=1)
    """Of WaitForReply and WaitForDTMF without `timeout` (documented: 1.00:00:00)."""
    http_timeout: timedelta = timedelta(seconds=5)
    """Of HttpRequest without `timeoutSeconds` (documented)."""
    reply_goes_to: Literal["all", "first"] = "all"
    """Which of several steps that wait for the same sender a reply resumes."""
