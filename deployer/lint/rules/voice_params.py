"""Calls that the voice service refuses, by their parameters."""

from collections.abc import Iterator, Mapping

from deployer.finding import Severity
from deployer.lint.documented import CALL_PARAMETERS, CALL_RANGES, LONGEST_SPEECH
from deployer.lint.formats import steps_of_type
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import MOST_GUESSES, did_you_mean, dynamic, listed, nearest, quoted, shorten
from deployer.source.workflow import Step, Workflow


@rule(
    "voice-params",
    Severity.WARNING,
    why="""What a call needs in `params` depends on its `action`: a number to call always, `text` to speak, or the
    `fileUrl` of a recording. The voice service refuses a call that lacks it, or whose numbers are out of range:
    `speed` goes from 0.5 to 2, `minDigits` from 1 to 20 and only with `maxDigits`, `digitTimeout` only with
    `overallTimeout`, and a text has at most 3000 characters. The step then ends, and nobody was called.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Call back
  steps:
    - id: call
      stepType: VoiceMessage
      inputs:
        subAccountId: acme_voice
        action: say
        params: { source: "+6531234567", destination: "{{data.payload.source}}", text: Hello, speed: 5 }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Call back
  steps:
    - id: call
      stepType: VoiceMessage
      inputs:
        subAccountId: acme_voice
        action: say
        params: { source: "+6531234567", destination: "{{data.payload.source}}", text: Hello, speed: 1.5 }
""",
    mend="""Add what is missing, and keep to the ranges. Parameters that are spelled like a documented one, and are
    another, go into the option `extra`.""",
    source="https://developer.8x8.com/connect/reference/call-flow-actions-say",
    options={
        "extra": {
            "description": "Further parameters that the voice service takes.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def voice_params(workflow: Workflow, context: Context) -> Problems:
    """The parameters of a call are those that its action needs, within their ranges."""
    extra = context.options.get("extra")
    more = [str(name) for name in extra] if isinstance(extra, list) else []
    for step in steps_of_type(workflow, "VoiceMessage"):
        params, action = step.inputs.get("params"), step.inputs.get("action")
        if step.type is None or not isinstance(params, Mapping):
            continue
        declared = step.type.schema["properties"]["inputs"]["properties"]["params"]["properties"]
        meant = dict(_misspelled(params, list(declared), more))
        for written, near in meant.items():
            place = step.place("inputs", "params", written, key=True)
            yield Problem(place, f"`{shorten(written)}` is not a parameter of a call{did_you_mean(near)}", near)
        if isinstance(action, str):
            yield from _missing(step, action, params, set(meant.values()))
        yield from _out_of_range(step, params)
        if isinstance(action, str) and action.lower() == "say&capture":
            yield from _at_odds(step, params, set(meant.values()))


def _misspelled(params: Mapping[str, object], declared: list[str], more: list[str]) -> Iterator[tuple[str, str]]:
    """Parameters that are not documented, each with the one that was probably meant. Others may be new."""
    free = [name for name in declared if name not in params]
    unknown = [name for name in params if name not in declared and name not in more]
    for name in unknown[:MOST_GUESSES]:
        near = nearest(name, free)
        if near is not None:
            yield name, near


def _missing(step: Step, action: str, params: Mapping[str, object], meant: set[str]) -> Problems:
    missing = []
    for name in CALL_PARAMETERS.get(action.lower(), ()):
        if name == "text" and "promptMessage" in params:
            continue  # so a newer version of the voice service calls what it asks with
        value = params.get(name)
        if name not in params and name not in meant:
            missing.append(f"params.{name}")
        elif name in params and (value is None or (isinstance(value, str) and not value.strip())):
            yield Problem(step.place("inputs", "params", name), f'action "{action}" needs `params.{name}`; it is empty')
    if missing:
        yield Problem(step.place("inputs", "params", key=True), f'action "{action}" needs {listed(missing)}')


def _out_of_range(step: Step, params: Mapping[str, object]) -> Problems:
    for name, legal in CALL_RANGES.items():
        value = params.get(name)
        if value is None or isinstance(value, list | Mapping) or dynamic(value) or _number(value) in legal:
            continue
        yield Problem(step.place("inputs", "params", name), f"`{name}` is {legal}, not {quoted(value)}")
    text = params.get("text")
    if isinstance(text, str) and not dynamic(text) and len(text) > LONGEST_SPEECH:
        yield Problem(
            step.place("inputs", "params", "text"),
            f"a call speaks at most {LONGEST_SPEECH} characters; this text has {len(text)}",
        )


def _at_odds(step: Step, params: Mapping[str, object], meant: set[str]) -> Problems:
    """Parameters that need one another."""
    present = meant | {name for name, value in params.items() if value is not None}
    for name, partner in (("minDigits", "maxDigits"), ("digitTimeout", "overallTimeout")):
        place = step.place("inputs", "params", name)
        if name in params and partner not in present:
            yield Problem(place, f"`{name}` needs `{partner}` beside it")
        less, more = _number(params.get(name)), _number(params.get(partner))
        if less is not None and more is not None and less > more:
            yield Problem(
                place, f"`{name}` is greater than `{partner}`: {quoted(params[name])}, {quoted(params[partner])}"
            )
    if params.get("completeOnHash") is False and "maxDigits" not in present:
        place = step.place("inputs", "params", "completeOnHash")
        yield Problem(place, "where the hash key does not end the input, `maxDigits` must")


def _number(value: object) -> float | None:
    """A number as written, in quotes or not; None for anything else, expressions among it."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float | str):
        try:
            return float(value)
        except (ValueError, OverflowError):
            return None
    return None
