"""A key may send so many requests a minute and so many at once, whichever of several processes they come to."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO

import httpx
import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.home.keys import Right, create_key
from kb.ports import JsonSchema
from kb.records import Turn
from kb.settings import LimitSettings
from serving.http.border.quotas import Quotas
from serving.http.border.request_limits import _duration
from tests.fakes import ScriptedChatModel
from tests.serving.http_server import running_server, wait_until

QUESTION = {"model": "ibid", "messages": [{"role": "user", "content": "When must the final report be handed in?"}]}

# Takes as many places as it can, says how many, and keeps them until it is ended.
TAKER = """
import sys, time
from pathlib import Path
from serving.http.border.quotas import Quotas
quotas = Quotas(Path(sys.argv[1]))
taken = 0
while quotas.enter(7, int(sys.argv[2])) is not None:
    taken += 1
print(taken, flush=True)
time.sleep(60)
"""
# Counts requests as fast as it can for a while, and says how many were within the limit.
COUNTER = """
import sys, time
from pathlib import Path
from serving.http.border.quotas import Quotas
quotas = Quotas(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
print(sum(quotas.count(7, int(sys.argv[2])).retry_seconds == 0 for _ in range(2000)), flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "requests"


@pytest.fixture
def processes() -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.kill()
        process.communicate()


def started(processes: list[subprocess.Popen[str]], program: str, *arguments: object) -> tuple[IO[str], IO[str]]:
    command = [sys.executable, "-c", program, *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    processes.append(process)
    assert process.stdin
    assert process.stdout
    return process.stdin, process.stdout


def test_places_are_taken_and_given_back(path: Path) -> None:
    quotas = Quotas(path)
    first, second = quotas.enter(1, 2), quotas.enter(1, 2)
    assert first is not None
    assert second is not None
    assert quotas.enter(1, 2) is None
    assert quotas.enter(2, 2) is not None, "another key has its own"
    quotas.leave(1, first)
    assert quotas.enter(1, 2) == first


def test_places_are_shared_by_processes_and_free_again_when_one_is_killed(
    path: Path, processes: list[subprocess.Popen[str]]
) -> None:
    _, said = started(processes, TAKER, path, 5)
    assert int(said.readline()) == 5
    quotas = Quotas(path)
    assert quotas.enter(7, 5) is None
    assert quotas.enter(7, 6) is not None
    os.kill(processes[0].pid, signal.SIGKILL)
    processes[0].wait()
    assert quotas.enter(7, 5) is not None


def test_a_minutes_allowance_may_be_used_at_once_and_comes_back_evenly(path: Path) -> None:
    quotas = Quotas(path)
    allowances = [quotas.count(1, 600) for _ in range(600)]
    assert all(allowance.retry_seconds == 0 for allowance in allowances)
    assert allowances[0].remaining == 599
    refused = quotas.count(1, 600)
    assert 0 < refused.retry_seconds <= 0.1
    assert refused.remaining == 0
    assert 59 < refused.reset_seconds <= 60
    time.sleep(refused.retry_seconds + 0.001)
    assert quotas.count(1, 600).retry_seconds == 0
    assert quotas.count(2, 600).remaining == 599, "another key has its own"


@given(limit=st.integers(1, 500), requests=st.integers(1, 1000))
def test_no_more_than_the_limit_passes_in_a_burst(
    tmp_path_factory: pytest.TempPathFactory, limit: int, requests: int
) -> None:
    quotas = Quotas(tmp_path_factory.mktemp("quotas") / "requests")
    began = time.monotonic()
    passed = sum(quotas.count(1, limit).retry_seconds == 0 for _ in range(requests))
    came_back = (time.monotonic() - began) * limit / 60
    assert min(limit, requests) <= passed <= min(requests, limit + came_back + 1)
    quotas.close()


def test_processes_count_together(path: Path, processes: list[subprocess.Popen[str]]) -> None:
    pipes = [started(processes, COUNTER, path, 1000) for _ in range(2)]
    for _, said in pipes:
        assert said.readline() == "ready\n"
    began = time.monotonic()
    for asked, _ in pipes:
        asked.write("go\n")
        asked.flush()
    passed = sum(int(said.readline()) for _, said in pipes)
    assert 1000 <= passed <= 1001 + (time.monotonic() - began) * 1000 / 60


def test_what_an_earlier_life_of_the_machine_counted_is_forgotten(path: Path) -> None:
    quotas = Quotas(path)
    far = time.monotonic() + 1e6  # the clock was at a million seconds when the machine was started anew
    os.lseek(quotas._file, 8, os.SEEK_SET)
    os.write(quotas._file, struct.pack("<d", far))
    assert quotas.count(1, 10).remaining == 9


@pytest.mark.parametrize(
    ("seconds", "written"), [(0, "0ms"), (0.0121, "13ms"), (1.5, "1.5s"), (60, "1m0s"), (59.9999, "1m0s")]
)
def test_durations_are_written_as_openai_does(seconds: float, written: str) -> None:
    assert _duration(seconds) == written


def test_requests_beyond_the_minutes_are_refused_with_the_time_to_wait(tmp_path: Path) -> None:
    with running_server(tmp_path, limits=LimitSettings(requests_per_minute=3)) as server:
        http = server.http()
        told = [http.get("/v1/models").headers["x-ratelimit-remaining-requests"] for _ in range(3)]
        assert told == ["2", "1", "0"]
        refused = http.get("/v1/models")
        assert refused.status_code == 429
        assert refused.json()["error"]["code"] == "rate_limit_exceeded"
        assert refused.json()["error"]["type"] == "rate_limit_error"
        assert 1 <= int(refused.headers["retry-after"]) <= 20
        assert refused.headers["x-ratelimit-limit-requests"] == "3"
        assert http.get("/health").status_code == 200, "health is not counted"
        with pytest.raises(openai.RateLimitError, match="more than 3 requests"):
            server.client().models.list()


def test_each_key_has_a_limit_of_its_own(tmp_path: Path) -> None:
    with running_server(tmp_path, limits=LimitSettings(requests_per_minute=1000)) as server:
        home = server.services.home
        slow, fast = (create_key(home, "key", [Right.READ], requests_per_minute=limit)[1] for limit in (1, 0))
        statuses = {
            key: [server.http(Authorization=f"Bearer {key}").get("/v1/models").status_code for _ in range(3)]
            for key in (slow, fast)
        }
        assert statuses == {slow: [200, 429, 429], fast: [200, 200, 200]}
        headers = server.http(Authorization=f"Bearer {fast}").get("/v1/models").headers
        assert headers["x-ratelimit-limit-requests"] == "1000"


def test_requests_beyond_those_at_once_are_refused_until_one_is_answered(tmp_path: Path) -> None:
    release = threading.Event()
    with running_server(tmp_path, model=_Waiting(release), limits=LimitSettings(concurrent_requests=2)) as server:
        with ThreadPoolExecutor(2) as threads:
            answers = [threads.submit(server.http().post, "/v1/chat/completions", json=QUESTION) for _ in range(2)]
            try:
                wait_until(lambda: _status(server.http()) == 429)
                refused = server.http().get("/v1/models")
                assert refused.json()["error"]["code"] == "too_many_requests_at_once"
                assert refused.headers["retry-after"] == "1"
            finally:
                release.set()
            assert [answer.result().status_code for answer in answers] == [200, 200]
        wait_until(lambda: _status(server.http()) == 200)


def _status(http: httpx.Client) -> int:
    return http.get("/v1/models").status_code


class _Waiting(ScriptedChatModel):
    """Says nothing until it is released."""

    def __init__(self, release: threading.Event) -> None:
        super().__init__(*[["The report is due within fourteen days after the last lecture [1]."]] * 2)
        self._release = release

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        self._release.wait(20)
        yield from super().stream(system, turns, max_tokens=max_tokens, schema=schema)
