"""Write the workflows of this example: twelve conversations in five countries, sixty files, and a test for each.

Run it in this folder; it writes `workflows/<country>/<conversation>.yaml`.
"""

from __future__ import annotations

import sys
from pathlib import Path

COUNTRIES = {"sg": "Singapore", "my": "Malaysia", "ph": "the Philippines", "hk": "Hong Kong", "au": "Australia"}

STARTED_BY_THE_SHOP = (
    "order-confirmed", "order-shipped", "order-delivered", "order-delayed", "return-received", "refund-paid",
    "payment-due", "appointment", "back-in-stock", "survey", "welcome",
)  # fmt: skip

ANSWER = """\
# Answers whoever writes to the shop in {place}.
metadata:
  key: {key}
subAccountId: ${{var.account}}_{country}
trigger: inbound_sms
status: enabled
definition:
  name: {name}
  steps:
    - id: reply
      stepType: SMS
      inputs:
        subAccountId: ${{var.account}}_{country}
        destination: "{{{{data.payload.source}}}}"
        text: ${{file.texts/auto-reply.txt}}
"""

NOTICE = """\
# The shop starts it for a customer in {place}.
metadata:
  key: {key}
  declares:
    phone: Number of the customer, in international form
    name: First name, for the greeting
    order: What it is about
subAccountId: ${{var.account}}_{country}_{words}
trigger: http_request
status: enabled
definition:
  name: {name}
  steps:
    - id: notice
      stepType: SMS
      inputs:
        subAccountId: ${{var.account}}_{country}
        destination: "{{{{data.phone}}}}"
        text: ${{file.texts/{conversation}.txt}}
"""


ANSWER_TEST = """\
workflow: {key}
cases:
  - name: answers whoever writes
    trigger: {{ sms: {{ from: "+6591234567", text: Hello }} }}
    expect:
      path: [reply]
      sent: [ {{ step: reply, to: "+6591234567" }} ]
      status: Complete
"""

NOTICE_TEST = """\
workflow: {key}
cases:
  - name: reaches the customer by name
    trigger: {{ http: {{ phone: "+6591234567", name: Ann, order: A-1001 }} }}
    expect:
      path: [notice]
      sent: [ {{ step: notice, to: "+6591234567", text: {{ match: Ann }} }} ]
      status: Complete
"""


def workflows() -> dict[str, str]:
    """Every workflow by its path, and its test beside it."""
    files = {}
    for country, place in COUNTRIES.items():
        for conversation in ("auto-reply", *STARTED_BY_THE_SHOP):
            form = ANSWER if conversation == "auto-reply" else NOTICE
            key = f"{country}-{conversation}"
            files[f"workflows/{country}/{conversation}.yaml"] = form.format(
                place=place, country=country, conversation=conversation, key=key,
                name=f"{country.upper()} {conversation}", words=conversation.replace("-", "_"),
            )  # fmt: skip
            test = ANSWER_TEST if conversation == "auto-reply" else NOTICE_TEST
            files[f"workflows/{country}/{conversation}.test.yaml"] = test.format(key=key)
    return files


def main(folder: Path) -> None:
    """Write the files below a folder."""
    for name, text in workflows().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    sys.stdout.write(f"{len(workflows()) // 2} workflows written, and a test for each\n")


if __name__ == "__main__":
    main(Path(__file__).parent)
