"""Step ids that are written otherwise than the others."""

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import LONGEST, shorten
from deployer.regex import regex
from deployer.source.workflow import Workflow

_STYLES: Mapping[str, re.Pattern[str]] = {
    "kebab": regex(r"[a-z0-9]+(-[a-z0-9]+)*"),
    "camel": regex(r"[a-z][a-zA-Z0-9]*"),
    "snake": regex(r"[a-z0-9]+(_[a-z0-9]+)*"),
}
_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


@rule(
    "step-id-style",
    Severity.OFF,
    why="""Other steps, plans, graphs and logs refer to steps by id. Where all ids are written alike, nobody has to look
    up whether it was `askAgain` or `ask-again`. A matter of taste, so it is off until a project turns it on.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: thankYou
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: thank-you
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Rename the step, and every `nextStepId` and `selectNextStep` that leads to it. The option `style` chooses
    another style; `pattern` takes its place.""",
    source="deployer's own: a convention that a team may choose",
    options={
        "style": {
            "description": "`kebab` (ask-again, the default), `camel` (askAgain) or `snake` (ask_again).",
            "enum": ["kebab", "camel", "snake"],
        },
        "pattern": {
            "description": "Wildcards that every id matches, such as `sales-*`; then `style` does not count.",
            "type": "string",
            "minLength": 1,
        },
    },
)
def step_id_style(workflow: Workflow, context: Context) -> Problems:
    """Step ids are written in one style."""
    style, pattern = str(context.options.get("style", "kebab")), context.options.get("pattern")
    for step in workflow.steps:
        if step.id is None or not step.id.strip():
            continue
        if isinstance(pattern, str):
            if not fnmatchcase(step.id, pattern):
                yield Problem(step.place("id"), f"step id `{shorten(step.id)}` does not match `{shorten(pattern)}`")
        elif not _STYLES[style].fullmatch(step.id):
            # No suggestion to be put in by a machine: other steps name the id as well.
            better = _restyled(step.id, style)
            tail = f"; `{better}` would be" if better else ""
            yield Problem(step.place("id"), f"step id `{shorten(step.id)}` is not in {style} style{tail}")


def _restyled(step_id: str, style: str) -> str | None:
    """The id in that style, where its words can be told."""
    if len(step_id) > LONGEST or not step_id.isascii():
        return None
    words = [word.lower() for word in _WORD.findall(step_id)]
    if style == "camel":
        new = "".join([*words[:1], *(word.capitalize() for word in words[1:])])
    else:
        new = ("-" if style == "kebab" else "_").join(words)
    return new if _STYLES[style].fullmatch(new) else None
