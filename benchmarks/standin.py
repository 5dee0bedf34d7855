"""A remote for measurements: the calls of plan and apply, from memory, after so many milliseconds.

    python benchmarks/standin.py PROJECT [--latency 0.05] [--limit REQUESTS_A_SECOND] [--empty]

Holds what the workflow files of a project declare, as if they had just been applied, or nothing. Prints its address;
`GET /_stats` says how many requests came and how many of them were refused, `POST /_reset` forgets that. Much faster
than the emulator, so that what is measured is the program and not its server.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
import uuid
from collections import deque
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from deployer.operations.compare import stored_digest
from deployer.operations.desired import desired
from deployer.source.load import load
from deployer.source.project import open_project, workflow_files
from deployer.state.codec import encode
from deployer.state.model import Binding, State


def main() -> int:
    """Serve until somebody ends it."""
    arguments = argparse.ArgumentParser(description="Serve what a project declares, from memory.")
    arguments.add_argument("project", type=Path)
    arguments.add_argument("--latency", type=float, default=0.05)
    arguments.add_argument("--limit", type=int, default=0)
    arguments.add_argument("--empty", action="store_true")
    chosen = arguments.parse_args()
    store = Store({} if chosen.empty else declared(chosen.project), chosen.latency, chosen.limit)
    asyncio.run(serve(store))
    return 0


async def serve(store: Store) -> None:
    """One thread for all connections: a thread each would take the processors that the measured program needs."""
    server = await asyncio.get_running_loop().create_server(lambda: Connection(store), "127.0.0.1", 0, backlog=256)
    sys.stdout.write(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def declared(folder: Path) -> dict[str, dict[str, object]]:
    """By id what the server would hold; the state of the environment `live` is written beside it."""
    project = open_project(folder)
    environment = project.environment("live")
    loaded = load(project, environment, workflow_files(project))
    held: dict[str, dict[str, object]] = {}
    bindings: dict[str, Binding] = {}
    for workflow in loaded.workflows:
        item = desired(workflow)
        definition_id = str(uuid.uuid5(uuid.NAMESPACE_URL, item.key))
        held[definition_id] = {**item.template, "id": definition_id, "version": 1, "createdAt": "2024-03-01T09:00:00Z"}
        bindings[item.key] = Binding(
            id=definition_id, version=1, sent=item.digest, stored=stored_digest(held[definition_id], ())
        )
    state = encode(State(account=environment.account, bindings=bindings))
    (folder / "deployer.live.lock.json").write_text(state, encoding="ascii")
    return held


class Store:
    """What the server holds, and what it counts."""

    def __init__(self, held: dict[str, dict[str, object]], latency: float, limit: int) -> None:
        self.latency = latency
        self.limit = limit
        self.rendered = {one: json.dumps(body).encode() for one, body in held.items()}
        self.versions = dict.fromkeys(held, 1)
        self.stats = dict.fromkeys(("requests", "refused", "writes", "lists", "first", "last"), 0.0)
        self.recent: deque[float] = deque()

    def answer(self, method: str, path: str, body: bytes) -> tuple[int, bytes, float]:
        """Status, content, and the seconds after which it is sent."""
        if path.startswith("/_"):
            return 200, self.counted(path), 0.0
        if not self.admitted(listing=path.partition("?")[0].endswith("/definitions") and method == "GET"):
            return 429, b'{"code": 429, "message": "Quota exceeded. Please try again in 1 second(s)."}', self.latency
        parts = urlsplit(path)
        last = parts.path.rpartition("/")[2]
        if method != "GET":
            return 200, self.write(last if method == "PUT" else str(uuid.uuid4()), body), self.latency
        query = parse_qs(parts.query)
        limit, offset = (int(query.get(name, ["0"])[0]) for name in ("limit", "offset"))
        if last == "definitions":
            return 200, self.page(limit, offset), self.latency
        found = self.rendered.get(last)
        return 200, b"[" + found + b"]" if found and not offset else b"[]", self.latency

    def counted(self, path: str) -> bytes:
        """What was counted; forgotten where that is asked."""
        if path == "/_reset":
            self.stats = dict.fromkeys(self.stats, 0.0)
        return json.dumps(self.stats).encode()

    def admitted(self, *, listing: bool) -> bool:
        """Count a request; False where it comes too early. Lists are before `first`: they belong to the plan."""
        now = time.monotonic()
        self.stats["requests"] += 1
        self.stats["lists"] += listing
        if not listing:
            self.stats["first"] = self.stats["first"] or now
            self.stats["last"] = now + self.latency
        if not self.limit:
            return True
        while self.recent and now - self.recent[0] >= 1.0:
            self.recent.popleft()
        if len(self.recent) >= self.limit:
            self.stats["refused"] += 1
            return False
        self.recent.append(now)
        return True

    def page(self, limit: int, offset: int) -> bytes:
        """A page of the list; offset counts pages."""
        entries = list(self.rendered.values())[offset * limit : (offset + 1) * limit]
        return b"[" + b",".join(entries) + b"]"

    def write(self, definition_id: str, body: bytes) -> bytes:
        """A new version."""
        self.stats["writes"] += 1
        version = self.versions[definition_id] = self.versions.get(definition_id, 0) + 1
        made = b'{"id":"%s","version":%d,' % (definition_id.encode(), version) + body.lstrip()[1:]
        self.rendered[definition_id] = made
        return made


class Connection(asyncio.Protocol):
    """One connection: as little HTTP as a client needs, one request after the other."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.received = b""
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody came."""
        if isinstance(transport, asyncio.Transport):
            self.transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer where a request is complete."""
        self.received += data
        head, end, rest = self.received.partition(b"\r\n\r\n")
        if not end:
            return
        lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
        length = int(headers.get("content-length", "0"))
        if len(rest) < length:
            return
        self.received = rest[length:]
        method, path, _ = lines[0].split(" ")
        status, content, wait = self.store.answer(method, path, rest[:length])
        last = headers.get("connection", "").lower() == "close"
        asyncio.get_running_loop().call_later(wait, self.send, status, content, last)

    def send(self, status: int, content: bytes, last: bool) -> None:
        """One answer."""
        if self.transport is None or self.transport.is_closing():
            return
        head = f"HTTP/1.1 {status} OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        head += "Connection: close\r\n\r\n" if last else "\r\n"
        self.transport.write(head.encode() + content)
        if last:
            self.transport.close()


if __name__ == "__main__":
    raise SystemExit(main())
