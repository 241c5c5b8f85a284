"""A loopback server that answers JSON requests by a script and remembers them."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Answer:
    """What the server does with one request."""

    body: Any = None
    status: int = 200
    wait: float = 0.0  # seconds before it answers
    raw: bytes | None = None  # sent instead of the body
    hang_up: bool = False  # closes the connection instead


@dataclass
class JsonServer:
    base_url: str
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


@contextmanager
def json_server(answer: Callable[[str, dict[str, Any]], Answer]) -> Iterator[JsonServer]:
    """Serves `answer(path, body)` on a port of its own."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *arguments: object) -> None:
            pass

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.requests.append((self.path, body))
            state.keys.append(self.headers.get("Authorization", ""))
            reply = answer(self.path, body)
            time.sleep(reply.wait)
            if reply.hang_up:
                self.close_connection = True
                return
            content = reply.raw if reply.raw is not None else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False  # connections that clients keep open need not be waited for
    state = JsonServer(f"http://127.0.0.1:{server.server_port}/v1")
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
