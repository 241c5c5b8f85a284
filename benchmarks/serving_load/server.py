"""A server process under load, with an eye on how long its event loop is ever held up."""

from __future__ import annotations

import asyncio
import os
import socket
import threading
import time
from contextlib import suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

from kb.settings import LimitSettings, ModelSettings, ServeSettings, read_settings
from serving.counters_folder import SHARED_FOLDER
from serving.taken_places import TakenPlaces
from serving.workers import with_fair_threads

_LOOK_SECONDS = 0.02  # more often would cost more than an answer does


class Share(NamedTuple):
    """What a server process shares with the others."""

    listener: socket.socket
    counters: Path  # a folder
    processes: int
    number: int  # of this one, from 0


def run_server(pipe: Connection, home: Path, model_url: str, share: Share) -> None:
    """Serves until the process is ended. Whatever is sent into the pipe is answered with the lags since then."""
    if share.processes > 1:
        os.environ[SHARED_FOLDER] = str(share.counters)
    from serving.http.answers.places import Places
    from serving.http.app import create_app
    from serving.http.connections import server_for
    from serving.http.opening import settle

    settings = replace(
        read_settings(home=home),
        model=ModelSettings(base_url=model_url, name="scripted"),
        serve=ServeSettings(port=0, workers=share.processes),
        limits=LimitSettings(concurrent_requests=2_000),  # so that the places for answers are what is measured
    )
    taken = TakenPlaces(share.counters, share.processes, share.number) if share.processes > 1 else None
    app = create_app(with_fair_threads(settings), places=Places(shared=taken))
    server = server_for(app)
    lags: list[float] = []

    def tell() -> None:
        settle(app.state.services)
        pipe.send("ready")
        with suppress(EOFError):
            while pipe.recv():
                pipe.send(lags.copy())
                lags.clear()

    async def serve() -> None:
        watching = asyncio.ensure_future(_watch(lags))
        threading.Thread(target=tell, daemon=True).start()
        await server.serve(sockets=[share.listener])
        watching.cancel()

    app.state.services.collections.get("default").searcher.search("warm-up")
    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:  # as uvicorn runs it
        runner.run(serve())


async def _watch(lags: list[float]) -> None:
    while True:
        began = time.perf_counter()
        await asyncio.sleep(_LOOK_SECONDS)
        lags.append(time.perf_counter() - began - _LOOK_SECONDS)
