"""Documentation of what can be wrong with a smoke test; `operations/check_smoke.py` finds it by simulating."""

from __future__ import annotations

from deployer.finding import Severity
from deployer.lint.registry import declare

declare(
    "smoke-sends",
    Severity.ERROR,
    "A smoke test messages nobody, unless it says `allowSend: true`.",
    why="""A smoke test starts a real instance on the real account right after each apply. Where its path has a step
    that sends a message, makes a call or hands over to an agent, somebody gets that at every deployment. The path is
    simulated with the test's payload; where it depends on the answer of a service, which nobody knows before, every
    sending step of the workflow counts.""",
    bad="",
    good="",
    mend="""Choose a payload that leads past the sending steps, or expect `status: Runnable` at a wait before them. If
    the message is meant, to a number of your own, write `allowSend: true` below `metadata.smoke`.""",
    source="deployer's own; docs/operate.md describes smoke tests",
    adjustable=False,
    always="a test that messages customers is no test",
)
