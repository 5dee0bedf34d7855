"""Serves a WSGI application over HTTP/1.1 on this machine, with connections that stay open.

werkzeug's own development server closes every connection after one answer, and clients behave differently
on connections that they use again. So this reads each request to its end before it answers, which is all
that keeping a connection needs.
"""

from __future__ import annotations

import io
import socket
import socketserver
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from deployer.emulator.framing import FramingError, read_body
from deployer.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

IDLE_SECONDS = 75.0
"""How long an open connection may wait for its next request."""

Log = Callable[[str], None]


def serve(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0, *, log: Log | None = None) -> Server:
    """Listen at host and port; port 0 takes a free one. Nothing is answered before `serve_forever`.

    `log` gets one line a request, without headers and bodies. Raises ConfigurationError if the address is
    not to be had.
    """
    try:
        return Server(_Listener(host, port, app, log))
    except (OSError, OverflowError) as error:
        raise ConfigurationError(
            f"cannot listen at {host} port {port}: {error}", hint="Choose another port, or 0 for any free one."
        ) from error


class Server:
    """A listening server; made by `serve`."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._serving = False
        self._closed = False
        host, port = listener.server_address[:2]
        self.host: str = str(host)
        self.port: int = int(port)
        """The port it listens at, also when it was asked for any."""

    @property
    def url(self) -> str:
        """What a client takes as its base URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def serve_forever(self) -> None:
        """Answer requests, each connection in a thread of its own, until `shutdown` or an exception such as Ctrl-C."""
        with self._lock:
            if self._closed:
                return
            self._serving = True
        self._listener.serve_forever(poll_interval=0.05)

    def shutdown(self) -> None:
        """Stop listening and close all connections. Call it from another thread than `serve_forever`'s."""
        with self._lock:
            serving, self._serving, self._closed = self._serving, False, True
        if serving:
            self._listener.shutdown()
        self._listener.server_close()
        self._listener.close_connections()

    def __enter__(self) -> Server:
        threading.Thread(target=self.serve_forever, name="emulator", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shutdown()


class _Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    # On Windows this would let two servers share a port.
    allow_reuse_address = sys.platform != "win32"
    request_queue_size = 64

    def __init__(self, host: str, port: int, app: WSGIApplication, log: Log | None) -> None:
        self.app = app
        self.log = log
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__((host, port), _Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        with self._open_lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        if isinstance(request, socket.socket):
            with self._open_lock:
                self._open.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                # The client was faster.
                continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing of clients that went away; everything else is a bug, and is shown."""
        if not isinstance(sys.exception(), (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    server: _Listener
    protocol_version = "HTTP/1.1"
    server_version = "deployer-emulator"
    sys_version = ""
    timeout = IDLE_SECONDS
    # Head and body leave in one piece; otherwise the system holds the second back for 40 ms.
    wbufsize = -1
    disable_nagle_algorithm = True

    error_content_type = "text/plain; charset=utf-8"
    error_message_format = "%(message)s\n"

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Every method is the application's to answer."""
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def handle_expect_100(self) -> bool:
        """Tell the client at once to send its body; it waits for that."""
        carry_on = super().handle_expect_100()
        self.wfile.flush()
        return carry_on

    def _answer(self) -> None:
        """Read the request to its end, ask the application, answer."""
        try:
            body = read_body(self.rfile, self.headers)
        except FramingError as error:
            # What follows on the connection could be body or request.
            self.close_connection = True
            self.send_error(error.status, str(error))
            self.wfile.flush()
            return
        answer = _Answer()
        chunks = self.server.app(self._environ(body), answer.start)
        try:
            content = b"".join(chunks)
        finally:
            if hasattr(chunks, "close"):
                chunks.close()
        self._send(answer, content)

    def _send(self, answer: _Answer, content: bytes) -> None:
        code, _, reason = answer.status.partition(" ")
        self.send_response(int(code), reason)
        # To HEAD the application says how long the answer would be; otherwise it is what is sent.
        head = self.command == "HEAD"
        for name, value in answer.headers:
            if name.lower() != "connection" and (head or name.lower() != "content-length"):
                self.send_header(name, value)
        if not head:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not head:
            self.wfile.write(content)
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the base class's name
        if self.server.log is not None:
            text = format % args
            self.server.log("".join(character if character.isprintable() else "?" for character in text))

    def _environ(self, body: bytes) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        host, port = self.server.server_address[:2]
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "SCRIPT_NAME": "",
            "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
            "QUERY_STRING": query,
            "SERVER_NAME": str(host),
            "SERVER_PORT": str(port),
            "SERVER_PROTOCOL": self.request_version,
            "REMOTE_ADDR": str(self.client_address[0]),
            "CONTENT_LENGTH": str(len(body)),
            "wsgi.version": (1, 0),
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
            "wsgi.multiprocess": True,
            "wsgi.run_once": False,
        }
        for name, value in self.headers.items():
            key = name.upper().replace("-", "_")
            if key == "CONTENT_TYPE":
                environ[key] = value
            elif key not in {"CONTENT_LENGTH", "TRANSFER_ENCODING"} and "_" not in name:
                environ[f"HTTP_{key}"] = value
        return environ


class _Answer:
    """What a WSGI application passes to `start_response`."""

    def __init__(self) -> None:
        self.status = "500 Internal Server Error"
        self.headers: list[tuple[str, str]] = []

    def start(
        self,
        status: str,
        headers: list[tuple[str, str]],
        exc_info: object = None,  # noqa: ARG002  # PEP 3333 passes it
        /,
    ) -> Callable[[bytes], object]:
        self.status = status
        self.headers = headers
        return _no_write


def _no_write(data: bytes) -> object:
    raise NotImplementedError(f"this server takes bodies from the iterable only, not {len(data)} bytes written")
