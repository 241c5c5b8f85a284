"""The server under load, in a process of its own, with an eye on how long its event loop is ever held up."""

from __future__ import annotations

import asyncio
import threading
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path

from kb.settings import LimitSettings, ModelSettings, ServeSettings, read_settings

_LOOK_SECONDS = 0.02  # more often would cost more than an answer does


def run_server(pipe: Connection, home: Path, model_url: str) -> None:
    """Serves until the process is ended. Whatever is sent into the pipe is answered with the lags since then."""
    from serving.http import create_app
    from serving.http.connections import server_for
    from serving.http.opening import settle
    from serving.http.server import listen

    settings = replace(
        read_settings(home=home),
        model=ModelSettings(base_url=model_url, name="scripted"),
        serve=ServeSettings(port=0),
        limits=LimitSettings(concurrent_requests=2_000),  # so that the places for answers are what is measured
    )
    listener = listen("127.0.0.1", 0)
    app = create_app(settings)
    server = server_for(app)
    lags: list[float] = []

    def tell() -> None:
        settle(app.state.services)
        pipe.send(f"http://127.0.0.1:{listener.getsockname()[1]}/v1")
        with suppress(EOFError):
            while pipe.recv():
                pipe.send(lags.copy())
                lags.clear()

    async def serve() -> None:
        watching = asyncio.ensure_future(_watch(lags))
        threading.Thread(target=tell, daemon=True).start()
        await server.serve(sockets=[listener])
        watching.cancel()

    app.state.services.collections.get("default").searcher.search("warm-up")
    asyncio.run(serve())


async def _watch(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(_LOOK_SECONDS)
        lags.append(time.perf_counter() - began - _LOOK_SECONDS)
