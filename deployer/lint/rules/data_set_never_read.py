"""Outputs that nobody reads."""

from deployer.finding import Severity
from deployer.lint.expressions.flow import setters
from deployer.lint.expressions.places import scripts_of
from deployer.lint.expressions.triggers import starting_names
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, nearest, shorten
from deployer.source.workflow import Workflow


@rule(
    "data-set-never-read",
    Severity.WARNING,
    why="""An output that no script reads is often a misspelled name, or a step that was meant to use it and does
    not. Where outputs are kept to be looked up in the instance later, list them in the option `keep`.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
      outputs: { sent: "{{step.umid}}" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Thank you" }
""",
    mend="""Read the value in a later step, or drop the output.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
    options={
        "keep": {
            "description": "Names, or beginnings of names followed by `*`, that are kept on purpose.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def data_set_never_read(workflow: Workflow, context: Context) -> Problems:
    """What an output keeps in `data` is read by some script."""
    known = setters(workflow)
    if not known:
        return
    located = scripts_of(workflow).located
    if any(script.opaque for script in located):
        return  # somebody may read everything
    read = {read.name for script in located for read in script.expression.reads if read.root == "data"}
    kept = context.options.get("keep")
    patterns = [str(pattern) for pattern in kept] if isinstance(kept, list) else []
    if known.keys() <= read:
        return
    unset = sorted(name for name in read if name is not None) if starting_names(workflow) is not None else []
    for name, steps in known.items():
        if name in read or any(_fits(name, pattern) for pattern in patterns):
            continue
        near = nearest(name, [other for other in unset if other not in known])
        for step in steps:
            yield Problem(
                step.place("outputs", name, key=True),
                f"no script reads `data.{shorten(name)}`{did_you_mean(near)}",
                near,
            )


def _fits(name: str, pattern: str) -> bool:
    return name.startswith(pattern[:-1]) if pattern.endswith("*") else name == pattern
