"""Several server processes over one home folder, as `ibid serve --workers 2` starts them."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb.embedding import open_embedder
from kb.settings import EmbedderSettings
from tests.serving.fake_vllm import children_of, make_fake_vllm, starts_of
from tests.serving.http_server import wait_until
from tests.serving.library import make_collection
from ui.terminal.main import main

QUESTION = "When must the final report be handed in?"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads processes from /proc"),
]


@dataclass
class Served:
    process: subprocess.Popen[str]
    address: str

    def get(self, path: str) -> httpx.Response:
        """Asks on a connection of its own, so that any of the processes may answer."""
        return httpx.get(f"{self.address}{path}", timeout=30)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return httpx.post(f"{self.address}{path}", json=body, timeout=30)

    def ask(self) -> httpx.Response:
        return self.post("/v1/chat/completions", {"model": "ibid", "messages": [{"role": "user", "content": QUESTION}]})

    def answers(self) -> bool:
        try:
            return self.get("/health").is_success
        except httpx.HTTPError:
            return False

    def workers(self) -> list[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if "spawn_main" in _command_of(int(child))]


def _command_of(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text()
    except OSError:
        return ""


@contextmanager
def served(home: Path, *more: str) -> Iterator[Served]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "ui.terminal.main", "serve", "--workers", "2", "--home", str(home)]
    process = subprocess.Popen([*command, "--port", str(port), *more], stderr=subprocess.PIPE, text=True)
    server = Served(process, f"http://127.0.0.1:{port}")
    try:
        wait_until(server.answers, seconds=90)
        yield server
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def home(prepared_models: Path, tmp_path: Path) -> Path:
    shutil.copytree(prepared_models, tmp_path / "models")
    make_collection(tmp_path, open_embedder(EmbedderSettings(), tmp_path / "models")).close()
    return tmp_path


def metric_of(server: Served, name: str) -> float:
    lines = server.get("/metrics").text.splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


def test_one_process_may_die_and_the_server_goes_on(home: Path) -> None:
    with served(home) as server:
        wait_until(lambda: len(server.workers()) == 2)
        for _ in range(4):
            assert server.ask().json()["ibid"]["status"] == "answered"
        dead, other = server.workers()
        os.kill(dead, signal.SIGKILL)
        wait_until(lambda: dead not in server.workers())
        assert server.ask().json()["ibid"]["status"] == "answered"  # by the other one, or the one that is starting
        wait_until(lambda: len(server.workers()) == 2, seconds=30)
        assert other in server.workers()
        assert metric_of(server, 'ibid_answers_total{status="answered"}') == 5  # also those of the dead one
        server.process.send_signal(signal.SIGTERM)
        _, said = server.process.communicate(timeout=30)
    assert server.process.returncode == 0
    assert f"server process {dead} ended with status -9; another one is started" in said
    assert "Traceback" not in said


def test_each_process_sees_what_the_others_wrote(home: Path) -> None:
    with served(home) as server:
        for number in range(3):
            assert server.post("/v1/vector_stores", {"name": f"made-{number}"}).status_code == 200
            for _ in range(6):
                names = [store["name"] for store in server.get("/v1/vector_stores").json()["data"]]
                assert f"made-{number}" in names
        assert server.ask().json()["ibid"]["status"] == "answered"
        assert main(["delete", "handbook.txt", "--home", str(home)]) == 0
        for _ in range(8):
            found = server.post("/v1/vector_stores/default/search", {"query": QUESTION}).json()["data"]
            assert found
            assert "handbook.txt" not in {hit["filename"] for hit in found}
        httpx.delete(f"{server.address}/v1/vector_stores/made-1", timeout=30)
        for _ in range(6):
            assert server.get("/v1/vector_stores/made-1").status_code == 404


def test_no_process_outlives_the_one_that_started_them(home: Path) -> None:
    with served(home) as server:
        wait_until(lambda: len(server.workers()) == 2)
        workers = server.workers()
        server.process.kill()
        for worker in workers:
            wait_until(lambda worker=worker: "spawn_main" not in _command_of(worker), seconds=20)


def test_one_vllm_serves_them_all(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = make_fake_vllm(tmp_path / "environment", "well")
    monkeypatch.setenv("IBID_VLLM_PYTHON", str(python))
    with served(home, "--vllm", "tiny/model") as server:
        wait_until(lambda: server.get("/health").json()["vllm"]["state"] == "ready", seconds=30)
        for _ in range(6):
            health = server.get("/health").json()
            assert health["model"] == "tiny/model"
            assert health["vllm"]["state"] == "ready"
        assert len(starts_of(python)) == 1
        server.process.send_signal(signal.SIGTERM)
        server.process.communicate(timeout=40)
    for process in children_of(python):
        wait_until(lambda process=process: not Path(f"/proc/{process}/exe").exists())


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["--workers", "0"], {}, "setting serve.workers is 0"),
        (["--workers", "2"], {"IBID_VERIFIER_KIND": "magic"}, "setting verifier.kind is 'magic'"),
    ],
)
def test_settings_that_cannot_be_are_said_once(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], words: str
) -> None:
    command = [sys.executable, "-m", "ui.terminal.main", "serve", "--port", "0", "--home", str(tmp_path), *arguments]
    ended = subprocess.run(
        command, env={**os.environ, **variables}, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 2
    assert ended.stderr.count(words) == 1
    assert "Traceback" not in ended.stderr
