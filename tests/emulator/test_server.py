"""The emulator over real HTTP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from deployer.emulator import Server, serve
from deployer.errors import ConfigurationError
from tests.emulator.api import Api, definition, refusal
from tests.emulator.conftest import Serve

LIST = "/api/v1/accounts/acme/definitions"


@pytest.fixture
def server(api: Api) -> Iterator[Server]:
    """The emulator at a free port of this machine."""
    with serve(api.app) as running:
        yield running


@pytest.fixture
def client(server: Server) -> Iterator[httpx.Client]:
    """A client with one connection only, so that a test sees whether it stays open."""
    with httpx.Client(
        base_url=server.url,
        headers={"Authorization": "Bearer any"},
        limits=httpx.Limits(max_connections=1),
        trust_env=False,
        timeout=5,
    ) as opened:
        yield opened


def port_of(response: httpx.Response) -> int:
    """The client's end of the connection that an answer came on."""
    port: int = response.extensions["network_stream"].get_extra_info("client_addr")[1]
    return port


def raw(server: Server, request: bytes) -> bytes:
    """Everything that the server says to some bytes until it closes the connection."""
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_a_definition_is_created_updated_listed_and_deleted_over_http(client: httpx.Client) -> None:
    created = client.post(LIST, json=definition(name="Über HTTP 👋"))
    assert (created.status_code, created.http_version) == (201, "HTTP/1.1")
    location = created.headers["Location"]
    assert client.put(location, json=definition()).json()["version"] == 2
    assert [item["definition"]["name"] for item in client.get(location).json()] == ["Auto reply", "Über HTTP 👋"]
    assert client.get(LIST, params={"limit": 1}).json()[0]["id"] == created.json()["id"]
    deleted = client.delete(location)
    assert (deleted.status_code, deleted.content) == (202, b"")


def test_one_connection_serves_many_requests_also_refused_ones(client: httpx.Client) -> None:
    responses = [
        client.get(LIST),
        client.post(LIST, json=definition()),
        client.post(LIST, json=definition(), headers={"Authorization": ""}),
        client.post("/nowhere", json=definition()),
        client.post(LIST, content=b"x" * 100_000),
        client.head(LIST),
        client.request("SEARCH", LIST, json={"a": 1}),
        client.get(LIST),
    ]
    assert [response.status_code for response in responses] == [200, 201, 401, 404, 415, 200, 405, 200]
    assert len({port_of(response) for response in responses}) == 1


def test_a_body_above_the_limit_is_refused_without_losing_the_connection(serving: Serve) -> None:
    with serve(serving("max-body=1000").app) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        client.headers["Authorization"] = "Bearer any"
        large = client.post(LIST, json=definition(name="x" * 1_000_000))
        after = client.get(LIST)
        assert (after.status_code, port_of(after)) == (200, port_of(large))
    assert refusal(large) == (413, 1000, "Request body has more than 1000 bytes.")


def test_a_body_may_come_in_chunks(client: httpx.Client) -> None:
    text = httpx.Request("POST", "http://x", json=definition(name="In pieces")).content
    pieces = (text[start : start + 7] for start in range(0, len(text), 7))
    created = client.post(LIST, content=pieces, headers={"Content-Type": "application/json"})
    assert created.json()["definition"]["name"] == "In pieces"


def test_a_head_tells_the_length_of_the_answer_and_sends_none(client: httpx.Client) -> None:
    client.post(LIST, json=definition())
    head = client.head(LIST)
    assert (head.content, head.headers["Content-Length"]) == (b"", str(len(client.get(LIST).content)))


def test_path_and_query_arrive_decoded(client: httpx.Client) -> None:
    created = client.post("/api/v1/accounts/a%20%C3%A9/definitions", json=definition())
    assert created.json()["accountId"] == "a é"
    assert created.headers["Location"].startswith("/api/v1/accounts/a%20%C3%A9/definitions/")
    zones = client.get("/api/v1/accounts/acme/steps/timezones", params={"contains": "los angeles"})
    assert [zone["id"] for zone in zones.json()] == ["Pacific Standard Time"]


def test_many_connections_are_answered_at_the_same_time(server: Server) -> None:
    def create(number: int) -> int:
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            client.headers["Authorization"] = "Bearer any"
            return client.post(LIST, json=definition(name=f"{number}")).status_code

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(create, range(24))) == [201] * 24


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        (b"Content-Length: 2\r\nContent-Length: 3\r\n", b"400"),
        (b"Content-Length: -1\r\n", b"400"),
        (b"Content-Length: 99999999999999999999\r\n", b"400"),
        (b"Content-Length: 999999999\r\n", b"413"),
        (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", b"400"),
        (b"Transfer-Encoding: gzip\r\n", b"400"),
    ],
)
def test_a_body_without_a_clear_end_is_refused_and_the_connection_closed(
    server: Server, headers: bytes, status: bytes
) -> None:
    request = b"POST / HTTP/1.1\r\nHost: x\r\n" + headers + b"\r\n"
    answer = raw(server, request + b"{}GET /_emulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 " + status)
    assert answer.count(b"HTTP/1.1") == 1
    assert b"Connection: close" in answer


@pytest.mark.parametrize("body", [b"zz\r\n", b"\r\n", b"2\r\n{}XX", b"123456789\r\n"])
def test_malformed_chunks_are_refused_and_the_connection_closed(server: Server, body: bytes) -> None:
    answer = raw(server, b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
    assert answer.startswith(b"HTTP/1.1 400")
    assert answer.endswith(b"The body's chunks are malformed.\n")


def test_a_client_that_leaves_in_the_middle_gets_nothing_and_leaves_no_trace(
    server: Server, api: Api, capfd: pytest.CaptureFixture[str]
) -> None:
    answer = raw(server, f"POST {LIST} HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{{".encode())
    assert answer == b""
    assert api.listed() == []
    assert capfd.readouterr() == ("", "")


def test_a_client_that_asks_first_is_told_to_go_on(server: Server) -> None:
    head = f"POST {LIST} HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\nConnection: close\r\n\r\n"
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(head.encode())
        assert connection.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(b"{}")
        assert connection.recv(1000).startswith(b"HTTP/1.1 401")


def test_an_http_1_0_client_is_answered_and_its_connection_closed(server: Server) -> None:
    answer = raw(server, b"GET /_emulator/health HTTP/1.0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200")
    assert b'{"status":"ok"' in answer


def test_two_ways_to_write_a_header_are_not_confused(server: Server) -> None:
    answer = raw(
        server, f"GET {LIST} HTTP/1.1\r\nHost: x\r\nAuthorization: \r\nauthorization_: Bearer k\r\n\r\n".encode()
    )
    assert answer.startswith(b"HTTP/1.1 401")


def test_by_default_nothing_is_printed(client: httpx.Client, capfd: pytest.CaptureFixture[str]) -> None:
    client.get(LIST)
    client.get("/nowhere")
    assert capfd.readouterr() == ("", "")


def test_a_log_gets_a_line_for_each_request_without_control_characters(api: Api) -> None:
    lines: list[str] = []
    with serve(api.app, log=lines.append) as server:
        raw(server, b"GET /_emulator/health HTTP/1.0\r\nAuthorization: Bearer secret\r\n\r\n")
        raw(server, b"GET /a\x1b[31m HTTP/1.0\r\n\r\n")
    assert lines == ['"GET /_emulator/health HTTP/1.0" 200 -', '"GET /a?[31m HTTP/1.0" 401 -']


def test_a_taken_port_is_an_error_with_a_way_out(api: Api, server: Server) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot listen at 127.0.0.1 port {server.port}") as caught:
        serve(api.app, "127.0.0.1", server.port)
    assert caught.value.hint == "Choose another port, or 0 for any free one."


@pytest.mark.parametrize("port", [-1, 70_000])
def test_an_impossible_port_is_an_error(api: Api, port: int) -> None:
    with pytest.raises(ConfigurationError, match=f"cannot listen at 127.0.0.1 port {port}"):
        serve(api.app, "127.0.0.1", port)


def test_a_shutdown_ends_serving_and_closes_open_connections(api: Api) -> None:
    server = serve(api.app)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    with socket.create_connection((server.host, server.port), timeout=5) as connection:
        connection.sendall(b"GET /_emulator/health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        server.shutdown()
        assert connection.recv(65536) == b""
    thread.join(5)
    assert not thread.is_alive()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((server.host, server.port), timeout=5)


def test_a_server_can_be_shut_down_twice_and_before_it_served(api: Api) -> None:
    server = serve(api.app)
    server.shutdown()
    server.shutdown()
    server.serve_forever()
    with pytest.raises(OSError, match="refused"):
        socket.create_connection((server.host, server.port), timeout=5)
