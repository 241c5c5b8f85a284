"""One real server for all clients, with a real worker that reads what they upload."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from ingest.sandbox import ParserPool
from ingest.worker import work
from kb.home.home import Home
from tests.serving.http_server import RunningServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """The three small documents of `tests.serving.library` are in its default collection; it answers extractively."""
    stopped = threading.Event()
    with running_server(tmp_path_factory.mktemp("clients")) as running, ParserPool(running.settings.limits) as pool:
        home = Home(running.settings.home)
        worker = threading.Thread(
            target=work, args=(home, running.settings, lambda: running.embedder, pool.parse_all, stopped), daemon=True
        )
        worker.start()
        yield running
        stopped.set()
        worker.join(timeout=30)
        home.close()
