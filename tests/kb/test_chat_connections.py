"""How a reply comes in: events cut anywhere, bodies of every kind, connections that serve again, proxies."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.chat.chunks import Chunk, ErrorEventError, error_message, read_chunk
from kb.chat.events import EventReader
from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.chat.request import Request, body_of
from kb.errors import ModelError
from kb.records import TokenCount, Turn
from kb.settings import ModelSettings
from tests.serving.model_server import Reply, model_server

QUESTION = (Turn("user", "多久？ How long?"),)


def chunk(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return f"data: {json.dumps({'choices': [choice]}, ensure_ascii=False)}\n\n".encode()


WHOLE = chunk("三十日 ") + chunk("days", "stop") + b"data: [DONE]\n\n"


@contextmanager
def server_of(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[OpenAICompatibleModel, list[int]]]:
    """A model on a server that speaks HTTP/1.1; the list holds the port of each connection that it took."""
    with address_of(answer) as (address, ports):
        model = OpenAICompatibleModel(ModelSettings(f"{address}/v1", "m", timeout_seconds=5))
        try:
            yield model, ports
        finally:
            model.close()


@contextmanager
def address_of(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[tuple[str, list[int]]]:
    """The server alone: where it listens, and the port of each connection that it took."""
    ports: list[int] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            ports.append(self.client_address[1])
            super().setup()

        def log_message(self, *arguments: object) -> None:
            pass

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            answer(self)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", ports
    finally:
        server.shutdown()
        server.server_close()


def say_in_chunks(handler: BaseHTTPRequestHandler) -> None:
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for part in (WHOLE[:7], WHOLE[7:40], WHOLE[40:], b""):
        handler.wfile.write(b"%x\r\n%b\r\n" % (len(part), part))


def say_by_length(handler: BaseHTTPRequestHandler) -> None:
    handler.send_header("Content-Length", str(len(WHOLE)))
    handler.end_headers()
    handler.wfile.write(WHOLE)


def say_and_hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(WHOLE)


def say_and_never_end(handler: BaseHTTPRequestHandler) -> None:
    handler.send_header("Content-Length", str(len(WHOLE) + 1))
    handler.end_headers()
    handler.wfile.write(WHOLE)
    handler.rfile.read(1)


@pytest.mark.parametrize(
    ("answer", "connections"), [(say_in_chunks, 1), (say_by_length, 1), (say_and_hang_up, 3), (say_and_never_end, 3)]
)
def test_bodies_of_every_kind_are_read_and_connections_serve_again_where_they_can(
    answer: Callable[[BaseHTTPRequestHandler], None], connections: int
) -> None:
    with server_of(answer) as (model, ports):
        for _ in range(3):
            assert list(model.stream("system", QUESTION)) == ["三十日 ", "days"]
        assert len(ports) == connections


def test_a_connection_that_was_ended_meanwhile_is_not_used_again() -> None:
    def say_once(handler: BaseHTTPRequestHandler) -> None:
        say_by_length(handler)
        handler.close_connection = True  # without having said so

    with server_of(say_once) as (model, ports):
        for number in range(3):
            assert "".join(model.stream("system", QUESTION)) == "三十日 days"
            assert len(ports) == number + 1
            threading.Event().wait(0.05)  # until the news is here


@pytest.mark.parametrize("status", ["HTTP/1.1 2000 OK", "SSH-2.0-OpenSSH_9.6"])
def test_what_does_not_speak_http_is_an_error(status: str) -> None:
    def say_something_else(handler: BaseHTTPRequestHandler) -> None:
        handler._headers_buffer = [f"{status}\r\n\r\n".encode()]  # type: ignore[attr-defined]
        handler.flush_headers()
        handler.close_connection = True

    with server_of(say_something_else) as (model, _), pytest.raises(ModelError):
        list(model.stream("system", QUESTION))


def name_proxy(monkeypatch: pytest.MonkeyPatch, proxy: str, *, not_for: str = "") -> None:
    for name, value in (("http_proxy", proxy), ("no_proxy", not_for)):
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.upper(), value)


def test_a_proxy_that_the_environment_names_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with model_server(Reply(("by ", "proxy"))) as proxy:
        name_proxy(monkeypatch, proxy.base_url.removesuffix("/v1"))
        model = OpenAICompatibleModel(ModelSettings("http://model.invalid/v1", "scripted"))
        assert list(model.stream("system", QUESTION)) == ["by ", "proxy"]
        model.close()


def test_a_proxy_is_told_the_password_that_its_address_has(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str | None] = []

    def let_in(handler: BaseHTTPRequestHandler) -> None:
        told.append(handler.headers["Proxy-Authorization"])
        say_by_length(handler)

    with address_of(let_in) as (proxy, _):
        name_proxy(monkeypatch, proxy.replace("//", "//li:secret@"))
        model = OpenAICompatibleModel(ModelSettings("http://model.invalid/v1", "scripted"))
        assert "".join(model.stream("system", QUESTION)) == "三十日 days"
        model.close()
    assert told == [f"Basic {base64.b64encode(b'li:secret').decode()}"]


@pytest.mark.parametrize("not_for", ["127.0.0.1", "127.0.0.1:{port}", "*"])
def test_no_proxy_is_asked_for_servers_that_the_environment_excepts(
    monkeypatch: pytest.MonkeyPatch, not_for: str
) -> None:
    with address_of(say_by_length) as (address, _):
        name_proxy(monkeypatch, "http://proxy.invalid:3128", not_for=not_for.format(port=address.rpartition(":")[2]))
        model = OpenAICompatibleModel(ModelSettings(f"{address}/v1", "scripted"))
        assert "".join(model.stream("system", QUESTION)) == "三十日 days"
        model.close()


def test_passwords_kept_for_other_programs_are_not_sent(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    kept = tmp_path / "netrc"
    kept.write_text("machine 127.0.0.1 login li password secret\n")
    monkeypatch.setenv("NETRC", str(kept))
    told: list[str | None] = []

    def note(handler: BaseHTTPRequestHandler) -> None:
        told.append(handler.headers["Authorization"])
        say_by_length(handler)

    with server_of(note) as (model, _):
        assert "".join(model.stream("system", QUESTION)) == "三十日 days"
    assert told == [None]


@given(st.lists(st.integers(0, len(WHOLE)), max_size=12).map(sorted), st.booleans())
def test_any_cutting_of_a_stream_gives_the_same_events(cuts: list[int], crlf: bool) -> None:
    reader = EventReader()
    whole = WHOLE.replace(b"\n", b"\r\n") if crlf else WHOLE
    pieces = [whole[start:end] for start, end in zip([0, *cuts], [*cuts, len(whole)], strict=True)]
    events = [data for piece in pieces for data in reader.read(piece)]
    assert [read_chunk(data).text for data in events[:-1]] == ["三十日 ", "days"]
    assert events[-1] == b"[DONE]"


def test_comments_names_and_half_events_are_no_events() -> None:
    reader = EventReader()
    assert list(reader.read(b": ping\n\nevent: x\nid: 1\n\n\n\ndata: a\ndata: b\n\ndata: half")) == [b"a\nb"]


def test_chunks_tell_words_the_end_calls_and_tokens() -> None:
    assert read_chunk(b'{"choices": [{"delta": {"role": "assistant"}, "finish_reason": null}]}') == Chunk()
    assert read_chunk(b'{"choices": [{"delta": {}, "finish_reason": "stop"}]}') == Chunk(finish="stop")
    parts = '{"choices": [{"delta": {"content": [{"type": "text", "text": "三十"}, {"text": "日"}]}}]}'
    assert read_chunk(parts.encode()).text == "三十日"
    call = {"index": 0, "function": {"name": "f"}}
    assert read_chunk(json.dumps({"choices": [{"delta": {"tool_calls": [call]}}]}).encode()).calls == (call,)
    usage = b'{"choices": [], "usage": {"prompt_tokens": 7, "completion_tokens": 2}}'
    assert read_chunk(usage).tokens == TokenCount(7, 2)


@pytest.mark.parametrize(
    "data", [b"[]", b"{broken", b'{"choices": 5}', b'{"choices": [5]}', b'{"choices": [{"delta": 5}]}', b'{"usage": 5}']
)
def test_what_is_no_chunk_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (what it says is for programmers)
        read_chunk(data)


def test_errors_are_found_in_each_of_the_usual_shapes() -> None:
    with pytest.raises(ErrorEventError, match="engine died"):
        read_chunk(b'{"error": {"message": "engine died", "code": 500}}')
    assert error_message({"error": "no such model"}) == "no such model"
    assert error_message({"message": "内存不足", "code": 500}) == "内存不足"
    assert error_message(["what"]) == "['what']"


@pytest.mark.parametrize(
    ("name", "sent"), [("qwen3", True), ("gpt-5-mini", False), ("gpt-5-chat", True), ("o3", False)]
)
def test_models_that_take_no_temperature_are_sent_none(name: str, sent: bool) -> None:
    body = body_of(Request("system", QUESTION, 9, None), ModelSettings("http://x/v1", name))
    assert ("temperature" in body) is sent
