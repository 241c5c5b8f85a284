"""Slow, silent, too many and half-way gone clients cost a bounded wait; whom the server's end cuts off is told."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from kb.chat.openai_compatible import open_chat_model
from kb.ports import JsonSchema
from kb.records import Turn
from kb.settings import LimitSettings, ModelSettings, ServeSettings
from serving.http.connections import HEADER_BYTES, Connection
from tests.fakes import ScriptedChatModel
from tests.serving.http_server import RunningServer, running_server, wait_until
from tests.serving.model_server import Reply, model_server

QUESTION = "When must the final report be handed in?"
ANSWER = "Students must hand in the final report within fourteen days after the last lecture [1]. "
ASKED: dict[str, Any] = {"model": "ibid", "messages": [{"role": "user", "content": QUESTION}]}
STREAMED = {**ASKED, "stream": True}


class Impatient(Connection):
    """As the server's own, within a test's time."""

    most_connections = 20
    header_seconds = 1.0  # shorter, and a busy machine might take a request that comes at once for a slow one
    stalled_seconds = 1.0


class Held(ScriptedChatModel):
    """Says one sentence, begins another, and goes on when it is released."""

    def __init__(self, *, answers: int = 1) -> None:
        super().__init__(*[[ANSWER, "Late reports ", "lose 5% a day [1]."]] * answers)
        self.release = threading.Event()

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        for number, piece in enumerate(super().stream(system, turns, max_tokens=max_tokens, schema=schema)):
            if number == 2 and not self.release.wait(20):
                return
            yield piece


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    limits = LimitSettings(body_seconds=1.0)
    with running_server(tmp_path_factory.mktemp("home"), connection=Impatient, limits=limits) as running:
        yield running


def connect(server: RunningServer) -> socket.socket:
    host, port = server.address.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=10)


def everything_from(connection: socket.socket) -> bytes:
    received = b""
    while piece := connection.recv(65536):
        received += piece
    return received


def error_in(answer: bytes) -> Any:
    return json.loads(answer.partition(b"\r\n\r\n")[2])["error"]


def test_headers_that_come_byte_by_byte_are_waited_for_only_so_long(server: RunningServer) -> None:
    with closing(connect(server)) as connection:
        began = time.monotonic()
        answer = b""
        connection.settimeout(0.05)
        for byte in b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 1000:
            try:
                connection.sendall(bytes([byte]))
                answer += connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:  # closed between the look and the next byte; what was said before still waits to be read
                with suppress(OSError):
                    answer += connection.recv(65536)
                break
            if answer:
                break
        assert time.monotonic() - began < 10
        assert answer.startswith(b"HTTP/1.1 408")
        assert error_in(answer)["code"] == "timeout"


def test_a_connection_that_says_nothing_is_ended(server: RunningServer) -> None:
    with closing(connect(server)) as connection:
        assert everything_from(connection).startswith(b"HTTP/1.1 408")


def test_a_second_request_on_a_connection_may_not_be_slow_either(server: RunningServer) -> None:
    with closing(connect(server)) as connection:
        connection.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 200")
        connection.sendall(b"GET /heal")
        assert b"HTTP/1.1 408" in everything_from(connection)


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"this is no HTTP\r\n\r\n", 400),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * HEADER_BYTES, 431),
        (b"GET /health HTTP/1.1\r\nHost: localhost\r\nX: " + b"y" * 2 * HEADER_BYTES, 431),
    ],
)
def test_what_is_no_request_is_answered_in_openais_shape(
    server: RunningServer, request_bytes: bytes, status: int
) -> None:
    with closing(connect(server)) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = everything_from(connection)
        assert answer.startswith(f"HTTP/1.1 {status}".encode())
        assert error_in(answer).keys() == {"message", "type", "param", "code"}


def test_connections_beyond_the_most_are_told_so_and_the_others_are_served(server: RunningServer) -> None:
    with ExitStack() as open_connections:
        idle = [open_connections.enter_context(closing(connect(server))) for _ in range(Impatient.most_connections)]
        with closing(connect(server)) as one_more:
            answer = everything_from(one_more)
            assert answer.startswith(b"HTTP/1.1 503")
            assert b"retry-after" in answer
        idle[0].sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert idle[0].recv(65536).startswith(b"HTTP/1.1 200")
    wait_until(lambda: server.http().get("/health").status_code == 200)


def test_a_body_that_comes_too_slowly_is_waited_for_only_so_long(server: RunningServer) -> None:
    with closing(connect(server)) as connection:
        connection.sendall(b"POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{")
        answer = everything_from(connection)
        assert answer.startswith(b"HTTP/1.1 408")
        assert error_in(answer)["code"] == "timeout"


def test_an_upload_that_is_aborted_half_way_leaves_nothing(server: RunningServer) -> None:
    wait_until(server.services.life.warm.is_set)  # what is read for the first question is written once
    before = {path for path in server.settings.home.rglob("*") if path.is_file()}
    head = (
        b"POST /v1/files HTTP/1.1\r\nHost: localhost\r\nContent-Type: multipart/form-data; boundary=b\r\n"
        b"Content-Length: 8000000\r\n\r\n--b\r\nContent-Disposition: form-data; name=purpose\r\n\r\nassistants\r\n"
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
    )
    for _ in range(5):
        with closing(connect(server)) as connection:
            connection.sendall(head + b"x" * 3_000_000)
    wait_until(lambda: not server.server.server_state.tasks)
    after = {path for path in server.settings.home.rglob("*") if path.is_file()}
    assert {path.name for path in after - before} <= {"ibid.db-shm", "ibid.db-wal"}
    assert server.http().get("/v1/files").json()["data"] == []


def test_who_stops_reading_an_answer_loses_the_connection(server: RunningServer) -> None:
    content = b"word " * 4_000_000
    form = {"file": ("large.txt", content)}
    file = server.http().post("/v1/files", files=form, data={"purpose": "assistants"}).json()
    with closing(connect(server)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        path = f"GET /v1/files/{file['id']}/content HTTP/1.1\r\nHost: localhost\r\n\r\n"
        connection.sendall(path.encode())
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
        wait_until(lambda: not server.server.server_state.connections, 10)
    server.http().delete(f"/v1/files/{file['id']}")


def test_a_stream_that_has_nothing_to_say_says_that_it_lives(tmp_path: Path) -> None:
    model = Held(answers=2)
    with running_server(tmp_path, model=model, serve=ServeSettings(keep_alive_seconds=0.1)) as running:
        with running.http().stream("POST", "/v1/chat/completions", json=STREAMED) as response:
            lines = response.iter_lines()
            comments = 0
            while comments < 3:
                comments += next(lines) == ": keep-alive"
            model.release.set()
            assert "data: [DONE]" in list(lines)
        model.release.clear()
        threading.Timer(0.5, model.release.set).start()
        messages: Any = ASKED["messages"]
        chunks = running.client().chat.completions.create(model="ibid", messages=messages, stream=True)
        assert "fourteen days" in "".join(chunk.choices[0].delta.content or "" for chunk in chunks)


def test_the_servers_end_lets_a_stream_end(tmp_path: Path) -> None:
    model = Held()
    with (
        running_server(tmp_path, model=model, closing_seconds=10) as running,
        running.http().stream("POST", "/v1/chat/completions", json=STREAMED) as response,
    ):
        lines = response.iter_lines()
        assert any("fourteen days" in line for line in lines)
        running.server.should_exit = True
        wait_until(lambda: running.services.closing.begun)
        model.release.set()
        assert "data: [DONE]" in list(lines)


@pytest.mark.parametrize("stream", [True, False])
def test_the_servers_end_is_told_to_whom_it_cuts_off(tmp_path: Path, stream: bool) -> None:
    model = Held()
    try:
        with running_server(tmp_path, model=model, closing_seconds=0.3) as running, ThreadPoolExecutor(1) as threads:
            asked = threads.submit(running.http().post, "/v1/chat/completions", json={**ASKED, "stream": stream})
            wait_until(lambda: model.asked)
            running.server.should_exit = True
            response = asked.result()
    finally:
        model.release.set()
    if stream:
        *_, last = [line for line in response.text.splitlines() if line]
        error = json.loads(last.removeprefix("data: "))["error"]
    else:
        assert response.status_code == 503
        assert response.headers["retry-after"] == "5"
        error = response.json()["error"]
    assert error["code"] == "shutting_down"


def test_what_comes_while_the_server_ends_is_refused_but_for_health(tmp_path: Path) -> None:
    with running_server(tmp_path) as running:
        loop = running.server.servers[0].get_loop()
        loop.call_soon_threadsafe(running.services.closing.begin, 5)
        wait_until(lambda: running.services.closing.begun)
        with pytest.raises(openai.InternalServerError, match="shutting down"):
            running.client().models.list()
        assert running.http().get("/v1/models").status_code == 503
        assert running.http().get("/health").status_code == 200


def test_an_answer_ends_when_its_time_is_over_wherever_the_time_went(tmp_path: Path) -> None:
    with model_server(Reply((ANSWER,), wait_before=30)) as scripted:
        model = open_chat_model(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(tmp_path, model=model, limits=LimitSettings(answer_seconds=1)) as running:
            began = time.monotonic()
            response = running.http().post("/v1/chat/completions", json=ASKED)
            assert response.status_code == 502
            assert "took too long" in response.json()["error"]["message"]
            assert time.monotonic() - began < 5
            wait_until(lambda: len(scripted.hang_ups) == len(scripted.requests))


def test_the_event_loop_goes_on_while_many_search(tmp_path: Path) -> None:
    """Nothing that takes long is done in it: what else waits, waits for a few turns of Python's own lock."""
    with running_server(tmp_path) as running:
        lags: list[float] = []
        loop = running.server.servers[0].get_loop()
        stopped = threading.Event()

        async def watch() -> None:
            while not stopped.is_set():
                began = time.perf_counter()
                await asyncio.sleep(0.005)
                lags.append(time.perf_counter() - began - 0.005)

        watching = asyncio.run_coroutine_threadsafe(watch(), loop)
        search = {"query": QUESTION, "max_num_results": 10}
        with ThreadPoolExecutor(8) as threads:
            clients = [running.http() for _ in range(8)]

            def ask(number: int) -> int:
                return clients[number % 8].post("/v1/vector_stores/default/search", json=search).status_code

            assert set(threads.map(ask, range(400))) == {200}
        stopped.set()
        watching.result(5)
        assert len(lags) > 50
        assert sorted(lags)[int(0.95 * len(lags))] < 0.1


def test_more_answers_than_there_are_places_for_are_refused_at_once(tmp_path: Path) -> None:
    model = Held(answers=200)
    try:
        with running_server(tmp_path, model=model) as running, ExitStack() as streams:
            http = streams.enter_context(httpx.Client(base_url=running.address, limits=httpx.Limits(), timeout=30))
            for _ in range(128):
                streams.enter_context(http.stream("POST", "/v1/chat/completions", json=STREAMED))
            began = time.monotonic()
            refused = running.http().post("/v1/chat/completions", json=STREAMED)
            assert refused.status_code == 429
            assert refused.headers["retry-after"]
            assert time.monotonic() - began < 1
            model.release.set()
    finally:
        model.release.set()
