"""Every program in docs/clients.md and its Chinese counterpart runs as it stands there, but for the port."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import openai
import pytest

from tests.clients.environments import LLAMAINDEX_PYTHON, NODE_MODULES, needs_llamaindex, needs_node
from tests.clients.served import server_with_worker
from tests.serving.http_server import RunningServer

ROOT = Path(__file__).resolve().parents[2]
COURSE = ROOT / "examples" / "documents" / "course"
PAGES = {"clients.md": "Examination Hall B", "clients.zh-CN.md": "60%以上"}  # and what every answer holds
FROM_THE_MAIL = "Harcourt Lecture Theatre"  # the answer to the one other question


class Program(NamedTuple):
    page: str
    language: str
    text: str


def programs(language: str, having: str = "") -> list[Program]:
    """The programs of both pages in one language that mention something."""
    found = [
        Program(page, language, text)
        for page in PAGES
        for text in re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs" / page).read_text("utf-8"), re.DOTALL)
        if having in text
    ]
    assert len(found) >= len(PAGES)
    return found


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server that knows the documents the programs ask about."""
    with server_with_worker(tmp_path_factory.mktemp("examples")) as running:
        with openai.OpenAI(base_url=f"{running.address}/v1", api_key="any") as client:
            for name in ("inf342-handbook.pdf", "index-and-segmentation-zh.md"):
                added = client.vector_stores.files.upload_and_poll(
                    vector_store_id="default", file=COURSE / name, poll_interval_ms=200
                )
                assert added.status == "completed"
        yield running


def run(program: Program, server: RunningServer, command: list[str | Path], folder: Path) -> str:
    """What a program writes, run where the examples are."""
    path = folder / {"python": "program.py", "js": "program.mjs", "bash": "program.sh"}[program.language]
    path.write_text(program.text.replace("http://127.0.0.1:8000", server.address), "utf-8")
    done = subprocess.run([*command, path], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def answers(program: Program) -> str:
    """What the program's answer must hold."""
    return FROM_THE_MAIL if "room-change.eml" in program.text else PAGES[program.page]


@pytest.mark.parametrize("program", [*programs("python", "from openai"), *programs("python", "langchain_openai")])
def test_a_program_in_python(program: Program, examples: RunningServer, tmp_path: Path) -> None:
    assert answers(program) in run(program, examples, [sys.executable, "-W", "error"], tmp_path)


@needs_llamaindex
@pytest.mark.parametrize("program", programs("python", "llama_index"))
def test_a_program_for_llamaindex(program: Program, examples: RunningServer, tmp_path: Path) -> None:
    assert answers(program) in run(program, examples, [LLAMAINDEX_PYTHON], tmp_path)


@needs_node
@pytest.mark.parametrize("program", programs("js"))
def test_a_program_in_javascript(program: Program, examples: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)
    assert answers(program) in run(program, examples, ["node"], tmp_path)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is missing")
@pytest.mark.parametrize("program", programs("bash"))
def test_a_request_by_curl(program: Program, examples: RunningServer, tmp_path: Path) -> None:
    assert answers(program) in run(program, examples, ["bash"], tmp_path)


def test_both_pages_have_the_same_programs() -> None:
    for language in ("python", "js", "bash"):
        by_page = {page: [one for one in programs(language) if one.page == page] for page in PAGES}
        english, chinese = by_page.values()
        assert len(english) == len(chinese)
