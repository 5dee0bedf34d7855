"""Scripts that do what the platform does not let them do."""

from collections.abc import Mapping, Sequence

from deployer.finding import Severity
from deployer.lint.expressions.expression import Deed, Mark
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.source.workflow import Workflow

_SAID: Mapping[Deed, str] = {
    Deed.ASSIGNMENT: "a script may not assign (`{}`); keep a value with the step's `outputs`",
    Deed.COUNTING: "a script may not count up or down (`{}`); write `+ 1` in the step's `outputs`",
    Deed.DELETION: "a script may not delete (`{}`)",
    Deed.ALLOCATION: "a script may not make objects (`{}`)",
    Deed.DECLARATION: "a script may not declare anything (`{}`); write the value where it is used",
    Deed.LOOP: "a script may not loop (`{}`); lists have `map`, `filter`, `find`, `some` and `every`",
    Deed.RECURSION: "the function `{}` calls itself, which a script may not do",
    Deed.STATEMENT: "a script is one expression, and `{}` goes beyond it; to choose, write `condition ? one : other`",
}


@rule(
    "expression-forbidden",
    Severity.ERROR,
    why="""The platform refuses scripts that assign, count with `++`, allocate with `new`, declare, loop or call
    themselves, and the step fails. What is more than one expression is a warning: the documentation
    speaks of expressions only.""",
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
        text: "You are number {{data.payload.body.length++}}"
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
        text: "You are number {{data.payload.body.length + 1}}"
""",
    mend="""Compute the value in one expression, and keep what later steps need with `outputs`.""",
    source="https://developer.8x8.com/connect/reference/context-scripting",
)
def expression_forbidden(workflow: Workflow, _: Context) -> Problems:
    """A script computes a value and changes nothing: no assignment, `new`, declaration, loop or recursion."""
    for located in scripts_of(workflow).located:
        for mark in _outermost(located.expression.marks):
            if located.text.condition and mark.deed is Deed.ASSIGNMENT and mark.shown == "=":
                continue  # assignment-instead-of-comparison knows better
            severity = Severity.WARNING if mark.deed is Deed.STATEMENT else None
            message = _SAID[mark.deed].format(shorten(mark.shown, 40))
            yield Problem(located.place(mark.start, mark.end), message, severity=severity)


def _outermost(marks: Sequence[Mark]) -> Sequence[Mark]:
    """One mark for a loop, not one more for its counter; and statements only where nothing worse stands."""
    worse = [mark for mark in marks if mark.deed is not Deed.STATEMENT] or list(marks)
    found: list[Mark] = []
    for mark in sorted(worse, key=lambda mark: (mark.start, -mark.end)):
        if not found or mark.start >= found[-1].end:
            found.append(mark)
    return found
