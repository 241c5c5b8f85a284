from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.errors import UsageError
from kb.settings import ServeSettings, Settings
from serving.http.server import listen, serve
from tests.serving.http_server import RunningServer, running_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


def test_health_says_what_it_answers_with(server: RunningServer) -> None:
    assert server.http().get("/health").json() == {
        "status": "ok",
        "collections": 1,
        "model": "extractive",
        "profile": "embedded",
        "embedder": "packaged",
        "reranker": None,
        "verifier": {"kind": "packaged", "model": "", "failure": ""},
        "jobs_waiting": 0,
        "jobs": {"queued": 0, "running": 0, "done": 0, "failed": 0, "cancelled": 0},
        "max_file_mb": 100,
        "vllm": None,
    }


def test_metrics_count_answers_by_how_they_ended(server: RunningServer) -> None:
    for question in ("When must the final report be handed in?", "Who won the football world cup?"):
        server.http().post(
            "/v1/chat/completions", json={"model": "ibid", "messages": [{"role": "user", "content": question}]}
        )
    text = server.http().get("/metrics").text
    assert 'ibid_answers_total{status="answered"} 1' in text
    assert 'ibid_answers_total{status="refused"} 1' in text


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", ""])
def test_other_host_names_are_refused(server: RunningServer, host: str) -> None:
    response = server.http().get("/health", headers={"Host": host})
    assert response.status_code == 403
    assert response.json()["error"]["code"] == "forbidden_host"


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000"])
def test_loopback_names_are_let_in(server: RunningServer, host: str) -> None:
    assert server.http().get("/health", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost.evil.example"])
def test_pages_of_other_sites_are_refused(server: RunningServer, origin: str) -> None:
    response = server.http().post("/v1/files", headers={"Origin": origin}, files={"file": ("a.txt", b"x")})
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


def test_pages_of_this_machine_may_ask(server: RunningServer) -> None:
    origin = "http://localhost:8501"
    assert server.http().get("/health", headers={"Origin": origin}).headers["access-control-allow-origin"] == origin


def test_a_large_json_body_is_refused(server: RunningServer) -> None:
    response = server.http().post("/v1/chat/completions", content=b"x" * (17 << 20))
    assert response.status_code == 413


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/nope", 404), ("DELETE", "/health", 405)])
def test_unknown_paths_and_methods_have_the_same_shape(
    server: RunningServer, method: str, path: str, status: int
) -> None:
    response = server.http().request(method, path)
    assert response.status_code == status
    assert response.json()["error"].keys() == {"message", "type", "param", "code"}


def test_a_port_in_use_is_one_clear_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        settings = Settings(home=tmp_path, serve=ServeSettings(port=port))
        with pytest.raises(UsageError, match=f"cannot listen on 127.0.0.1:{port}: the port is in use"):
            serve(settings, say=print)


@pytest.mark.parametrize(("host", "port"), [("203.0.113.1", 0), ("no such host", 0), ("127.0.0.1", 99999)])
def test_an_impossible_address_is_one_clear_line(host: str, port: int) -> None:
    with pytest.raises(UsageError, match="cannot listen on"):
        listen(host, port)


def test_importing_the_server_loads_no_model_library() -> None:
    code = "import sys, serving.http; print({'torch', 'openai', 'langchain_openai', 'openvino'} & sys.modules.keys())"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout == b"set()\n"
