"""Real sockets on this machine that misbehave as told."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator


class Conversation:
    """One accepted connection, on the server's side."""

    def __init__(self, connection: socket.socket, number: int, heard: list[tuple[int, bytes]]) -> None:
        self.socket = connection
        self.number = number
        self._heard = heard
        self._buffer = b""

    def request(self) -> bytes | None:
        """Read one whole request and remember it; None when the client has gone."""
        head = self._until(lambda text: b"\r\n\r\n" in text)
        if head is None:
            return None
        fields, _, _ = head.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in fields.split(b"\r\n") if line.lower().startswith(b"content-length:")),
            0,
        )
        whole = self._until(lambda text: len(text) >= len(fields) + 4 + length)
        if whole is None:
            return None
        self._buffer = b""
        self._heard.append((self.number, whole))
        return whole

    def reply(self, content: bytes, status: str = "200 OK", *fields: str, length: int | None = None) -> None:
        """Answer with a body, or with the beginning of a longer one."""
        size = len(content) if length is None else length
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {size}", *fields, "", ""]
        self.socket.sendall("\r\n".join(lines).encode() + content)

    def reset(self) -> None:
        """End the connection with RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def _until(self, complete: Callable[[bytes], bool]) -> bytes | None:
        while not complete(self._buffer):
            part = self.socket.recv(65_536)
            if not part:
                return None
            self._buffer += part
        return self._buffer


class Server:
    """Accepts connections and holds a conversation on each, in a thread of its own."""

    def __init__(self, hold: Callable[[Conversation], None]) -> None:
        self._hold = hold
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.heard: list[tuple[int, bytes]] = []
        """Number of the connection (from 1) and text of every request."""
        self.connections = 0
        self.port: int = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            conversation = Conversation(connection, self.connections, self.heard)
            threading.Thread(target=self._talk, args=(conversation,), daemon=True).start()

    def _talk(self, conversation: Conversation) -> None:
        with contextlib.suppress(OSError):  # the client may go at any time
            self._hold(conversation)
        conversation.socket.close()

    def close(self) -> None:
        """Stop listening and end what is open."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()
        self._thread.join(timeout=5)


@contextlib.contextmanager
def serving(hold: Callable[[Conversation], None]) -> Iterator[Server]:
    """A server for the time of a test."""
    server = Server(hold)
    try:
        yield server
    finally:
        server.close()
