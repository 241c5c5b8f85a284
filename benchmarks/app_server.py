"""The server behind the app while waits in the app are measured."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.search_latency import fill
from kb.catalog.collections import open_collection
from kb.embedding import open_embedder
from kb.settings import EmbedderSettings, ServeSettings, Settings
from serving.http.server import listen
from tests.ui.browser.chromium import wait_for
from ui.browser.launch import api_url

_DOCUMENTS = Path(__file__).parents[1] / "examples" / "documents"


@contextmanager
def example_server(given: str | None, home: Path, passages: int) -> Iterator[str]:
    """The base URL that was given, or that of a server in a process of its own.

    Its collection holds the example documents, and made-up ones of fifty passages each besides: `passages` in all.
    """
    if given:
        yield given
        return
    environment = {**os.environ, "IBID_HOME": str(home)}
    ibid = [sys.executable, "-m", "ui.terminal.main"]
    subprocess.run([*ibid, "ingest", str(_DOCUMENTS)], env=environment, check=True, stdout=subprocess.DEVNULL)
    _fill_up(home, passages)
    with listen("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([*ibid, "serve", "--port", str(port)], env=environment)
    try:
        url = api_url(Settings(home=home, serve=ServeSettings(port=port)))
        wait_for(f"{url}/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _fill_up(home: Path, passages: int) -> None:
    catalog = open_collection(home, "default")
    missing = passages - catalog.collection().passages
    if missing > 0:
        fill(catalog, open_embedder(EmbedderSettings(), home / "cache").space, missing)
