"""One real server for all clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.clients.served import server_with_worker
from tests.serving.http_server import RunningServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """It answers extractively, and a worker reads what is uploaded to it."""
    with server_with_worker(tmp_path_factory.mktemp("clients")) as running:
        yield running
