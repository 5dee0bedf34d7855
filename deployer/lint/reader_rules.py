"""Documentation of the rules whose cases the reader finds, before anybody asks what a file means."""

from __future__ import annotations

from deployer.finding import Severity
from deployer.lint import registry
from deployer.source.document import LOAD_RULES

_YAML = "https://yaml.org/spec/1.2.2/"
_JSON = "https://www.rfc-editor.org/rfc/rfc8259"
_OWN = "deployer's own"

_GOOD = """\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: reply
      stepType: SMS
      inputs: { subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }
"""


def declare(name: str, *, why: str, mend: str, source: str, bad: str = "", good: str = "") -> None:
    """Document a rule of the reader. One about bytes or about millions of them has no example."""
    severity, summary = LOAD_RULES[name]
    registry.declare(
        name, severity, summary, why=why, bad=bad, good=good, mend=mend, source=source,
        adjustable=severity is not Severity.ERROR,
    )  # fmt: skip


def _with(old: str, new: str) -> str:
    """The workflow with one piece in other words."""
    return _GOOD.replace(old, new)


declare(
    "file-encoding",
    why="""Every YAML and JSON reader expects UTF-8. In another encoding `é` and emoji turn into other characters, and
    customers read those.""",
    mend="""Save the file as UTF-8; editors show the encoding in their status bar. A byte order mark may stay.""",
    source=f"{_JSON}#section-8.1",
)

declare(
    "file-size",
    why="""Workflows have some kilobytes. A file of this size is something else, or was made to keep a reader busy.""",
    mend="""Move the file out of the project's `workflows`, or take long texts in with `${file.PATH}`.""",
    source=_OWN,
)

declare(
    "empty-file",
    why="""Every file below `workflows` is deployed, and in this one there is nothing to deploy: it was never filled, or
    everything in it is a comment.""",
    bad="# Answers outside office hours\n",
    good=_GOOD,
    mend="""Write the workflow, or delete the file.""",
    source=_OWN,
)

declare(
    "conflict-marker",
    why="""Git found that two people changed the same lines and left both there. YAML may even read them, and then one
    of the two goes to customers.""",
    bad=_with("text: Thank you }", f"text: Thank you }}\n{'<' * 7} HEAD\n"),
    good=_GOOD,
    mend="""Keep one side, or what both together should say, and delete the lines with the markers.""",
    source="https://git-scm.com/docs/git-merge#_how_conflicts_are_presented",
)

declare(
    "yaml-syntax",
    why="""Nothing can be read behind the error, so nothing could be sent. What one reader accepts and another refuses
    is an error, too: colleagues and CI may have the other one.""",
    bad=_with("name: Auto reply", "name: Auto reply: outside office hours"),
    good=_with("name: Auto reply", 'name: "Auto reply: outside office hours"'),
    mend="""Look at the place that the message names and at the line above it. Often a quote or a bracket is not
    closed, a line starts in the wrong column or with a tab, or a text with `: ` in it needs quotes.""",
    source=_YAML,
)

declare(
    "json-syntax",
    why="""JSON knows less than JavaScript and YAML: a comment or a comma at the end of a list makes the file
    unreadable to other programs.""",
    bad="""\
# file: auto-reply.json
{
  "trigger": "inbound_sms",
  "status": "enabled",
}
""",
    good="""\
# file: auto-reply.json
{
  "trigger": "inbound_sms",
  "status": "enabled",
  "definition": {
    "name": "Auto reply",
    "steps": [{ "id": "pause", "stepType": "Wait", "inputs": { "duration": "00:05:00" } }]
  }
}
""",
    mend="""Remove what the message points at, or rename the file to `.yaml`, where comments are fine.""",
    source=_JSON,
)

declare(
    "several-documents",
    why="""One file is one workflow, with one key and one definition on the server. Behind `---` a second one would
    begin, and most readers would drop it without a word.""",
    bad=f"{_GOOD}---\n{_GOOD}",
    good=_GOOD,
    mend="""Put each workflow into a file of its own. A `---` at the very top is fine.""",
    source=f"{_YAML}#92-streams",
)

declare(
    "nesting-limit",
    why="""No workflow needs as many levels; a file that has them was made by a program that went wrong, or to crash
    readers, and some of them do crash.""",
    bad=_with("text: Thank you", f"text: {'[' * 101}{']' * 101}"),
    good=_GOOD,
    mend="""Look for what was nested by mistake; long flows are steps in a row, joined by `nextStepId`.""",
    source=f"{_JSON}#section-9",
)

declare(
    "alias-limit",
    why="""An alias stands for a whole value. One that contains itself never ends, and a few lines of aliases to aliases
    become millions of values.""",
    bad=_with("text: Thank you }", "text: Thank you }\n      outputs: &again { again: *again }"),
    good=_GOOD,
    mend="""Write the value out, or let the alias stand for a smaller part.""",
    source=f"{_YAML}#71-alias-nodes",
)

declare(
    "forbidden-tag",
    why="""Tags can make a reader build dates, sets, bytes or objects of a program. None of these is JSON, so none can
    be sent, and the last kind is how YAML files run code.""",
    bad=_with("Thank you", "!upper Thank you"),
    good=_GOOD,
    mend="""Remove the tag. Where the text itself starts with `!`, put it in quotes.""",
    source=f"{_YAML}#24-tags",
)

declare(
    "duplicate-mapping-key",
    why="""YAML and JSON forbid it, but most readers keep the last one without a word: half of what the file says has no
    effect, and nobody notices. Often it is a step that was pasted without its dash.""",
    bad=_with("status: enabled", "status: enabled\nstatus: disabled"),
    good=_GOOD,
    mend="""Delete one of the two; the message names the line of the first.""",
    source=f"{_YAML}#3213-node-comparison",
)

_MENU = """\
trigger: inbound_sms
status: enabled
definition:
  name: Auto reply
  steps:
    - id: menu
      stepType: Branch
      selectNextStep: {{ {key}: null }}
    - id: "1"
      stepType: SMS
      inputs: {{ subAccountId: acme_sms, destination: "{{{{data.payload.source}}}}", text: Thank you }}
"""

declare(
    "non-string-key",
    why="""Keys of JSON are texts. `1:` is a number to YAML, `null:` nothing and `1:30:` ninety minutes, and programs
    differ in what text they make of these.""",
    bad=_MENU.format(key="1"),
    good=_MENU.format(key='"1"'),
    mend="""Put the key in quotes; `deployer validate --fix` does it.""",
    source=f"{_YAML}#1032-tag-resolution",
)

_POST = """\
trigger: http_request
status: enabled
definition:
  name: Report
  steps:
    - id: report
      stepType: HttpRequest
      inputs: {{ url: https://crm.example.com/report, method: POST, body: {{ share: {share} }} }}
"""

declare(
    "not-json",
    why="""The definition is sent as JSON, which has neither infinity nor `not a number`, and whose readers lose what
    is beyond the range of their numbers.""",
    bad=_POST.format(share=".inf"),
    good=_POST.format(share="1.0"),
    mend="""Write a number that exists, or put an id with many digits in quotes.""",
    source=f"{_JSON}#section-6",
)

declare(
    "expression-needs-quotes",
    why="""A brace starts a mapping in YAML, so without quotes the expression is no text but a mapping within a
    mapping.""",
    bad=_with('"{{data.payload.source}}"', "{{data.payload.source}}"),
    good=_GOOD,
    mend="""Put the whole value in quotes; `deployer validate --fix` does it.""",
    source=f"{_YAML}#742-flow-mappings",
)

declare(
    "ambiguous-scalar",
    why="""Without quotes YAML guesses what a value is, and its versions guess differently: `NO` is a country or
    false, `17:00:00` a time or 61,200. deployer reads YAML 1.2; the next program that reads the file may not. Where
    every reader takes a number and characters get lost (`+6512345678`, `010`), it is an error.""",
    bad=_with("Thank you", "NO"),
    good=_with("Thank you", '"NO"'),
    mend="""Put texts that look like something else in quotes; `deployer validate --fix` does it where that changes
    nothing.""",
    source=f"{_YAML}#1032-tag-resolution",
)

declare(
    "text-after-hash",
    why="""Behind a blank, `#` starts a comment, and what follows never reaches the customer: `Call us #1` becomes
    `Call us`.""",
    bad=_with('{ subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }',
              '\n        subAccountId: acme_sms\n        destination: "{{data.payload.source}}"\n'
              "        text: Thank you, you are our #1").replace("inputs: \n", "inputs:\n"),
    good=_with('{ subAccountId: acme_sms, destination: "{{data.payload.source}}", text: Thank you }',
               '\n        subAccountId: acme_sms\n        destination: "{{data.payload.source}}"\n'
               '        text: "Thank you, you are our #1"').replace("inputs: \n", "inputs:\n"),
    mend="""Put the text in quotes. If it is a comment, write a blank behind the `#`.""",
    source=f"{_YAML}#66-comments",
)  # fmt: skip
