"""LlamaIndex's model for OpenAI-like servers, in its own environment, against the real server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import LLAMAINDEX_PYTHON, needs_llamaindex
from tests.serving.http_server import RunningServer

PROGRAM = Path(__file__).parent / "llamaindex_program.py"


@needs_llamaindex
def test_llamaindex_chats_streams_and_completes(server: RunningServer) -> None:
    done = subprocess.run(
        [LLAMAINDEX_PYTHON, PROGRAM, f"{server.address}/v1"], capture_output=True, text=True, timeout=120, check=False
    )
    if done.returncode:
        pytest.fail(done.stderr)
    found = json.loads(done.stdout)
    assert "5% a day" in found["chat"]
    assert found["chat"] == found["stream"] == found["complete"] == found["async"] == found["legacy_complete"]
    assert found["stream_grows"]
