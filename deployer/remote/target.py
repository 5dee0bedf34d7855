"""Where requests go, and whether the API key may go there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, ip_address

from deployer.errors import ConfigurationError
from deployer.record import record
from deployer.remote.errors import printable

DEFAULT_BASE_URL = "https://automation.8x8.com"
ALLOW_HOSTS = "DEPLOYER_ALLOW_HOSTS"


@record
class Target:
    """One account at one address."""

    account: str
    base_url: str = DEFAULT_BASE_URL
    send_account_id: bool = False
    """Put `accountId` into bodies. The schema requires it, no documented request sends it."""
    api_key_env: str = "DEPLOYER_API_KEY"
    """The environment variable that holds the key; only named in messages."""


@record
class Address:
    """A base URL that passed the check."""

    url: str
    """Without a slash at the end."""
    host: str
    """Lower case, without port and brackets."""
    port: int
    loopback: bool

    @property
    def encrypted(self) -> bool:
        """Whether nobody on the way can read along."""
        return self.url.startswith("https://")


# Stricter than any URL parser on purpose: what two parsers could read differently (user names, backslashes, percent
# signs, other alphabets, spaces) is no address of an API.
_BASE_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[A-Z0-9.-]+|\[[0-9A-F:.]+\])(?::(?P<port>[0-9]{1,5}))?(?P<path>(?:/[A-Z0-9._~-]*)*)",
    re.IGNORECASE | re.ASCII,
)
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_LOOPBACK = IPv4Network("127.0.0.0/8")


def check_host(base_url: str, environ: Mapping[str, str]) -> Address:
    """Decide whether the API key may be sent to `base_url`.

    Allowed are https hosts under 8x8.com, loopback (127.0.0.0/8, ::1, localhost; http too), and the https hosts that
    the *user's* variable DEPLOYER_ALLOW_HOSTS lists: names separated by commas, exact, each optionally with `:port`.
    A project file cannot widen this.

    Raises ConfigurationError.
    """
    address = read_address(base_url, name="baseUrl", example=DEFAULT_BASE_URL)
    if not address.loopback:
        _check_remote(address, environ)
    return address


def read_address(base_url: str, *, name: str, example: str) -> Address:
    """Read the address of an API; `name` is the setting that holds it.

    Raises ConfigurationError for what is none, or could be read as another one.
    """
    match = _BASE_URL.fullmatch(base_url)
    port = int(match["port"] or 443) if match else 0
    if match is None or not 0 < port < 65536 or {".", ".."} & set(match["path"].split("/")):
        # Not shown: whatever stands before an `@` may be a password.
        shown = "" if "@" in base_url else f" {printable(base_url, limit=100)!r}"
        raise ConfigurationError(
            f"{name}{shown} is not an address like {example}",
            hint="Write https://, a host name in ASCII, and nothing else: no user name, query or spaces.",
        )
    scheme, host = match["scheme"].lower(), match["host"].lower().strip("[]")
    address = _ip(host, name)
    loopback = host == "localhost" or _is_loopback(address)
    shown_host = f"[{host}]" if isinstance(address, IPv6Address) else host
    shown_port = f":{match['port']}" if match["port"] else ""
    return Address(
        url=f"{scheme}://{shown_host}{shown_port}{match['path'].rstrip('/')}", host=host, port=port, loopback=loopback
    )


def _check_remote(address: Address, environ: Mapping[str, str]) -> None:
    host, port = address.host, address.port
    if not address.encrypted:
        raise ConfigurationError(
            f"baseUrl must begin with https://: the API key would travel to {host} in the clear",
            hint="Plain http is for this machine only (localhost, 127.0.0.1).",
        )
    if host.endswith(".8x8.com") or host == "8x8.com":
        return
    allowed = {entry.strip().lower() for entry in environ.get(ALLOW_HOSTS, "").split(",")}
    shown = f"[{host}]" if ":" in host else host
    if not allowed & {host, shown, f"{shown}:{port}"}:
        raise ConfigurationError(
            f"the API key is not sent to {host}: it is neither under 8x8.com nor this machine",
            hint=f"If you trust that host, set {ALLOW_HOSTS}={host} in your own environment.",
        )


def _ip(host: str, name: str) -> IPv4Address | IPv6Address | None:
    """The address that `host` spells out, None for a name.

    Raises ConfigurationError for what is neither: systems read `127.1`, `0x7f.1` and `2130706433` as addresses,
    so a last label that is a number has to belong to a complete address.
    """
    try:
        return ip_address(host)
    except ValueError:
        labels = host.split(".")
        numeric = labels[-1].isdigit() or labels[-1].startswith("0x")
        if numeric or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise ConfigurationError(
                f"{name} names a host that is none: {host!r}",
                hint="Write a host name like automation.8x8.com, without a dot at the end.",
            ) from None
        return None


def _is_loopback(address: IPv4Address | IPv6Address | None) -> bool:
    if isinstance(address, IPv4Address):
        return address in _LOOPBACK
    return address == IPv6Address("::1")


def check_key(api_key: str, *, variable: str, hint: str = "Copy the key again from 8x8 Connect, API keys.") -> str:
    """Refuse a key that is no header value, without showing it: line breaks, spaces, other alphabets.

    Raises ConfigurationError.
    """
    problem = None
    if not api_key:
        problem = "is empty"
    elif api_key != api_key.strip():
        problem = "begins or ends with a space or a line break"
    elif not all("!" <= character <= "~" for character in api_key):
        problem = "holds a character that no API key has (a space, a line break, or one outside ASCII)"
    if problem is not None:
        raise ConfigurationError(f"{variable} {problem}", hint=hint)
    return api_key


def check_account(account: str) -> str:
    """Refuse an account id that cannot be one segment of a path. Raises ConfigurationError."""
    if not account or account in {".", ".."} or printable(account) != account:
        raise ConfigurationError(
            f"accountId {printable(account, limit=80)!r} is not an account id",
            hint="Copy it from 8x8 Connect; it looks like acme_staging.",
        )
    return account
