"""`ibid serve --vllm` with a real vLLM and a tiny model, from start to stop. `make vllm-test` installs and runs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.records import Turn
from kb.settings import ModelSettings
from serving.follow_ups import standalone_question
from tests.serving.http_server import wait_until
from tests.serving.library import HANDBOOK, REGULATION
from tests.serving.tiny_llama import make_tiny_llama
from ui.terminal.main import main

PYTHON = os.environ.get("VLLM_PYTHON") or str(Path(__file__).parents[2] / ".vllm" / "bin" / "python")
START_SECONDS = 500.0  # on two busy cores it took 238; a restart finds its files in the cache

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.slow,
    pytest.mark.timeout(1200),
    pytest.mark.skipif(not Path(PYTHON).is_file(), reason="needs an environment with vLLM: make vllm-test"),
]

WRITTEN = "generation_tokens_total"
REPORT = "How many days do students have to hand in the final report?"
DEPOSIT = "租赁期满后多少天内退还押金？"


class Served:
    """A running `ibid serve` with its vLLM."""

    def __init__(self, process: subprocess.Popen[bytes], address: str, home: Path) -> None:
        self.process = process
        self.address = address
        self.home = home
        self.groups: set[int] = set()
        self.counters = ""  # where vLLM counts; its port stays when it is started again
        self.client = openai.OpenAI(base_url=f"{address}/v1", api_key="any", max_retries=0, timeout=120)

    def vllm(self) -> dict[str, Any]:
        """What /health says of vLLM."""
        try:
            health: dict[str, Any] = httpx.get(f"{self.address}/health", timeout=10).json()["vllm"]
        except httpx.HTTPError:
            return {"state": "", "restarts": 0}
        return health

    def wait_until_ready(self) -> None:
        wait_until(lambda: self.process.poll() is not None or self.vllm()["state"] == "ready", START_SECONDS)
        assert self.process.poll() is None

    def model(self) -> OpenAICompatibleModel:
        """vLLM itself, with the key that only its process knows."""
        environments = [Path(f"/proc/{one}/environ").read_text(errors="replace") for one in self.processes()]
        (key, *_) = (found[1] for text in environments if (found := re.search("VLLM_API_KEY=([^\\0]+)", text)))
        return OpenAICompatibleModel(ModelSettings(f"{self.vllm()['address']}/v1", "tiny", key))

    def measured(self, name: str) -> float:
        """One of vLLM's own counters."""
        # Asked for once, before vLLM keeps every core busy: then `/health` was late by 20 s, and so was a debugger.
        self.counters = self.counters or f"{self.vllm()['address']}/metrics"
        text = httpx.get(self.counters, timeout=30).text
        return sum(map(float, re.findall(rf"^vllm:{name}(?:{{[^}}]*}})? (\S+)$", text, re.MULTILINE)))

    def ask(self, question: str, model: str = "ibid", history: tuple[dict[str, str], ...] = (), **more: Any) -> Any:
        asked = [*history, {"role": "user", "content": question}]
        return self.client.chat.completions.create(model=model, messages=asked, **more)  # type: ignore[call-overload]

    def processes(self) -> set[int]:
        """Everything that runs with this home in its environment, and what shares a group with such a process.

        vLLM's engine and workers write their names over their environments; their group they cannot change.
        """
        mark = f"IBID_HOME={self.home}\0".encode()
        groups = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                state, _, group = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
                if mark in (folder / "environ").read_bytes() and int(group) != os.getpgrp():
                    self.groups.add(int(group))
            except OSError:  # it has just ended, or is another user's
                continue
            if state != "Z":
                groups[int(folder.name)] = int(group)
        return {process for process, group in groups.items() if group in self.groups}


@pytest.fixture(scope="module")
def served(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home, documents = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("documents")
    model = make_tiny_llama(tmp_path_factory.mktemp("model") / "tiny")
    shutil.copytree(prepared_models, home / "models")
    for name, text, collection in (("handbook.txt", HANDBOOK, "default"), ("条例.txt", REGULATION, "law")):
        (documents / name).write_text(text, "utf-8")
        assert main(["ingest", str(documents / name), "-c", collection, "--home", str(home)]) == 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    variables = {
        **os.environ,
        "IBID_HOME": str(home),
        "IBID_VLLM_PYTHON": PYTHON,
        "IBID_VLLM_ARGUMENTS": "--enforce-eager",  # compiling takes a minute and is for models that compute something
    }
    command = [sys.executable, "-m", "ui.terminal.main", "serve", "--vllm", str(model), "--port", str(port)]
    process = subprocess.Popen(command, env=variables, start_new_session=True)
    running = Served(process, f"http://127.0.0.1:{port}", home)
    try:
        began = time.monotonic()
        running.wait_until_ready()
        print(f"vLLM was ready after {time.monotonic() - began:.0f} s")
        running.processes()  # their groups are noted while the first process is there
        yield running
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        wait_until(lambda: not running.processes())  # nothing of vLLM outlives us
    finally:
        running.client.close()
        process.kill()
        process.wait()


def test_an_english_answer_streams_and_is_checked(served: Served) -> None:
    chunks = list(served.ask(REPORT, stream=True))
    last = chunks[-1].ibid
    assert last["text"] == "Students must hand in the final report within fourteen days after the last lecture [1]."
    assert last["model"] == "tiny"
    assert [claim["verdict"] for claim in last["claims"]] == ["supported"]
    assert last["citations"][0]["document"] == "handbook.txt"


def test_a_chinese_answer_comes_from_the_chinese_prompt(served: Served) -> None:
    answer = served.ask(DEPOSIT, "ibid/law").ibid
    assert answer["text"] == "租赁期满后，出租人应当在三十日内退还押金[1]。"
    assert answer["citations"][0]["document"] == "条例.txt"


def test_a_follow_up_is_rewritten_and_a_schema_is_kept_to(served: Served) -> None:
    model = served.model()
    history = (Turn("user", "When do students hand in the final report?"), Turn("assistant", "Within fourteen days."))
    assert standalone_question("How many days do they have?", history, model) == REPORT
    forced = {"type": "object", "properties": {"days": {"enum": ["fourteen"]}}, "required": ["days"]}
    reply = "".join(model.stream("You answer", (Turn("user", "How long?"),), schema=forced, max_tokens=50))
    assert json.loads(reply) == {"days": "fourteen"}  # of itself, this model would have said something else
    model.close()


def test_the_rules_of_a_prompt_are_read_once(served: Served) -> None:
    served.ask(REPORT)
    before = served.measured("prefix_cache_hits_total")
    served.ask("May students resit an examination that they failed?")
    assert served.measured("prefix_cache_hits_total") > before


def test_hanging_up_ends_the_reply_in_vllm(served: Served) -> None:
    before = served.measured(WRITTEN)
    asked = [{"role": "user", "content": f"{REPORT} Say it at length."}]
    body = {"model": "ibid", "messages": asked, "stream": True, "max_tokens": 100_000}
    with httpx.stream("POST", f"{served.address}/v1/chat/completions", json=body, timeout=60) as response:
        lines = response.iter_lines()  # kept: dropping it would hang up
        next(lines)
        time.sleep(2)  # the model writes meanwhile; vLLM's counters stand still while it is busy, so they cannot tell
    wait_until(lambda: served.measured("num_requests_running") == 0 < served.measured(WRITTEN) - before, 60)
    assert served.measured(WRITTEN) - before < 90_000  # the model was far from its end


def test_a_model_that_goes_in_circles_is_cut(served: Served) -> None:
    with pytest.raises(openai.InternalServerError, match=r"the model repeats itself: its reply ends in “[^”]*goes,"):
        served.ask(f"{REPORT} Say it in circles.")


def test_many_may_ask_at_once(served: Served) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda _: served.ask(REPORT).ibid["text"], range(16)))
    assert len(set(texts)) == 1


def test_an_engine_that_dies_is_started_again(served: Served) -> None:
    engines = [one for one in served.processes() if "EngineCore" in Path(f"/proc/{one}/cmdline").read_text()]
    assert engines
    os.kill(engines[0], signal.SIGKILL)
    wait_until(lambda: served.vllm()["restarts"] == 1, 60)
    served.wait_until_ready()
    assert served.ask(REPORT).ibid["status"] == "answered"
