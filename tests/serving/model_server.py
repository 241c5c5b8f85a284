"""A model server that follows a script: every request to it plays the next step."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass(frozen=True)
class Reply:
    """What the server does with one request."""

    pieces: tuple[str, ...] = ()
    status: int = 200
    error: str = ""
    wait_before: float = 0.0  # seconds until the first byte
    gap: float = 0.0  # seconds between two pieces
    ending: str = (
        "finished"  # "finished", "cut" (connection dies), "unfinished" (ends politely without a word), "error"
    )
    raw: bytes | None = None  # sent as the body instead of all that
    kind: str = "text/event-stream"  # of `raw`
    headers: tuple[tuple[str, str], ...] = ()  # beside the usual ones
    finish: str = "stop"  # why the model stopped
    filled: str = ""  # in the place of the pieces, where JSON by a schema is asked for
    calls: tuple[tuple[str, str, str], ...] = ()  # of tools, after the pieces: id, name, arguments
    usage: tuple[int, int] | None = None  # tokens read and written, told to those who ask for them


@dataclass
class ModelServer:
    base_url: str
    replies: list[Reply]
    requests: list[dict[str, object]] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)  # when each request came
    hang_ups: list[float] = field(default_factory=list)  # when a client was found to be gone
    first_piece_at: float = 0.0


@contextmanager
def model_server(*replies: Reply) -> Iterator[ModelServer]:
    """The last step is played again for every further request."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def log_message(self, *arguments: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            state.asked_at.append(time.monotonic())
            state.requests.append(json.loads(body))
            reply = state.replies.pop(0) if len(state.replies) > 1 else state.replies[0]
            try:
                request = state.requests[-1]
                if reply.filled and "response_format" in request:
                    reply = replace(reply, pieces=(reply.filled,))
                _play(self, reply, state, wants_usage="stream_options" in request)
            except OSError:
                state.hang_ups.append(time.monotonic())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    state = ModelServer(f"http://127.0.0.1:{server.server_port}/v1", list(replies))
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _play(handler: BaseHTTPRequestHandler, reply: Reply, state: ModelServer, *, wants_usage: bool) -> None:
    _wait(handler, reply.wait_before)
    if reply.status != 200:
        error = json.dumps({"error": {"message": reply.error, "type": "x"}}).encode()
        _send(handler, reply.status, error, "application/json", reply.headers)
        return
    if reply.raw is not None:
        _send(handler, 200, reply.raw, reply.kind)
        return
    handler.send_response(200)
    handler.send_header("Content-Type", "text/event-stream")
    if reply.ending == "cut":
        handler.send_header("Content-Length", "1000000")
    handler.end_headers()
    for piece in reply.pieces:
        state.first_piece_at = state.first_piece_at or time.monotonic()
        _event(handler, _chunk({"content": piece}, None))
        _wait(handler, reply.gap)
    for index, (call_id, name, arguments) in enumerate(reply.calls):
        half = len(arguments) // 2
        named = {"index": index, "id": call_id, "type": "function", "function": {"name": name, "arguments": ""}}
        _event(handler, _chunk({"tool_calls": [named]}, None))
        for part in (arguments[:half], arguments[half:]):
            _event(handler, _chunk({"tool_calls": [{"index": index, "function": {"arguments": part}}]}, None))
    if reply.ending == "error":
        _event(handler, {"error": {"message": reply.error, "type": "server_error", "code": 500}})
    if reply.ending == "finished":
        _event(handler, _chunk({}, reply.finish))
        if reply.usage is not None and wants_usage:
            read, written = reply.usage
            usage = {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
            _event(handler, {**_chunk({}, None), "choices": [], "usage": usage})
        handler.wfile.write(b"data: [DONE]\n\n")


def _wait(handler: BaseHTTPRequestHandler, seconds: float) -> None:
    """Sleeps, but notices at once when the client hangs up."""
    if seconds:
        handler.connection.settimeout(seconds)
        try:
            if handler.connection.recv(1) == b"":
                raise ConnectionResetError
        except TimeoutError:
            pass


def _send(
    handler: BaseHTTPRequestHandler, status: int, body: bytes, kind: str, headers: tuple[tuple[str, str], ...] = ()
) -> None:
    handler.send_response(status)
    for name, value in (("Content-Type", kind), *headers):
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


def _event(handler: BaseHTTPRequestHandler, data: dict[str, object]) -> None:
    text = json.dumps(data, ensure_ascii=False)
    handler.wfile.write(f"data: {text}\n\n".encode(errors="backslashreplace"))  # half a pair, as JSON escapes it
    handler.wfile.flush()


def _chunk(delta: dict[str, object], finish: str | None) -> dict[str, object]:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}
