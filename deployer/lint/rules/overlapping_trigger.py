"""Two answers to one message."""

from collections.abc import Sequence

from deployer.finding import Severity
from deployer.lint.overlap import Listener, overlaps
from deployer.lint.registry import Context, Problem, Problems, project_rule
from deployer.lint.wording import listed
from deployer.source.workflow import Workflow


@project_rule(
    "overlapping-trigger",
    Severity.WARNING,
    why="""Every enabled definition that fits an event starts. Two with one trigger and one sub-account, or one
    of them without a sub-account, which means all, both answer: the customer gets two messages. It is a
    warning, because several workflows on one event can be meant, such as an answer and a log.""",
    bad="""\
# file: first.yaml
trigger: inbound_sms
status: enabled
definition:
  name: First
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
# file: second.yaml
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: Second
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
# file: first.yaml
subAccountId: acme_two
trigger: inbound_sms
status: enabled
definition:
  name: First
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
# file: second.yaml
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: Second
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Give them different sub-accounts, disable one, or join them with a Branch. Where both are meant, set
    the rule to `off`.""",
    source="https://developer.8x8.com/connect/reference/create-definition",
)
def overlapping_trigger(workflows: Sequence[Workflow], context: Context) -> Problems:
    """One event starts one workflow."""
    # Those that the user did not ask about come first, so that a pair is told where they did.
    listening = sorted(
        (workflow for workflow in workflows if workflow.enabled and workflow.trigger is not None),
        key=context.shown,
    )
    listeners = [
        Listener(name=workflow.key, trigger=workflow.trigger or "", sub_account=workflow.sub_account)
        for workflow in listening
    ]
    partners: dict[int, list[str]] = {}
    for earlier, later in overlaps(listeners):
        partners.setdefault(id(later), []).append(earlier.name)
    for workflow, listener in zip(listening, listeners, strict=True):
        names = partners.get(id(listener))
        if names is None:
            continue
        start = "each request starts" if listener.trigger == "http_request" else "each message is answered by"
        where = f"sub-account {listener.sub_account}" if listener.sub_account is not None else "every sub-account"
        yield Problem(
            workflow.place("trigger"),
            f"{start} this workflow and {listed(names, most=3)} as well: they listen to {listener.trigger} of {where}",
        )
