"""The real server and worker over an empty home, in this process, with an embedder that needs no model."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from ingest.sandbox import ParserPool
from ingest.worker import work
from kb.home.home import Home
from kb.settings import Settings
from serving.http.app import create_app
from serving.http.server import listen
from tests.fakes import HashEmbedder


@contextmanager
def real_server(home: Path) -> Iterator[str]:
    """Serves until left; gives the base URL."""
    settings = Settings(home=home)
    embedder = HashEmbedder()
    listener = listen("127.0.0.1", 0)
    server = uvicorn.Server(uvicorn.Config(create_app(settings, embedder=embedder), log_level="warning", ws="none"))
    stopped = threading.Event()
    with ParserPool(settings.limits) as pool:
        arguments = (Home(home), settings, lambda: embedder, pool.parse_all, stopped)
        threads = [
            threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True),
            threading.Thread(target=work, args=arguments, daemon=True),
        ]
        for thread in threads:
            thread.start()
        while not server.started:
            time.sleep(0.05)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            stopped.set()
            server.should_exit = True
            for thread in threads:
                thread.join(15)
            listener.close()
