"""The server in one process."""

from __future__ import annotations

import socket
import sys
import threading

from kb.questions.run_files import CompareRuns
from kb.settings import Settings
from serving.http.answers.places import Places
from serving.http.app import create_app
from serving.http.connections import server_for
from serving.http.opening import settle
from serving.http.operating.observing.log import configure_log
from serving.taken_places import TakenPlaces
from serving.vllm import ModelServer


class OneProcess:
    """The server in this very process.

    Args:
        settings: of this process.
        listener: the socket that it takes requests from.
        vllm: a vLLM server beside it.
        compare_runs: compares two runs of a collection.
        taken: the places for answers that each process holds, where several share them.

    Raises:
        SettingsError: the settings are not complete.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        vllm: ModelServer | None = None,
        compare_runs: CompareRuns | None = None,
        taken: TakenPlaces | None = None,
    ) -> None:
        configure_log(settings.serve.log, sys.stderr)
        self._listener = listener
        app = create_app(settings, vllm=vllm, compare_runs=compare_runs, places=Places(shared=taken))
        self._server = server_for(app)
        threading.Thread(target=settle, args=(app.state.services,), name="ibid-settling", daemon=True).start()

    def run(self) -> None:
        """Serves until `end`, SIGTERM or SIGINT."""
        self._server.run(sockets=[self._listener])

    def end(self) -> None:
        """Lets answers end, five seconds at most, then closes everything."""
        self._server.should_exit = True
