"""OpenAI's client for Node, from npm, against the real server. `make .node/installed` fetches it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import NODE_MODULES, needs_node
from tests.serving.http_server import RunningServer

PROGRAM = Path(__file__).parent / "openai_node.test.mjs"


@needs_node
def test_the_client_for_node_finds_what_it_expects(server: RunningServer, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(NODE_MODULES)  # where Node looks, beside the program
    program = shutil.copy(PROGRAM, tmp_path)
    done = subprocess.run(
        ["node", "--test", program],
        env={**os.environ, "BASE_URL": f"{server.address}/v1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if done.returncode:
        pytest.fail(done.stdout + done.stderr)
