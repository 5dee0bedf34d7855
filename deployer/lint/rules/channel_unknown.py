"""Channels that no message comes from."""

from deployer.finding import Severity
from deployer.lint.documented import CHANNELS, PASSED_CHANNELS
from deployer.lint.formats import steps_of_type
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import MOST_GUESSES, did_you_mean, dynamic, listed, nearest, quoted, respelled
from deployer.source.workflow import Workflow


@rule(
    "channel-unknown",
    Severity.WARNING,
    why="""A WaitForReply step whose channel is misspelled never sees the answer: the person replies, and the workflow
    waits until the time is over. A warning, because the vendor adds channels. Upper and lower case do not matter.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Survey
  steps:
    - id: wait
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: watsapp, timeout: "01:00:00" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Survey
  steps:
    - id: wait
      stepType: WaitForReply
      inputs: { from: "{{data.payload.source}}", channel: whatsapp, timeout: "01:00:00" }
""",
    mend="""Write the channel as the vendor's list has it. What only your account has goes into the option `extra`.""",
    source="https://developer.8x8.com/connect/reference/list-of-supported-chatapps-channels",
    options={
        "extra": {
            "description": "Further channels that the account offers.",
            "type": "array",
            "items": {"type": "string"},
        }
    },
)
def channel_unknown(workflow: Workflow, context: Context) -> Problems:
    """A WaitForReply step waits on a channel that exists."""
    waiting = steps_of_type(workflow, "WaitForReply")
    if not waiting:
        return
    extra = context.options.get("extra")
    more = [str(name) for name in extra] if isinstance(extra, list) else []
    known = {name.lower() for name in (*CHANNELS, *PASSED_CHANNELS, *more)}
    guesses = 0
    for step in waiting:
        channel = step.inputs.get("channel")
        if not isinstance(channel, str) or dynamic(channel) or channel.lower() in known:
            continue
        guesses += 1
        near = nearest(channel, [*CHANNELS, *more]) if guesses <= MOST_GUESSES else None
        tail = did_you_mean(near) or f"; known are {listed([*CHANNELS, *more])}"
        yield Problem(
            step.place("inputs", "channel"),
            f"{quoted(channel)} is not a channel that is known{tail}",
            near,
            fix=respelled(channel, near),
        )
