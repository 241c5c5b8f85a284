"""What the server says of itself to whatever starts and watches it."""

from __future__ import annotations

import gc
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.worker import work
from kb.home.home import Home
from kb.home.jobs import add_job
from kb.home.worker_sign import SILENT_SECONDS, give_sign, is_worker_seen
from kb.settings import LimitSettings, Settings, VllmSettings
from serving.http.opening import close_services, open_services, settle, warm_up
from serving.http.operating.readiness import reasons_against
from serving.http.server import missing_worker_told
from serving.vllm import VllmServer
from tests.fakes import HashEmbedder
from tests.serving.fake_vllm import make_fake_vllm
from tests.serving.http_server import RunningServer, running_server, wait_until


def codes(server: RunningServer) -> tuple[int, str, list[str]]:
    response = server.http().get("/health/ready")
    told = response.json()
    assert all(reason["message"] for reason in told["reasons"])
    assert ("Retry-After" in response.headers) == (response.status_code == 503)
    return response.status_code, told["status"], [reason["code"] for reason in told["reasons"]]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    with running_server(tmp_path) as running:
        wait_until(running.services.life.warm.is_set)
        yield running


def test_a_server_that_is_well_is_alive_and_ready(server: RunningServer) -> None:
    assert server.http().get("/health/live").json() == {"status": "alive"}
    assert codes(server) == (200, "ready", [])


def test_a_settled_server_looks_for_garbage_among_what_requests_leave_alone(server: RunningServer) -> None:
    before = gc.get_threshold()
    try:
        settle(server.services)
        assert gc.get_freeze_count() > 0
        assert gc.get_threshold()[0] > before[0]
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def test_until_the_models_are_loaded_it_is_not_ready(tmp_path: Path) -> None:
    services = open_services(Settings(home=tmp_path), embedder=HashEmbedder())
    assert [reason.code for reason in reasons_against(services)] == ["embedder_loading"]
    warm_up(services)
    assert reasons_against(services) == []
    close_services(services)


def test_models_that_cannot_be_loaded_are_a_reason_for_good(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    class BrokenEmbedder(HashEmbedder):
        def embed_question(self, text: str) -> object:  # type: ignore[override]
            raise RuntimeError(text)

    services = open_services(Settings(home=tmp_path), embedder=BrokenEmbedder())
    warm_up(services)
    assert [reason.code for reason in reasons_against(services)] == ["embedder_failed"]
    assert "the embedder cannot be loaded: RuntimeError" in caplog.text
    close_services(services)


def test_a_server_that_ends_takes_no_more(server: RunningServer) -> None:
    loop = server.server.servers[0].get_loop()
    loop.call_soon_threadsafe(server.services.closing.begin, 5)
    wait_until(lambda: server.services.closing.begun)
    assert codes(server) == (503, "not_ready", ["shutting_down"])
    assert server.http().get("/health/live").status_code == 200


def test_while_vllm_loads_it_is_not_ready(tmp_path: Path) -> None:
    settings = Settings(tmp_path, vllm=VllmSettings("m", str(make_fake_vllm(tmp_path / "environment", "endless"))))
    vllm = VllmServer(settings, print)
    with running_server(tmp_path / "home", vllm=vllm) as server:
        vllm.start()
        wait_until(server.services.life.warm.is_set)
        assert codes(server) == (503, "not_ready", ["model_starting"])


def test_a_full_disk_keeps_nobody_from_asking(tmp_path: Path) -> None:
    with running_server(tmp_path, limits=LimitSettings(free_disk_mb=1 << 40)) as server:
        wait_until(server.services.life.warm.is_set)
        assert codes(server) == (200, "degraded", ["disk_full"])


def test_files_that_wait_for_nobody_are_told(server: RunningServer) -> None:
    add_job(server.services.home, "default", "a.txt", "0" * 64)
    assert codes(server) == (200, "degraded", ["no_worker"])
    give_sign(server.services.home.folder)
    assert codes(server) == (200, "ready", [])
    past = time.time() - SILENT_SECONDS - 1
    os.utime(server.services.home.folder / "worker.seen", (past, past))
    assert codes(server) == (200, "degraded", ["no_worker"])


def test_a_worker_gives_its_sign(tmp_path: Path) -> None:
    home = Home(tmp_path)
    stopped = threading.Event()
    arguments = (home, Settings(home=tmp_path), HashEmbedder, lambda paths: iter(()), stopped)
    worker = threading.Thread(target=work, args=arguments, daemon=True)
    assert not is_worker_seen(home.folder)
    worker.start()
    wait_until(lambda: is_worker_seen(home.folder))
    stopped.set()
    worker.join()
    home.close()


@pytest.mark.parametrize("there", [True, False])
def test_a_server_says_once_that_no_worker_is_there(tmp_path: Path, there: bool) -> None:
    said: list[str] = []
    if there:
        give_sign(tmp_path)
    with missing_worker_told(tmp_path, said.append, seconds=0.01):
        time.sleep(0.1)
    assert [line for line in said if "`ibid worker`" in line] == said
    assert len(said) == (0 if there else 1)


def test_a_server_that_ends_at_once_says_nothing_of_workers(tmp_path: Path) -> None:
    said: list[str] = []
    with missing_worker_told(tmp_path, said.append, seconds=0.1):
        pass
    time.sleep(0.2)
    assert not said
