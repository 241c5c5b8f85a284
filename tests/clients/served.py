"""The real server with a real worker, which reads what clients upload."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.sandbox import ParserPool
from ingest.worker import work
from kb.home.home import Home
from kb.ports import ChatModel
from tests.serving.http_server import RunningServer, running_server


@contextmanager
def server_with_worker(home_folder: Path, model: ChatModel | None = None) -> Iterator[RunningServer]:
    """The three small documents of `tests.serving.library` are in its default collection."""
    stopped = threading.Event()
    with running_server(home_folder, model=model) as running, ParserPool(running.settings.limits) as pool:
        home = Home(running.settings.home)
        worker = threading.Thread(
            target=work, args=(home, running.settings, lambda: running.embedder, pool.parse_all, stopped), daemon=True
        )
        worker.start()
        yield running
        stopped.set()
        worker.join(timeout=30)
        home.close()
