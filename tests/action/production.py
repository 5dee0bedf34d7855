"""The account that pipelines write to: a server, and colleagues who change things there."""

from __future__ import annotations

import json
import re
from pathlib import Path

from deployer.remote.client import AutomationClient, connect
from deployer.remote.target import Target
from tests.cli.test_over_http import KEY

CONFIG = """\
version: 1
defaultEnvironment: production
environments:
  production: {{ accountId: acme, baseUrl: "{url}", protect: true }}
"""


CASES = """\
cases:
  - name: whoever writes gets an answer
    trigger: {{ sms: {{ from: "+6591234567", text: Hello }} }}
    expect: {{ sent: [{{ to: "+6591234567", text: {said} }}] }}
"""


def answers(desk: Path) -> dict[str, tuple[str, int]]:
    """What customers hear in production, and in which version, by key."""
    with _connected(desk) as gateway:
        found = {each.name: (json.loads(json.dumps(dict(each.body))), each.version) for each in gateway.definitions()}
    return {
        name.removeprefix("Reply "): (body["definition"]["steps"][0]["inputs"]["text"], version)
        for name, (body, version) in found.items()
    }


def edit_in_the_web_builder(desk: Path, key: str, text: str) -> None:
    """Somebody changes what a workflow says, past Git."""
    with _connected(desk) as gateway:
        (found,) = (found for found in gateway.definitions() if found.name == f"Reply {key}")
        body = json.loads(json.dumps(dict(found.body)))
        body["definition"]["steps"][0]["inputs"]["text"] = text
        gateway.update(found.id, body)


def _connected(desk: Path) -> AutomationClient:
    url = re.search(r'baseUrl: "(.*)"', (desk / "deployer.yaml").read_text())
    assert url is not None
    return connect(Target(account="acme", base_url=url[1]), api_key=KEY["DEPLOYER_API_KEY"])
