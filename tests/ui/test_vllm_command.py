"""`ibid serve --vllm` and what `ibid doctor` says of it, with a scripted vLLM."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from kb.settings import Settings, VllmSettings, read_settings
from serving.vllm import VllmServer
from tests.making import lend_models
from tests.serving.fake_vllm import children_of, make_fake_vllm
from tests.serving.http_server import running_server, wait_until
from ui.terminal import running
from ui.terminal.main import build_parser, main


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_without_vllm_serve_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("IBID_VLLM_PYTHON", raising=False)
    assert main(["serve", "--vllm", "m", "--home", str(tmp_path), "--port", str(free_port())]) == 2
    error = capsys.readouterr().err
    assert "\nibid: vLLM is not installed" in error  # after the line that says who may come in
    assert "pip install vllm" in error
    assert "Traceback" not in error


def test_a_model_that_vllm_cannot_load_ends_serve_with_its_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBID_VLLM_PYTHON", str(make_fake_vllm(tmp_path / "environment", "broken")))
    arguments = ["--vllm", "no-such/model", "--home", str(tmp_path), "--port", str(free_port())]
    # In a process of its own: the tests in a browser leave an event loop running in this one.
    command = [sys.executable, "-m", "ui.terminal.main", "serve", *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 1
    assert "loads no-such/model" in ended.stderr
    assert (
        "ibid: vLLM does not run no-such/model: it ended with status 1: OSError: no-such/model is not" in ended.stderr
    )


def test_serve_starts_vllm_tells_its_health_and_stops_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    python = make_fake_vllm(tmp_path / "environment", "well")
    monkeypatch.setenv("IBID_VLLM_PYTHON", str(python))
    port = free_port()
    monkeypatch.setenv("IBID_SERVE_PORT", str(port))
    command = [sys.executable, "-m", "ui.terminal.main", "serve", "--vllm", "tiny/model", "--home", str(tmp_path)]
    server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: _health(port).get("vllm", {}).get("state") == "ready", seconds=60)
        health = _health(port)
        assert health["model"] == "tiny/model"
        assert health["vllm"]["restarts"] == 0
        assert main(["doctor", "--json", "--home", str(tmp_path)]) in (0, 1)
        findings = json.loads(capsys.readouterr().out)["findings"]
        texts = [one["text"] for one in findings if one["subject"] == "vllm"]
        assert any("0.32.0 for GPUs" in text for text in texts)
        assert any("tiny/model is ready" in text for text in texts)
        server.send_signal(signal.SIGTERM)
        _, error = server.communicate(timeout=30)
    finally:
        server.kill()
        server.wait()
    assert "vLLM is ready after" in error
    assert "Traceback" not in error
    for process in children_of(python):
        wait_until(lambda process=process: not Path(f"/proc/{process}/exe").exists())


def _health(port: int) -> dict[str, Any]:
    try:
        health: dict[str, Any] = httpx.get(f"http://127.0.0.1:{port}/health", timeout=5).json()
    except httpx.HTTPError:
        return {}
    return health


@pytest.mark.parametrize("stream", [True, False])
def test_while_vllm_loads_a_question_is_told_to_come_back(tmp_path: Path, stream: bool) -> None:
    settings = Settings(tmp_path, vllm=VllmSettings("m", str(make_fake_vllm(tmp_path / "environment", "endless"))))
    vllm = VllmServer(settings, print)
    with running_server(tmp_path / "home", vllm=vllm) as server:
        vllm.start()
        asked = {"model": "ibid", "messages": [{"role": "user", "content": "How many days?"}], "stream": stream}
        answer = server.http().post("/v1/chat/completions", json=asked)
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "1"
        assert answer.json()["error"]["code"] == "model_not_ready"
        assert "vLLM is being started" in answer.json()["error"]["message"]
    assert vllm.report()["state"] == "stopped"  # with the server


def test_up_starts_vllm_with_the_server_and_stops_it(
    prepared_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = make_fake_vllm(tmp_path / "environment", "well")
    monkeypatch.setenv("IBID_VLLM_PYTHON", str(python))
    lend_models(prepared_models, tmp_path)
    port = free_port()
    command = [sys.executable, "-m", "ui.terminal.main", "up", "--vllm", "m", "--home", str(tmp_path)]
    parts = subprocess.Popen([*command, "--port", str(port), "--app-port", str(free_port())], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: (_health(port).get("vllm") or {}).get("state") == "ready", seconds=90)
        parts.send_signal(signal.SIGTERM)
        assert parts.wait(40) == 0
    finally:
        parts.kill()
        parts.wait()
    for process in children_of(python):
        wait_until(lambda process=process: not Path(f"/proc/{process}/exe").exists())


@pytest.mark.parametrize("command", ["serve", "up"])
def test_the_flag_wins_over_the_settings(command: str, tmp_path: Path) -> None:
    (tmp_path / "ibid.toml").write_text('[vllm]\nmodel = "a/model"\nmax_num_seqs = 4\n')
    settings = read_settings({}, tmp_path)
    given = running._with_addresses(build_parser().parse_args([command, "--vllm", "b/model"]), settings)
    assert (given.vllm.model, given.vllm.max_num_seqs) == ("b/model", 4)
    kept = running._with_addresses(build_parser().parse_args([command]), settings)
    assert kept.vllm.model == "a/model"


@pytest.mark.parametrize("command", ["serve", "up"])
def test_how_many_processes_serve_is_a_flag_over_a_setting(command: str, tmp_path: Path) -> None:
    (tmp_path / "ibid.toml").write_text("[serve]\nworkers = 3\n")
    settings = read_settings({}, tmp_path)
    given = running._with_addresses(build_parser().parse_args([command, "--workers", "2"]), settings)
    kept = running._with_addresses(build_parser().parse_args([command]), settings)
    assert (given.serve.workers, kept.serve.workers) == (2, 3)
