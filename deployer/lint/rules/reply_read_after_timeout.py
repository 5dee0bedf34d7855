"""Answers that never came."""

from deployer.finding import Severity
from deployer.lint.expressions.expression import Read, Use
from deployer.lint.expressions.flow import flow_of, setters
from deployer.lint.expressions.places import scripts_of
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.source.workflow import Workflow


@rule(
    "reply-read-after-timeout",
    Severity.WARNING,
    why="""When a wait ends without an answer, its `outputs` are not set. On the way that follows a time-out the
    answer is missing: a text shows a hole, and reading into it fails.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: ask
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: sms, timeout: "00:05:00" }
      outputs: { answer: "{{step.reply}}" }
      selectNextStep:
        thank: "{{data.answer != null}}"
        remind: "{{data.answer == null}}"
    - id: thank
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{data.answer.payload.body}}"
    - id: remind
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{data.answer.payload.body}}"
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
      outputs: { answer: "{{step.reply}}" }
      selectNextStep:
        thank: "{{data.answer != null}}"
        remind: "{{data.answer == null}}"
    - id: thank
      stepType: SMS
      inputs:
        subAccountId: acme_sms
        destination: "{{data.payload.source}}"
        text: "You wrote {{data.answer.payload.body}}"
    - id: remind
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: "Are you still there?" }
""",
    mend="""Read the answer only where there is one, or say what holds without it: `{{data.answer ?? 'nothing'}}`.
    With the option `everyPath`, places that a time-out may also lead to are reported where reading fails.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
    options={
        "everyPath": {
            "description": "Report also where a time-out is one way among others.",
            "type": "boolean",
            "default": False,
        }
    },
)
def reply_read_after_timeout(workflow: Workflow, context: Context) -> Problems:
    """An answer is not read on the way that a time-out takes."""
    flow = flow_of(workflow)
    if flow is None:
        return
    every_path = context.options.get("everyPath") is True
    waits = setters(workflow)
    for located in scripts_of(workflow).located:
        state = flow.at(located)
        for read in located.expression.reads if state is not None else ():
            if read.root != "data" or read.name is None or _minds(read) or state is None:
                continue
            bit = flow.bits[read.name]
            surely = bool(bit & state.missed) and not bit & state.set
            if not surely and not (every_path and bit & state.missed and read.deep):
                continue
            wait = next((step for step in waits[read.name] if step.type is not None and step.type.times_out), None)
            asked = f"step `{shorten(wait.id)}`" if wait is not None and wait.id else "the wait"
            fails = "reading into it fails" if read.deep else "it is empty"
            when = "here" if surely else "when the time was over"
            yield Problem(
                located.place(read.start, read.ends[0]),
                f"{asked} got no answer {when}, so `data.{shorten(read.name)}` is not set and {fails}",
            )


def _minds(read: Read) -> bool:
    """Whether the script goes on without the value."""
    return read.guarded or read.use is Use.TESTED or (read.use is Use.COMPARED and not read.deep)
