"""Documentation of what can be wrong with a test file; `cases.py` finds the cases.

The examples are tests of the workflow `survey` in `docs/testing.md`.
"""

from __future__ import annotations

from deployer.finding import Severity
from deployer.lint import registry
from deployer.lint.cases import CASE_RULES

_OWN = "deployer's own; docs/testing.md describes test files"
_TRIGGERS = "https://developer.8x8.com/connect/reference/create-definition"

_GOOD = """\
workflow: survey
cases:
  - name: a happy customer is thanked
    trigger: { http: { phone: "+6591234567", name: Mei } }
    mocks: { report: { responseCode: 200 } }
    replies: [{ text: "4" }]
    expect:
      path: [ask, wait, thanks, report]
"""


def declare(name: str, *, why: str, mend: str, source: str = _OWN, bad: str = "", good: str = _GOOD) -> None:
    """Document a rule of test files."""
    registry.declare(
        name, Severity.ERROR, CASE_RULES[name], why=why, bad=bad, good=good if bad else "", mend=mend, source=source,
        adjustable=False, always="a test that cannot be understood proves nothing",
    )  # fmt: skip


def _with(old: str, new: str) -> str:
    """The test file with one piece in other words."""
    return _GOOD.replace(old, new)


declare(
    "test-not-a-test-file",
    why="""A file called `*.test.yaml` is read as a test file and never deployed. One without cases tests nothing, and
    nobody would notice.""",
    bad="workflow: survey\nname: a happy customer is thanked\n",
    mend="""Write `cases:` with at least one case, or `fixtures:` for other test files. Call a file that is no test
    otherwise.""",
)

declare(
    "test-unknown-workflow",
    why="""A test file belongs to the workflow whose key its name begins with, or that `workflow:` names. Without that
    workflow there is nothing to run: it was renamed, or the name has a slip.""",
    bad=_with("workflow: survey", "workflow: surveys"),
    mend="""Write the key of a workflow of this project.""",
)

declare(
    "test-unknown-step",
    why="""A mock of a step that does not exist is never used, and an expectation of it never holds. Most often the step
    was renamed in the workflow.""",
    bad=_with("mocks: { report:", "mocks: { raport:"),
    mend="""Write the id of a step as the workflow has it; ids are compared with their case.""",
)

declare(
    "test-unknown-fixture",
    why="""A case that uses a fixture takes over what it says. Without the fixture the case would lack its trigger or
    its mocks and test something else.""",
    bad="""\
workflow: survey
fixtures:
  mei:
    trigger: { http: { phone: "+6591234567", name: Mei } }
cases:
  - name: silence is reported
    use: [may]
    mocks: { report: { responseCode: 200 } }
""",
    good="""\
workflow: survey
fixtures:
  mei:
    trigger: { http: { phone: "+6591234567", name: Mei } }
cases:
  - name: silence is reported
    use: [mei]
    mocks: { report: { responseCode: 200 } }
""",
    mend="""Write the name of a fixture of this file, or `include` the test file that has it.""",
)

declare(
    "test-unknown-environment",
    why="""The environment decides which variables the workflow has in this case. Of one that is not declared nobody
    knows them.""",
    bad=_with("    replies:", "    environment: prodution\n    replies:"),
    good=_with("    replies:", "    environment: production\n    replies:"),
    mend="""Write the name of an environment of `deployer.yaml`, or leave the line out: then the one that the command
    works on counts.""",
)

declare(
    "test-include",
    why="""Only test files may be included, and only those of the same project: a test must not depend on what lies
    elsewhere on one machine. Paths start at the folder of the file that includes.""",
    bad="""\
# file: people.test.yaml
fixtures:
  mei:
    trigger: { http: { phone: "+6591234567", name: Mei } }
# file: survey.test.yaml
include: [people.yaml]
cases: []
""",
    good="""\
# file: people.test.yaml
fixtures:
  mei:
    trigger: { http: { phone: "+6591234567", name: Mei } }
# file: survey.test.yaml
include: [people.test.yaml]
cases: []
""",
    mend="""Write the path of a `*.test.yaml` file of this project, and mend that file if it cannot be read.""",
)

declare(
    "test-row",
    why="""`${row.NAME}` is replaced by the value that each row of the case's `table` has for NAME. Where there is no
    such value, the text itself would be sent to the workflow.""",
    bad="""\
workflow: survey
cases:
  - name: score ${row.score}
    table:
      - { score: "1" }
      - { score: "5" }
    trigger: { http: { phone: "+6591234567", name: Mei } }
    mocks: { report: { responseCode: 200 } }
    replies: [{ text: "${row.scores}" }]
""",
    good="""\
workflow: survey
cases:
  - name: score ${row.score}
    table:
      - { score: "1" }
      - { score: "5" }
    trigger: { http: { phone: "+6591234567", name: Mei } }
    mocks: { report: { responseCode: 200 } }
    replies: [{ text: "${row.score}" }]
""",
    mend="""Give every row of the table that value, or write `$${row.NAME}` for the text itself.""",
)

_TWICE = """\
workflow: survey
cases:
  - name: a happy customer is thanked
    trigger: { http: { phone: "+6591234567", name: Mei } }
    mocks: { report: { responseCode: 200 } }
    replies: [{ text: "4" }]
  - name: SECOND
    trigger: { http: { phone: "+6591234567", name: Mei } }
    mocks: { report: { responseCode: 200 } }
    replies: [{ text: "1" }]
"""

declare(
    "test-duplicate-name",
    why="""Reports, snapshots and `-k` know a case by its name. Of two with the same name nobody could say which one
    failed.""",
    bad=_TWICE.replace("SECOND", "a happy customer is thanked"),
    good=_TWICE.replace("SECOND", "an unhappy customer gets an apology"),
    mend="""Say in each name what sets the case apart. In a case with a table, put `${row.NAME}` into the name.""",
)

declare(
    "test-trigger",
    why="""A workflow starts with what its trigger gives it: an incoming SMS, a message in a chat app, or the body of an
    HTTP request. A case with another one would start it with data that the platform never sends.""",
    bad=_with("""{ http: { phone: "+6591234567", name: Mei } }""", """{ sms: { from: "+6591234567", text: Hi } }"""),
    mend="""Write `sms` for `inbound_sms`, `chat` for `inbound_chat_apps`, `http` for `http_request`, or `payload` for
    the whole webhook as it stands at `data`.""",
    source=_TRIGGERS,
)

declare(
    "test-outcome",
    why="""A mock stands for what a step gets back. An HTTP request gets a response, or cannot reach the service; any
    step can get a fault, and then no answer beside it. A misspelled word would leave the answer empty.""",
    bad=_with("responseCode", "responsecode"),
    mend="""For an HTTP request write `responseCode`, `responseBody` and `reasonPhrase`, or `unreachable` alone. For a
    step that fails write `fault` alone.""",
)

declare(
    "test-reply",
    why="""A reply goes to a step that waits: text to one that waits for a message, keys to one that waits for keys.
    Any other step would never take it.""",
    bad=_with("""{ text: "4" }""", """{ step: wait, dtmf: "4" }"""),
    good=_with("""{ text: "4" }""", """{ step: wait, text: "4" }"""),
    mend="""Write exactly one of `text`, `dtmf`, `payload` and `silent`, and let `step` name one that waits for it.""",
)

declare(
    "test-size",
    why="""Every case is a run of the workflow, and each row of a table is a case. A file with more of them was made by
    a program, or to keep a machine busy.""",
    mend="""Split the file, or leave rows out that test the same.""",
)
