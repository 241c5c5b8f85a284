"""What a cluster's processes run in tests: they must be able to import it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from kb.errors import ModelError
from kb.ports import Embedder
from kb.records import Document, document_id_of
from tests.fakes import HashEmbedder

FATAL = b"end the process of Ray's"


def read_slowly(path: Path, name: str, *, max_pages: int) -> Document:
    """A parser for the sandbox: reads texts in a tenth of a second; a file may order it to end Ray's own process."""
    content = path.read_bytes()
    if content == FATAL:
        host = Path(f"/proc/{os.getppid()}/stat").read_text().rpartition(")")[2].split()
        os.kill(int(host[1]), signal.SIGKILL)
        time.sleep(60)
    time.sleep(0.1)
    return Document(document_id_of(content), name, "text/plain", name, content.decode())


def open_nothing() -> Embedder:
    raise ModelError("cannot load the model", "its folder is empty")


def open_another() -> Embedder:
    return HashEmbedder(model="other")
