"""Four threads and one limit; and a server that gives less than it is asked for."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import httpx

from deployer.remote.client import connect
from deployer.remote.limits import Limits
from deployer.remote.target import Target
from tests.operations.world import ACCOUNT, KEY

from .faults import Fault
from .invariants import BrokenPromiseError
from .simulation import Actor, SharedClock, Stage
from .site import HERE, Site

RPS = 5.0
PAUSE = 7.0
"""What the 429 of the lab asks for in its header."""


def four_threads(site: Site, seed: int) -> None:
    """All requests of a run keep the distance, and all stop when one is told to."""
    stage = Stage(site.time, Random(seed))
    left: list[float] = []
    came_back: list[float] = []

    def gate(moment: str, _request: httpx.Request) -> None:
        (left if moment == "before" else came_back).append(site.time.monotonic())

    throttled = Random(seed).randrange(4)
    line = site.line("threads", {throttled: Fault.THROTTLED_WITH_HEADER}, gate)
    client = connect(
        Target(account=ACCOUNT, base_url=HERE), api_key=KEY, transport=line, clock=SharedClock(stage),
        random=Random(seed).random, limits=Limits(max_rps=RPS, parallelism=1),
    )  # fmt: skip

    def reads(_actor: Actor) -> None:
        for _ in range(3):
            client.latest("5870442f-3ddd-4657-b74c-6e17308f5230")

    for number in range(4):
        stage.enter(f"thread {number}", reads)
    stage.play()
    client.close()
    gaps = [later - earlier for earlier, later in pairwise(left)]
    if min(gaps) < 1 / RPS - 1e-6:
        raise BrokenPromiseError(f"{RPS:g} requests a second were allowed, and two left within {min(gaps):.3f} s")
    told = came_back[throttled]
    if any(told < moment < told + PAUSE for moment in left):
        raise BrokenPromiseError("the server asked for silence, and another thread went on")


class Capped(httpx.BaseTransport):
    """A server whose pages are never longer than two, whatever is asked for."""

    def __init__(self, server: httpx.BaseTransport) -> None:
        self._server = server

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if "limit" in request.url.params:
            request.url = request.url.copy_set_param("limit", "2")
        return self._server.handle_request(request)
