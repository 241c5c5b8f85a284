"""Where the clients are that need environments of their own, which the Makefile makes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

_ROOT = Path(__file__).resolve().parents[2]
NODE_MODULES = _ROOT / ".node" / "node_modules"
LLAMAINDEX_PYTHON = _ROOT / ".llamaindex" / "bin" / "python"


def needs_node(test: pytest.Function) -> pytest.Function:
    """Marks a test that runs OpenAI's client for Node."""
    here = shutil.which("node") is not None and (NODE_MODULES / "openai").is_dir()
    skip = pytest.mark.skipif(not here, reason="Node or its openai package is missing: make .node/installed")
    marked: pytest.Function = pytest.mark.node(skip(test))
    return marked


def needs_llamaindex(test: pytest.Function) -> pytest.Function:
    """Marks a test that runs LlamaIndex."""
    here = LLAMAINDEX_PYTHON.exists()
    skip = pytest.mark.skipif(not here, reason="LlamaIndex is missing: make .llamaindex/installed")
    marked: pytest.Function = skip(test)
    return marked
