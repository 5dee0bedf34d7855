"""Smoke tests whose path cannot be taken."""

from collections.abc import Mapping
from difflib import get_close_matches

from deployer.finding import Severity
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.source.workflow import Workflow


@rule(
    "smoke-unknown-step",
    Severity.ERROR,
    why="""A path with a step that does not exist can never be taken, so the smoke test fails, and what was applied is
    rolled back. Most often the step was renamed.""",
    bad="""\
metadata: { smoke: { payload: {}, path: [pause, ask] } }
trigger: http_request
status: enabled
definition:
  name: Pause
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "00:00:01" }
""",
    good="""\
metadata: { smoke: { payload: {}, path: [pause] } }
trigger: http_request
status: enabled
definition:
  name: Pause
  steps:
    - id: pause
      stepType: Wait
      inputs: { duration: "00:00:01" }
""",
    mend="""Write the ids of steps of this workflow, in the order in which they run.""",
    source="deployer's own; docs/operate.md describes smoke tests",
)
def smoke_unknown_step(workflow: Workflow, _: Context) -> Problems:
    """The path of a smoke test names steps of its workflow."""
    smoke = workflow.metadata.get("smoke")
    path = smoke.get("path") if isinstance(smoke, Mapping) else None
    for index, step in enumerate(path if isinstance(path, list) else ()):
        if isinstance(step, str) and step not in workflow.by_id:
            near = get_close_matches(step, workflow.by_id, 1)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            place = workflow.place("metadata", "smoke", "path", index)
            yield Problem(place, f"no step has the id `{step}`{meant}")
