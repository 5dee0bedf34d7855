"""A remote for measurements: the calls of plan and apply, from memory, after so many milliseconds.

    python benchmarks/standin.py PROJECT [--latency 0.05] [--limit REQUESTS_A_SECOND] [--empty]

Holds what the workflow files of a project declare, as if they had just been applied, or nothing. Prints its address;
`GET /_stats` says how many requests came and how many of them were refused, `POST /_reset` forgets that. Much faster
than the emulator, so that what is measured is the program and not its server.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
import uuid
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
    server = ThreadingHTTPServer(("127.0.0.1", 0), lambda *given: Handler(store, *given))
    server.request_queue_size = 256
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
    return 0


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
        self.lock = threading.Lock()
        self.held = held
        self.rendered = {one: json.dumps(body).encode() for one, body in held.items()}
        self.stats = {"requests": 0, "refused": 0, "after": 0, "writes": 0, "first": 0.0, "last": 0.0}
        self.recent: deque[float] = deque()

    def count(self) -> bool:
        """Count a request; False where it comes too early."""
        now = time.monotonic()
        with self.lock:
            self.stats["requests"] += 1
            self.stats["first"] = self.stats["first"] or now
            self.stats["last"] = now
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

    def write(self, definition_id: str, body: dict[str, object]) -> bytes:
        """A new version."""
        with self.lock:
            self.stats["writes"] += 1
            version = int(str(self.held.get(definition_id, {}).get("version", 0))) + 1
            self.held[definition_id] = {**body, "id": definition_id, "version": version}
            self.rendered[definition_id] = json.dumps(self.held[definition_id]).encode()
            return self.rendered[definition_id]


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __init__(self, store: Store, *given: object) -> None:
        self.store = store
        super().__init__(*given)  # type: ignore[arg-type]  # the server's own

    def do_GET(self) -> None:
        """Lists, histories, counts."""
        parts = urlsplit(self.path)
        if parts.path == "/_stats":
            return self.send(json.dumps(self.store.stats).encode())
        if not self.admitted():
            return None
        query = parse_qs(parts.query)
        limit, offset = (int(query.get(name, ["0"])[0]) for name in ("limit", "offset"))
        last = parts.path.rpartition("/")[2]
        if last == "definitions":
            return self.send(self.store.page(limit, offset))
        found = self.store.rendered.get(last)
        return self.send(b"[" + found + b"]" if found and not offset else b"[]")

    def do_POST(self) -> None:
        """Creates."""
        body = self.body()
        if self.path == "/_reset":
            with self.store.lock:
                self.store.stats.update(dict.fromkeys(self.store.stats, 0))
            return self.send(b"{}")
        return self.send(self.store.write(str(uuid.uuid4()), body)) if self.admitted() else None

    def do_PUT(self) -> None:
        """Updates."""
        body = self.body()
        return self.send(self.store.write(self.path.rpartition("/")[2], body)) if self.admitted() else None

    def admitted(self) -> bool:
        """Count, wait, and refuse where the limit says so."""
        time.sleep(self.store.latency)
        if self.store.count():
            return True
        self.send(b'{"code": 429, "message": "Quota exceeded. Please try again in 1 second(s)."}', status=429)
        return False

    def body(self) -> dict[str, object]:
        """The JSON that came."""
        value = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        return value if isinstance(value, dict) else {}

    def send(self, content: bytes, *, status: int = 200) -> None:
        """Answer."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_given: object) -> None:
        """Nothing on stderr."""


if __name__ == "__main__":
    raise SystemExit(main())
