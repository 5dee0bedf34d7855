"""A step that never runs."""

from collections.abc import Iterator

from deployer.finding import Severity
from deployer.lint.graph import Graph, components, graph_of, graph_with_guesses, reachable
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import MOST_GUESSES, nearest, refers, shorten
from deployer.source.workflow import Workflow


@rule(
    "unreachable-step",
    Severity.WARNING,
    why="""The first step of the list starts, and every other one runs only when a step leads to it. A step
    that nothing leads to never runs, usually because a `nextStepId` was forgotten.""",
    bad="""\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
    - id: thanks
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
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
      nextStepId: thanks
    - id: thanks
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Lead to the step with `nextStepId` or `selectNextStep`, or delete it.""",
    source="https://github.com/danielgerlag/workflow-core",
)
def unreachable_step(workflow: Workflow, _: Context) -> Problems:
    """Every step is reached from the first one."""
    targets = [outcome.target for step in workflow.steps for outcome in step.outcomes]
    if any("${" in target and refers(target) for target in targets):
        # Where a reference that is not resolved leads, nobody knows.
        return
    guesses: dict[str, str | None] = {}

    def guess(target: str) -> str | None:
        # A misspelled target is one problem: the step that was meant is not unreachable as well.
        if target not in guesses and len(guesses) < MOST_GUESSES:
            guesses[target] = nearest(target, workflow.by_id)
        return guesses.get(target)

    astray = any(target not in workflow.by_id for target in targets)
    graph = graph_with_guesses(workflow, guess) if astray else graph_of(workflow)
    lost = set(range(len(graph.steps))) - reachable(graph.edges, range(min(1, len(graph.steps))))
    for number, first in enumerate(_beginnings(graph, lost)):
        step = graph.steps[first]
        if step.id is None or not step.id.strip():
            continue  # nothing can lead to it, and that it has no id is reported
        following = len(reachable(graph.edges, [first]) & lost) - 1 if number < MOST_GUESSES else 0
        tail = ""
        if following:
            tail = f", nor do the {following} steps after it" if following > 1 else ", nor does the one after it"
        yield Problem(step.place("id"), f"step `{shorten(step.id)}` never runs{tail}: no step leads to it")


def _beginnings(graph: Graph, lost: set[int]) -> Iterator[int]:
    """Of each lost stretch its first step: what follows would be reached with it."""
    component_of: dict[int, int] = {}
    parts = components(graph.edges, lost)
    for index, part in enumerate(parts):
        component_of.update(dict.fromkeys(part, index))
    entered = {
        component_of[target]
        for number in lost
        for target in graph.edges[number]
        if target in lost and component_of[target] != component_of[number]
    }
    for first, index in sorted((part[0], index) for index, part in enumerate(parts)):
        if index not in entered and graph.parents[first] not in lost:
            yield first
