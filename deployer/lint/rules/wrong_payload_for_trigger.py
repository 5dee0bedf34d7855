"""Fields of the other kind of message."""

from collections.abc import Iterator, Mapping

from deployer.finding import Severity
from deployer.lint.expressions.expression import Read, Use
from deployer.lint.expressions.flow import setters
from deployer.lint.expressions.places import Located, scripts_of
from deployer.lint.expressions.triggers import CHAT, SHAPES, SMS, WHOLE_REPLY, Shape, payload_of_reply
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import did_you_mean, nearest, shorten
from deployer.source.workflow import Step, Workflow


@rule(
    "wrong-payload-for-trigger",
    Severity.ERROR,
    why="""An SMS has its text in `payload.body` and its sender in `payload.source`; a chat message has them in
    `payload.content.text` and `payload.user`. What the other kind has is not there: the text shows a hole,
    or the script fails. Replies are as their channel is.""",
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
        text: "You wrote {{data.payload.content.text}}"
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
    mend="""Read the field that this kind of message has.""",
    source="https://developer.8x8.com/connect/reference/inbound-sms and https://developer.8x8.com/connect/reference/inbound-chatapps-message",
)
def wrong_payload_for_trigger(workflow: Workflow, _: Context) -> Problems:
    """What is read from a message is what that kind of message has."""
    shapes = _shapes(workflow)
    for located in scripts_of(workflow).located:
        minded = {read.path for read in located.expression.reads if read.use is Use.TESTED}
        for read in located.expression.reads:
            for shape, depth in _messages(located, read, shapes):
                if len(read.path) <= depth or any(path[: depth + 1] == read.path[: depth + 1] for path in minded):
                    continue
                problem = _problem(located, read, shape, depth)
                if problem is not None:
                    yield problem


def _shapes(workflow: Workflow) -> Mapping[str, tuple[Shape, int]]:
    """The names of `data` that hold a message, and how many names deep its payload's fields stand."""
    found: dict[str, tuple[Shape, int]] = {}
    known = setters(workflow)
    shape = SHAPES.get(workflow.trigger or "")
    if shape is not None and "payload" not in known:
        found["payload"] = (shape, 1)
    for name, steps in known.items():
        kept = {_kept(step, step.outputs[name]) for step in steps}
        only = kept.pop() if len(kept) == 1 else None
        if only is not None:
            found[name] = only
    return found


def _kept(step: Step, output: object) -> tuple[Shape, int] | None:
    """Which message an output keeps, whole."""
    depth = WHOLE_REPLY.get(output) if isinstance(output, str) else None
    shape = payload_of_reply(step)
    return (shape, depth) if shape is not None and depth is not None else None


def _messages(located: Located, read: Read, shapes: Mapping[str, tuple[Shape, int]]) -> Iterator[tuple[Shape, int]]:
    """The message that a chain goes into."""
    if read.root == "data" and read.name in shapes:
        shape, depth = shapes[read.name or ""]
        if depth == 1 or read.path[1:2] == ("payload",):
            yield shape, depth
    elif read.root == "step" and read.path[:2] == ("reply", "payload"):
        shape_of_reply = payload_of_reply(located.step)
        if shape_of_reply is not None:
            yield shape_of_reply, 2


def _problem(located: Located, read: Read, shape: Shape, depth: int) -> Problem | None:
    field = read.path[depth]
    if shape.has(read.path[depth:]):
        return None
    before = ".".join((read.root, *read.path[:depth]))
    other = CHAT if shape is SMS else SMS
    for length in (2, 1):
        meant = shape.elsewhere.get(".".join(read.path[depth : depth + length]))
        if meant is not None and len(read.path) >= depth + length:
            return Problem(
                located.place(read.start, read.ends[depth + length - 1]),
                f"{shape.name} has no `{shorten('.'.join(read.path[depth : depth + length]))}`, {other.name} has"
                f"{did_you_mean(f'{before}.{meant}')}",
                f"{before}.{meant}",
            )
    if field in other.fields:
        message = f"{shape.name} has no `{shorten(field)}`, {other.name} has"
        return Problem(located.place(read.start, read.ends[depth]), message)
    near = nearest(field, sorted(shape.fields))
    if near is None:
        return None  # webhooks differ by version; only what looks like a slip is worth a word
    return Problem(
        located.place(read.start, read.ends[depth]),
        f"{shape.name} has no `{shorten(field)}` in the documentation{did_you_mean(f'{before}.{near}')}",
        f"{before}.{near}",
        Severity.WARNING,
    )
