"""A circle that nothing slows down."""

from deployer.finding import Severity
from deployer.lint.graph import components, graph_of, place_of, shortest_cycle
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import shorten
from deployer.source.workflow import Step, Workflow


@rule(
    "step-loop-without-wait",
    Severity.ERROR,
    why="""Going back to an earlier step is legal, but a circle in which nothing waits runs as fast as the
    platform can: hundreds of messages to one customer, or requests to one server, before anybody
    notices.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
      nextStepId: again
    - id: again
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
      nextStepId: reply
""",
    good="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
      nextStepId: pause
    - id: pause
      stepType: Wait
      inputs: { duration: "00:05:00" }
      nextStepId: reply
""",
    mend="""Put a Wait, WaitForReply or WaitForDTMF into the circle, or lead out of it.""",
    source="https://github.com/danielgerlag/workflow-core",
)
def step_loop_without_wait(workflow: Workflow, _: Context) -> Problems:
    """Every circle of steps contains one that waits."""
    graph = graph_of(workflow)
    if all(target > number for number, targets in enumerate(graph.edges) for target in targets):
        return  # whoever only goes forward comes round to nothing
    patient = {number for number, step in enumerate(graph.steps) if _may_wait(step)}
    for number in list(patient):
        # A step goes on when the steps inside it have ended, so it waits as they do.
        parent = graph.parents[number]
        while parent is not None and parent not in patient:
            patient.add(parent)
            parent = graph.parents[parent]
    for component in components(graph.edges, set(range(len(graph.steps))) - patient):
        cycle = shortest_cycle(graph.edges, component)
        if cycle:
            names = [_name(graph.steps[number]) for number in (*cycle, cycle[0])]
            shown = [*names[:8], "...", names[-1]] if len(names) > 10 else names
            yield Problem(
                place_of(graph.steps[cycle[0]]),
                f"these steps go round without a wait: {' -> '.join(shown)}; put a Wait between them, or a way out",
            )


def _may_wait(step: Step) -> bool:
    """Whether it pauses; of a type that is not known nobody can say."""
    return step.type is None or step.type.waits


def _name(step: Step) -> str:
    return shorten(step.id or "?", 40)
