"""Everything between a call and the network, for one host: checked once, shared by all threads."""

from __future__ import annotations

import os
import random as chance
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.remote.exchange import Exchange, Log
from deployer.remote.limits import Clock, Limiter, Limits, SystemClock
from deployer.remote.masking import Mask
from deployer.remote.setback import Judge
from deployer.remote.target import Target, check_account, check_host, check_key
from deployer.remote.wire import Wire, in_process, open_wire

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

    import httpx

EMULATOR = "emulator"
OWN_SERVICE = "automation.8x8.com"


@record
class Line:
    """A way to one host."""

    host: str
    wire: Wire
    exchange: Exchange
    judge: Judge
    clock: Clock
    parallelism: int


@record
class Opener:
    """What opening a line takes; the same for every service of the vendor."""

    target: Target
    api_key: str | None
    transport: httpx.BaseTransport | None = None
    """Replaces the network in tests; the checks of host and key stay."""
    wsgi_app: WSGIApplication | None = None
    """The API in this process: no key is needed, and `base_url` does not count."""
    environ: Mapping[str, str] | None = None
    """Where DEPLOYER_ALLOW_HOSTS is looked up; default: the process's."""
    limits: Limits | None = None
    clock: Clock | None = None
    random: Callable[[], float] = chance.random
    log: Log = lambda _line: None

    def open(self, service: str | None = None) -> Line:
        """A line to the Automation API, or to the vendor's service on the host `service`.

        Raises ConfigurationError for a host that the key must not go to, a key that is none, unusable proxy settings.
        """
        check_account(self.target.account)
        url, host, loopback = self._address(service)
        limits = self.limits or (Limits(max_rps=None) if self.wsgi_app is not None else Limits())
        key = self._key(host, loopback=loopback)
        clock, mask = self.clock or SystemClock(), Mask(key)
        transport = self.transport if self.wsgi_app is None else in_process(self.wsgi_app)
        # A proxy on the way to this machine would read a key that was meant to stay on it.
        wire = open_wire(
            base_url=url, api_key=key, limits=limits, proxies=not loopback, transport=transport, clock=clock, mask=mask
        )
        judge = Judge(self.target, host, mask, keyless=key is None)
        exchange = Exchange(
            send=wire.send,
            judge=judge,
            limiter=Limiter(limits, clock),
            attempts=limits.attempts,
            clock=clock,
            random=self.random,
            log=self.log,
            mask=mask,
        )
        return Line(host=host, wire=wire, exchange=exchange, judge=judge, clock=clock, parallelism=limits.parallelism)

    def _address(self, service: str | None) -> tuple[str, str, bool]:
        """URL, host, and whether it is this machine. An emulator has the neighbours below the name of their host."""
        if self.wsgi_app is not None:
            return f"http://{EMULATOR}" + (f"/{service}" if service else ""), service or EMULATOR, True
        environ = os.environ if self.environ is None else self.environ
        address = check_host(self.target.base_url, environ)
        if service is None:
            return address.url, address.host, address.loopback
        if address.loopback:
            return f"{address.url}/{service}", service, True
        if address.host != OWN_SERVICE:
            raise ConfigurationError(
                f"`baseUrl` leads to {address.host}, so nobody knows whether {service} belongs to the same account",
                hint="Of the vendor's other services only those beside automation.8x8.com are asked.",
            )
        neighbour = check_host(f"https://{service}", environ)
        return neighbour.url, neighbour.host, False

    def _key(self, host: str, *, loopback: bool) -> str | None:
        given = self.api_key or (EMULATOR if self.wsgi_app is not None else None)
        if self.api_key is None and not loopback:
            raise ConfigurationError(
                f"{self.target.api_key_env} is not set: {host} needs an API key",
                hint=f"Set {self.target.api_key_env} to a key from 8x8 Connect, API keys.",
            )
        key = None if given is None else check_key(given, variable=self.target.api_key_env)
        if key is not None and key in self.target.account and self.wsgi_app is None:
            raise ConfigurationError(
                "accountId holds the API key, which would show up in addresses and logs",
                hint="Copy the account id from 8x8 Connect, and replace the key if that file was committed.",
            )
        return key
