"""Data that nobody set."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from deployer.finding import Severity
from deployer.lint.expressions.expression import Read, Use
from deployer.lint.expressions.flow import Flow, flow_of, setters
from deployer.lint.expressions.parallel import side_by_side
from deployer.lint.expressions.places import Located, scripts_of
from deployer.lint.expressions.scanning import placeholder
from deployer.lint.expressions.triggers import SHAPES
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import MOST_GUESSES, did_you_mean, nearest, shorten
from deployer.source.workflow import Step, Workflow


@rule(
    "data-never-set",
    Severity.ERROR,
    why="""`data` holds what the trigger brought and what the `outputs` of earlier steps kept. A name that nobody
    set is empty: the customer reads a text with a hole, or the script fails. Every way to the step counts,
    through branches, `do` and loops. For `http_request` the names are known once `metadata.declares` lists
    them.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "00:05:00" }
      outputs: { answer: "{{step.reply.payload.body}}" }
      nextStepId: reply
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{data.anwser ?? data.answer}}"
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "00:05:00" }
      outputs: { answer: "{{step.reply.payload.body}}" }
      nextStepId: reply
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{data.answer ?? 'nothing'}}"
""",
    mend="""Set the name in `outputs` of a step that runs before, or list it in `metadata.declares` when the caller
    sends it.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def data_never_set(workflow: Workflow, _: Context) -> Problems:
    """What a script reads from `data` was set by the trigger or by a step on the way."""
    flow = flow_of(workflow)
    if flow is None or flow.starting is None:
        return
    known = setters(workflow)
    guesses: dict[str, str | None] = {}
    for located, read, name in _unset(workflow, flow):
        steps = known.get(name, [])
        if any(side_by_side(workflow, step, located.step) for step in steps):
            continue  # it may be set on a path that runs at the same time
        if name not in guesses and len(guesses) < MOST_GUESSES:
            guesses[name] = _meant(workflow, name, (*flow.starting, *known))
        guess = guesses.get(name)
        tail = _where(steps, located.step) if steps else did_you_mean(guess)
        said = "no step on the way here sets" if steps else "neither the trigger nor a step sets"
        yield Problem(
            located.place(read.start, read.ends[0]),
            f"{said} `data.{shorten(name)}`{tail}",
            guess if not steps else None,
            _severity(read, steps),
        )


def _unset(workflow: Workflow, flow: Flow) -> Iterator[tuple[Located, Read, str]]:
    """Reads of names that no way to them can have set."""
    for located in scripts_of(workflow).located:
        state = flow.at(located)
        for read in located.expression.reads if state is not None else ():
            name = read.name
            if read.root != "data" or name is None or placeholder(name) or name in _METHODS:
                continue
            if state is not None and not flow.bits[name] & (state.set | state.missed):
                yield located, read, name


_METHODS = frozenset({"hasOwnProperty", "toString", "valueOf", "constructor", "propertyIsEnumerable"})
"""What every JavaScript object has."""


def _severity(read: Read, steps: Sequence[Step]) -> Severity | None:
    """It fails, or shows a hole; it smells where the script minds that the value may be missing."""
    if read.use is Use.TESTED or read.guarded:
        return Severity.WARNING
    return Severity.WARNING if steps and not read.deep else None


def _where(steps: Sequence[Step], here: Step) -> str:
    if any(step is here for step in steps):
        return "; this step sets it, but only when it is done"
    return f"; step `{shorten(steps[0].id or '?')}` does, on another way or later"


def _meant(workflow: Workflow, name: str, names: Iterable[str]) -> str | None:
    """What was probably meant, with its `data.`."""
    near = nearest(name, names)
    if near is not None:
        return f"data.{near}"
    shape = SHAPES.get(workflow.trigger or "")
    if shape is None:
        return None
    fields: Mapping[str, str] = {**{field: field for field in sorted(shape.fields)}, **shape.elsewhere}
    return f"data.payload.{fields[name]}" if name in fields else None
