"""Waiting for keys outside a call."""

from deployer.finding import Severity
from deployer.lint.formats import steps_of_type
from deployer.lint.graph import graph_of, reachable
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Step, Workflow


@rule(
    "wait-for-dtmf-without-voice",
    Severity.WARNING,
    why="""WaitForDTMF waits for keys pressed in a call. Without a VoiceMessage before it there is no call, so
    it waits until its time is over.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: keys
      stepType: WaitForDTMF
      inputs: { timeout: "00:05:00" }
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: call
      stepType: VoiceMessage
      inputs:
        subAccountId: acme_voice
        clientRequestId: "{{uuid()}}"
        action: say&capture
        params: { source: "+6531234567", destination: "{{data.payload.source}}", text: Press one }
      outputs: { call: "{{step.response.clientRequestId}}" }
      nextStepId: keys
    - id: keys
      stepType: WaitForDTMF
      inputs: { dtmfRequestId: "{{data.call}}", timeout: "00:05:00" }
""",
    mend="""Put a VoiceMessage with the action `say&capture` before it, and give its request id as
    `dtmfRequestId`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def wait_for_dtmf_without_voice(workflow: Workflow, _: Context) -> Problems:
    """A VoiceMessage comes before every WaitForDTMF."""
    if not steps_of_type(workflow, _KEYS):
        return
    graph = graph_of(workflow)
    waiting = [number for number, step in enumerate(graph.steps) if step.type is not None and step.type.name == _KEYS]
    onward = [[*ways, *back] for ways, back in zip(graph.edges, graph.back, strict=True)]
    calls = [number for number, step in enumerate(graph.steps) if _may_call(step)]
    after_calls = reachable(onward, [target for number in calls for target in onward[number]])
    for number in waiting:
        if number not in after_calls:
            yield Problem(
                graph.steps[number].place("stepType"),
                "no VoiceMessage can come before this step, so nobody will press a key",
            )


_KEYS = "WaitForDTMF"


def _may_call(step: Step) -> bool:
    """Whether it calls somebody; of a type that is not known nobody can say."""
    return step.type is None or step.type.name == "VoiceMessage"
