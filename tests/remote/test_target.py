"""Where the API key may go."""

from __future__ import annotations

import pytest

from deployer.errors import ConfigurationError
from deployer.remote.client import connect
from deployer.remote.target import Target, check_account, check_host, check_key


@pytest.mark.parametrize(
    ("base_url", "host"),
    [
        ("https://automation.8x8.com", "automation.8x8.com"),
        ("https://8x8.com", "8x8.com"),
        ("HTTPS://Automation.8X8.COM/", "automation.8x8.com"),
        ("https://automation.8x8.com:8443", "automation.8x8.com"),
        ("https://automation.8x8.com/eu/v2/", "automation.8x8.com"),
        ("http://localhost:8080", "localhost"),
        ("http://127.0.0.1:8080", "127.0.0.1"),
        ("http://127.8.9.10", "127.8.9.10"),
        ("https://[::1]:8443", "::1"),
        ("http://[0:0:0:0:0:0:0:1]", "0:0:0:0:0:0:0:1"),
    ],
)
def test_the_key_may_go_to_8x8_over_https_and_to_this_machine(base_url: str, host: str) -> None:
    address = check_host(base_url, {})
    assert address.host == host
    assert address.url == base_url.lower().rstrip("/")


@pytest.mark.parametrize(
    "base_url",
    [
        "http://automation.8x8.com",
        "https://evil8x8.com",
        "https://8x8.com.evil.org",
        "https://8x8.com@evil.org",
        "https://automation.8x8.com:443@evil.org",
        "https://user:secret@automation.8x8.com",
        "https://automation.8x8.com.",
        "https://8x8.com..",
        "https://.8x8.com",
        "https://a..8x8.com",
        "https://-a.8x8.com",
        "https://automation.8x8.com\\@evil.org",
        "https://evil.org\\.8x8.com",
        "https://evil.org/.8x8.com",
        "https://evil.org?.8x8.com",
        "https://evil.org#.8x8.com",
        "https://evil.org%2f.8x8.com",
        "https://evil.org%00.8x8.com",
        "https://evil.org/\n.8x8.com",
        "https://automation.8x8.com\n",
        " https://automation.8x8.com",
        "https://аutomation.8x8.com",
        "https://8x8。com",
        "https://8x8.com:0",
        "https://8x8.com:65536",
        "https://8x8.com:443:443",
        "https://8x8.com/../x",
        "https://8x8.com/?a=b",
        "https://" + "a" * 64 + ".8x8.com",
        "https://" + "a." * 130 + "8x8.com",
        "ftp://8x8.com",
        "//8x8.com",
        "8x8.com",
        "https://",
        "",
        "http://localhost.evil.org",
        "http://notlocalhost",
        "http://localhost.",
        "http://127.0.0.1.evil.org",
        "http://128.0.0.1",
        "http://127.1",
        "http://0177.0.0.1",
        "http://0x7f.0x0.0x0.0x1",
        "http://2130706433",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::ffff:127.0.0.1]",
        "http://[::1%25lo]",
        "https://10.0.0.1",
        "https://8x8.co",
        "https://com",
    ],
)
def test_the_key_goes_nowhere_else(base_url: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        check_host(base_url, {})
    assert refusal.value.exit_code == 3
    assert refusal.value.hint


def test_a_password_in_a_base_url_is_not_repeated() -> None:
    with pytest.raises(ConfigurationError) as refusal:
        check_host("https://user:hunter2@automation.8x8.com", {})
    assert "hunter2" not in f"{refusal.value} {refusal.value.hint}"


@pytest.mark.parametrize(
    ("allowed", "base_url"),
    [
        ("gateway.acme.org", "https://gateway.acme.org"),
        (" Gateway.Acme.org , other.org", "https://gateway.acme.ORG:8443/8x8"),
        ("gateway.acme.org:8443", "https://gateway.acme.org:8443"),
        ("gateway.acme.org:443", "https://gateway.acme.org"),
        ("10.0.0.1", "https://10.0.0.1"),
        ("[fd00::1]:8443", "https://[fd00::1]:8443"),
    ],
)
def test_users_can_allow_hosts_of_their_own(allowed: str, base_url: str) -> None:
    assert check_host(base_url, {"DEPLOYER_ALLOW_HOSTS": allowed}).url.startswith("https://")


@pytest.mark.parametrize(
    ("allowed", "base_url"),
    [
        ("acme.org", "https://gateway.acme.org"),
        ("*.acme.org", "https://gateway.acme.org"),
        ("gateway.acme.org", "http://gateway.acme.org"),
        ("gateway.acme.org:8443", "https://gateway.acme.org"),
        ("", "https://gateway.acme.org"),
        (",,", "https://gateway.acme.org"),
    ],
)
def test_an_allowed_host_is_exact_and_https(allowed: str, base_url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"gateway\.acme\.org"):
        check_host(base_url, {"DEPLOYER_ALLOW_HOSTS": allowed})


def test_a_project_file_cannot_send_the_key_elsewhere() -> None:
    with pytest.raises(ConfigurationError, match=r"not sent to evil\.org"):
        connect(Target(account="acme", base_url="https://evil.org"), api_key="secret-key", environ={})


@pytest.mark.parametrize("key", ["", "abc\r\nX-Evil: 1", "abc\n", " abc", "a b", "schlüssel", "abc\x00", "a\u200bb"])
def test_a_key_that_is_no_header_value_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        check_key(key, variable="DEPLOYER_API_KEY_EU")
    assert "DEPLOYER_API_KEY_EU" in str(refusal.value)
    assert not key.strip() or key.strip() not in f"{refusal.value} {refusal.value.hint}"


def test_a_missing_key_is_named_by_its_variable() -> None:
    with pytest.raises(ConfigurationError, match="DEPLOYER_API_KEY_EU is not set"):
        connect(Target(account="acme", api_key_env="DEPLOYER_API_KEY_EU"), api_key=None, environ={})


@pytest.mark.parametrize("account", ["", ".", "..", "a\nb", "a\u202eb", "\x1b[2J"])
def test_an_account_id_that_is_no_path_segment_is_refused(account: str) -> None:
    with pytest.raises(ConfigurationError, match="is not an account id"):
        check_account(account)
