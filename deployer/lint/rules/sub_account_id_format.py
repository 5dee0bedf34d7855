"""Ids that no sub-account has."""

from collections.abc import Iterator

from deployer.finding import Severity
from deployer.lint.documented import SUB_ACCOUNT
from deployer.lint.formats import fields
from deployer.lint.registry import Context, Problem, Problems, rule
from deployer.lint.wording import dynamic, quoted, refers
from deployer.source.workflow import Place, Workflow


@rule(
    "sub-account-id-format",
    Severity.ERROR,
    why="""The platform's ids of sub-accounts have 3 to 50 characters out of letters, digits and `-._&`.
    Anything else is a typing mistake: no sub-account has such an id, so the workflow never starts, or
    the message is never sent.""",
    bad="""\
subAccountId: "acme sms"
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    good="""\
subAccountId: acme_sms
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
""",
    mend="""Copy the id from the 8x8 Connect portal.""",
    source="https://developer.8x8.com/connect/reference/get-definitions (`subAccountId`)",
)
def sub_account_id_format(workflow: Workflow, _: Context) -> Problems:
    """A sub-account id has 3 to 50 letters, digits, dashes, dots, underscores or ampersands."""
    for place, text in _sub_accounts(workflow):
        if not SUB_ACCOUNT.fullmatch(text):
            message = f"{quoted(text)} is not a sub-account id: 3 to 50 letters, digits, `-`, `.`, `_` or `&`"
            near = text.strip()
            yield Problem(place, message, near if SUB_ACCOUNT.fullmatch(near) else None)


def _sub_accounts(workflow: Workflow) -> Iterator[tuple[Place, str]]:
    # At the top of a file the platform evaluates no expressions, so `{{...}}` is no excuse there.
    for key in ("subAccountId", "subaccountId"):
        value = workflow.body.get(key)
        if isinstance(value, str) and not refers(value):
            yield workflow.place(key), value
    for field in fields(workflow, "sub-account-id"):
        if not SUB_ACCOUNT.fullmatch(field.text) and not dynamic(field.text):
            yield field.place, field.text
