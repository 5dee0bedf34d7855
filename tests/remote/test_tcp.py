"""The same promises over real sockets, where httpx decides what an error is called."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deployer.errors import ConfigurationError, Unreachable
from deployer.remote.client import AutomationClient, connect
from deployer.remote.errors import Indeterminate, UnusableAnswer
from deployer.remote.limits import Limits
from deployer.remote.target import Target
from deployer.remote.wire import tls_context
from tests.remote.fakes import BODY, ID, KEY, FakeClock, Scene
from tests.remote.loopback import Conversation, serving

STORED = f'{{"id": "{ID}", "version": 1}}'.encode()
Hold = Callable[[Conversation], None]
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@contextlib.contextmanager
def client_of(base_url: str, *, silence: float = 5.0, attempts: int = 2) -> Iterator[AutomationClient]:
    with connect(
        Target(account="acme", base_url=base_url),
        api_key=KEY,
        environ={},
        limits=Limits(max_rps=None, attempts=attempts, silence_seconds=silence),
        clock=FakeClock(),
    ) as client:
        yield client


def answering(conversation: Conversation) -> None:
    """A healthy server that keeps connections open."""
    while (request := conversation.request()) is not None:
        conversation.reply(STORED if request.startswith((b"POST", b"PUT")) else b"[]")


def test_a_port_where_nobody_listens_is_unreachable_even_for_a_create() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with client_of(f"http://127.0.0.1:{port}") as client, pytest.raises(Unreachable, match="refused"):
        client.create(BODY)


def test_a_name_without_an_address_is_unreachable_even_for_a_create() -> None:
    target = Target(account="acme", base_url="https://no-such-host.invalid")
    environ = {"DEPLOYER_ALLOW_HOSTS": "no-such-host.invalid"}
    limits = Limits(attempts=1)
    client = connect(target, api_key=KEY, environ=environ, limits=limits, clock=FakeClock())
    with client, pytest.raises(Unreachable, match=r"no-such-host\.invalid is not reachable"):
        client.create(BODY)


def reset_at_once(conversation: Conversation) -> None:
    conversation.reset()


def reset_after_the_request(conversation: Conversation) -> None:
    conversation.request()
    conversation.reset()


def close_after_the_request(conversation: Conversation) -> None:
    conversation.request()


def reset_in_the_answer(conversation: Conversation) -> None:
    conversation.request()
    conversation.reply(STORED[:9], length=len(STORED))
    conversation.reset()


def cut_the_answer(conversation: Conversation) -> None:
    conversation.request()
    conversation.reply(STORED[:9], length=len(STORED))


def cut_a_chunked_answer(conversation: Conversation) -> None:
    conversation.request()
    conversation.socket.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1f\r\n{")


def cut_an_answer_without_length(conversation: Conversation) -> None:
    conversation.request()
    conversation.socket.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + STORED[:-1])


def cut_the_head(conversation: Conversation) -> None:
    conversation.request()
    conversation.socket.sendall(b"HTTP/1.1 200 OK\r\nContent-")


def talk_nonsense(conversation: Conversation) -> None:
    conversation.request()
    conversation.socket.sendall(b"220 smtp.example.org ESMTP\r\n\r\n")


FAULTS = [
    reset_at_once,
    reset_after_the_request,
    close_after_the_request,
    reset_in_the_answer,
    cut_the_answer,
    cut_a_chunked_answer,
    cut_an_answer_without_length,
    cut_the_head,
    talk_nonsense,
]


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault is not reset_at_once])
def test_a_create_whose_answer_is_lost_on_the_way_is_never_repeated(fault: Hold) -> None:
    with serving(fault) as server, client_of(server.url, attempts=5) as client:
        with pytest.raises(Indeterminate):
            client.create(BODY)
        assert server.connections == 1


def test_a_create_that_is_reset_at_the_door_is_sent_at_most_once() -> None:
    # Whether the reset comes while connecting or after the request left is a race that the kernel decides.
    with serving(reset_at_once) as server, client_of(server.url, attempts=5) as client:
        with pytest.raises((Unreachable, Indeterminate)):
            client.create(BODY)
        assert 1 <= server.connections <= 5
        assert server.heard == []


@pytest.mark.parametrize("fault", FAULTS)
def test_a_read_whose_answer_is_lost_on_the_way_is_repeated(fault: Hold) -> None:
    def hold(conversation: Conversation) -> None:
        (fault if conversation.number < 3 else answering)(conversation)

    with serving(hold) as server, client_of(server.url, attempts=3) as client:
        assert client.latest(ID) is None
        assert server.connections == 3


@pytest.mark.parametrize("beginning", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
def test_a_server_that_falls_silent_loses_the_answer(beginning: bytes) -> None:
    done = threading.Event()

    def hold(conversation: Conversation) -> None:
        conversation.request()
        conversation.socket.sendall(beginning)
        done.wait(10)

    with serving(hold) as server, client_of(server.url, silence=0.2, attempts=1) as client:
        with pytest.raises(Indeterminate, match="timed out"):
            client.create(BODY)
        with pytest.raises(Unreachable, match="timed out"):
            client.latest(ID)
        done.set()
        assert server.connections == 2


def test_reads_share_a_connection_and_every_write_opens_its_own() -> None:
    with serving(answering) as server, client_of(server.url) as client:
        client.latest(ID)
        client.latest(ID)
        client.create(BODY)
        client.create(BODY)
        client.update(ID, BODY)
        client.delete(ID)
        client.latest(ID)
        seen = [(number, text.split(b" ", 1)[0].decode()) for number, text in server.heard]
    assert seen == [(1, "GET"), (1, "GET"), (2, "POST"), (3, "POST"), (4, "PUT"), (5, "DELETE"), (1, "GET")]


def test_a_server_that_ends_idle_connections_never_makes_a_create_doubtful() -> None:
    def hold(conversation: Conversation) -> None:
        """Answers once, and ends the connection the moment it is used again."""
        request = conversation.request()
        conversation.reply(STORED if request and request.startswith(b"POST") else b"[]")
        conversation.request()

    with serving(hold) as server, client_of(server.url) as client:
        client.latest(ID)
        assert client.create(BODY).id == ID
        assert client.create(BODY).id == ID
        client.latest(ID)
        assert [number for number, text in server.heard if text.startswith(b"POST")] == [2, 3]


def test_many_threads_creating_at_once_never_share_a_connection() -> None:
    with serving(answering) as server, client_of(server.url) as client:
        threads = [threading.Thread(target=client.create, args=(BODY,)) for _ in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(number for number, _ in server.heard) == list(range(1, 13))
        # A pool may hand on a connection just as it falls idle; one that ends with its request it cannot.
        assert all(b"\r\nconnection: close\r\n" in text.lower() for _, text in server.heard)


def test_a_redirect_is_not_followed_and_the_key_stays() -> None:
    with serving(answering) as elsewhere:

        def hold(conversation: Conversation) -> None:
            conversation.request()
            conversation.reply(b"", "302 Found", f"Location: {elsewhere.url}/login")

        with serving(hold) as server, client_of(server.url) as client:
            with pytest.raises(UnusableAnswer, match="redirects are not followed"):
                client.latest(ID)
            with pytest.raises(Indeterminate):
                client.create(BODY)
        assert elsewhere.connections == 0


def test_cookies_are_not_kept() -> None:
    def hold(conversation: Conversation) -> None:
        while conversation.request() is not None:
            conversation.reply(b"[]", "200 OK", "Set-Cookie: session=1; Path=/")

    with serving(hold) as server, client_of(server.url) as client:
        client.latest(ID)
        client.latest(ID)
        assert not any(b"cookie" in text.lower() for _, text in server.heard)


def test_a_netrc_file_adds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine 127.0.0.1 login eve password hunter2\ndefault login eve password hunter2\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    with serving(answering) as server:
        with client_of(server.url) as client:
            client.latest(ID)
        with connect(Target(account="acme", base_url=server.url), api_key=None, environ={}) as keyless:
            keyless.latest(ID)
        with_key, without_key = (text.lower() for _, text in server.heard)
    assert f"\r\nAuthorization: Bearer {KEY}\r\n".lower().encode() in with_key
    assert b"authorization" not in without_key


def test_an_account_id_travels_as_one_quoted_segment() -> None:
    with serving(answering) as server:
        with connect(Target(account="a/../b c", base_url=server.url), api_key=KEY, environ={}) as client:
            client.latest(ID)
        assert server.heard[0][1].startswith(f"GET /api/v1/accounts/a%2F..%2Fb%20c/definitions/{ID}?".encode())


# Proxies


def test_a_proxy_tunnels_the_request_and_never_sees_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(conversation: Conversation) -> None:
        conversation.request()
        conversation.reply(b"", "502 Bad Gateway")

    with serving(refuse) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with (
            client_of("https://automation.8x8.com") as client,
            pytest.raises(Unreachable, match="proxy refused") as end,
        ):
            client.create(BODY)
        assert "HTTPS_PROXY" in (end.value.hint or "")
        assert len(proxy.heard) == 2
        assert all(text.startswith(b"CONNECT automation.8x8.com:443 ") for _, text in proxy.heard)
        assert not any(KEY.encode() in text for _, text in proxy.heard)


def test_no_proxy_is_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "no-such-host.invalid")
        target = Target(account="acme", base_url="https://no-such-host.invalid")
        environ = {"DEPLOYER_ALLOW_HOSTS": "no-such-host.invalid"}
        client = connect(target, api_key=KEY, environ=environ, limits=Limits(attempts=1), clock=FakeClock())
        with client, pytest.raises(Unreachable):
            client.latest(ID)
        assert proxy.connections == 0


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_what_goes_to_this_machine_passes_no_proxy(variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering) as proxy, serving(answering) as server:
        monkeypatch.setenv(variable, proxy.url)
        monkeypatch.setenv(variable.lower(), proxy.url)
        with client_of(server.url) as client:
            client.latest(ID)
            client.create(BODY)
        assert proxy.connections == 0


@pytest.mark.parametrize("proxy", ["socks4://user:hunter2@localhost:1", "gopher://user:hunter2@host"])
def test_a_proxy_that_cannot_be_used_is_a_setting_to_correct(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(ConfigurationError, match="proxy settings") as end:
        connect(Target(account="acme"), api_key=KEY, environ={})
    assert "hunter2" not in f"{end.value}{end.value.hint}"


# TLS


def test_certificates_and_names_are_always_verified() -> None:
    context = tls_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_server_that_speaks_no_tls_was_sent_nothing() -> None:
    def hold(conversation: Conversation) -> None:
        conversation.socket.recv(1024)
        conversation.socket.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with serving(hold) as server:
        secure = server.url.replace("http:", "https:")
        with client_of(secure) as client, pytest.raises(Unreachable, match="no connection"):
            client.create(BODY)
        assert server.connections == 2


def test_a_certificate_that_is_not_trusted_is_not_tried_twice() -> None:
    def distrust(_request: httpx.Request) -> httpx.Response:
        # As httpcore leaves it: the original error only remains as the context of its own.
        inner = httpx.ConnectError("self-signed certificate")
        inner.__context__ = ssl.SSLCertVerificationError(1, "self-signed certificate")
        raise httpx.ConnectError("self-signed certificate") from inner

    scene = Scene(distrust)
    with pytest.raises(Unreachable, match="certificate is not trusted") as end:
        scene.client.create(BODY)
    assert "SSL_CERT_FILE" in (end.value.hint or "")


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_certificate_file_that_cannot_be_read_is_a_setting_to_correct(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    with pytest.raises(ConfigurationError, match="SSL_CERT_FILE"):
        connect(Target(account="acme"), api_key=KEY, environ={})


def test_an_answer_that_drips_is_left_after_five_minutes() -> None:
    class Dripping(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b"["
            for _ in range(9):
                scene.clock.sleep(59)
                yield b" "

    scene = Scene(httpx.Response(200, stream=Dripping()), limits=Limits(max_rps=None, attempts=1))
    with pytest.raises(Unreachable, match="longer than 300 seconds"):
        scene.client.latest(ID)
