"""Names that mean nothing in a script."""

from collections.abc import Mapping

from deployer.finding import Severity
from deployer.lint.expressions.catalogue import GLOBALS, MEANT
from deployer.lint.expressions.flow import setters
from deployer.lint.expressions.places import scripts_of
from deployer.lint.expressions.triggers import SHAPES, starting_names
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, nearest, shorten
from deployer.source.workflow import Workflow


@rule(
    "unknown-variable",
    Severity.ERROR,
    why="""A script knows `data`, `step`, JavaScript's own names, and what it binds itself, as in `item => item.id`.
    With any other name it fails when its step runs.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{payload.body}}"
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{data.payload.body}}"
""",
    mend="""Write `data.` before what the trigger or an earlier step set, and quotes around texts.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
    options={
        "extra": {
            "description": "Further names that scripts may use.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def unknown_variable(workflow: Workflow, context: Context) -> Problems:
    """A script names `data`, `step`, standard globals, or what it binds itself."""
    unbound = [
        (located, name)
        for located in scripts_of(workflow).located
        for name in located.expression.names
        if not name.called and name.name not in GLOBALS
    ]
    if not unbound:
        return
    extra = context.options.get("extra")
    known = {*GLOBALS, *context.functions, *(map(str, extra) if isinstance(extra, list) else ())}
    meant = _meant(workflow)
    for located, name in unbound:
        if name.name not in known:
            near = meant.get(name.name) or nearest(name.name, ["data", "step", *meant.values(), *sorted(known)])
            tail = did_you_mean(near) or "; if it is meant as a text, quote it"
            yield Problem(
                located.place(name.start, name.end),
                f"a script knows `data`, `step` and JavaScript's own names, but no `{shorten(name.name)}`{tail}",
                near,
            )


def _meant(workflow: Workflow) -> Mapping[str, str]:
    """What people write without its beginning, to the whole of it."""
    shape = SHAPES.get(workflow.trigger or "")
    names = {name: f"data.{name}" for name in (*(starting_names(workflow) or ()), *setters(workflow))}
    fields = {name: f"data.payload.{name}" for name in (sorted(shape.fields) if shape is not None else ())}
    return {**fields, **names, **MEANT}
