"""Runs the server."""

from __future__ import annotations

import errno
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from kb.errors import SettingsError, UsageError
from kb.home.home import Home
from kb.home.keys import list_keys
from kb.home.worker_sign import SILENT_SECONDS, is_worker_seen
from kb.questions.run_files import CompareRuns
from kb.settings import LOOPBACK, Settings
from serving.http.one_process import OneProcess
from serving.http.opening import close_services, open_services
from serving.vllm import SharedStatus, VllmServer
from serving.workers import Workers


def serve(settings: Settings, say: Callable[[str], None], compare_runs: CompareRuns | None = None) -> None:
    """Serves until interrupted; where the settings name a model for vLLM, with a vLLM server of our own beside it.

    Args:
        settings: of this process.
        say: told in a line who may come in, and how vLLM is doing.
        compare_runs: compares two runs of a collection; a function of a module, found by name in each process.

    Raises:
        UsageError: the address cannot be listened on.
        SettingsError: the settings are not complete, or name another address than loopback while there are no keys.
        MissingPartError: there is no vLLM to start.
        ModelError: vLLM was given up before it was ever ready.
    """
    _check_border(settings, say)
    listening = listen(settings.serve.host, settings.serve.port)
    with listening as listener, missing_worker_told(settings.home, say):
        if settings.vllm.model:
            _serve_beside_vllm(settings, listener, say, compare_runs)
        else:
            _serving(settings, listener, say, compare_runs).run()


@contextmanager
def missing_worker_told(home: Path, say: Callable[[str], None], seconds: float = SILENT_SECONDS) -> Iterator[None]:
    """Says once, after so many seconds, that no worker is there, if none is: what is uploaded would wait for ever.

    Args:
        home: the home folder.
        say: told it in a line.
        seconds: in which a worker that is started beside the server gives its sign.
    """

    def look() -> None:
        if not is_worker_seen(home):
            say("no worker is running: files that are uploaded wait until `ibid worker` takes them in")

    waiting = threading.Timer(seconds, look)
    waiting.daemon = True
    waiting.start()
    try:
        yield
    finally:
        waiting.cancel()


def _check_border(settings: Settings, say: Callable[[str], None]) -> None:
    home = Home(settings.home)
    try:
        keys = list_keys(home)
    finally:
        home.close()
    if any(key.state == "valid" for key in keys):
        return
    host = settings.serve.host
    if host not in LOOPBACK:
        raise SettingsError(
            f"the server does not listen on {host}",
            "there is no API key, and everybody who reaches the port could read all documents",
            "Make one (`ibid keys create NAME`) or listen on 127.0.0.1",
        )
    if keys:
        say("every API key is revoked or expired: nobody can use the server until `ibid keys create NAME` makes one")
    else:
        say(f"no API keys: only programs on this machine may use the server, which listens on {host} alone")


def _serve_beside_vllm(
    settings: Settings, listener: socket.socket, say: Callable[[str], None], compare_runs: CompareRuns | None
) -> None:
    given_up = threading.Event()
    running: list[Serving] = []

    def end() -> None:
        given_up.set()
        for serving in running:
            serving.end()

    status = SharedStatus(settings.home / "logs" / "vllm.json")
    vllm = VllmServer(settings, say, on_never_ready=end, shared=status)
    settings = replace(settings, model=vllm.model_settings(settings.model))
    vllm.start()
    try:
        running.append(_serving(settings, listener, say, compare_runs, vllm, status))
        if not given_up.is_set():
            running[0].run()
    finally:
        vllm.stop()
    if given_up.is_set():
        raise vllm.failure()


class Serving(Protocol):
    """A server that runs until it is ended."""

    def run(self) -> None:
        """Serves."""

    def end(self) -> None:
        """Lets `run` return soon, from any thread."""


def _serving(
    settings: Settings,
    listener: socket.socket,
    say: Callable[[str], None],
    compare_runs: CompareRuns | None = None,
    vllm: VllmServer | None = None,
    status: SharedStatus | None = None,
) -> Serving:
    if settings.serve.workers < 1:
        raise SettingsError(f"setting serve.workers is {settings.serve.workers}", "it must be 1 or more")
    if settings.serve.workers == 1:
        return OneProcess(settings, listener, vllm, compare_runs)
    close_services(open_services(settings))  # settings that cannot be are said once, here, and not by each process
    return Workers(settings, listener, say, status, compare_runs)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one.

    Raises:
        UsageError: the port is taken or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only on sockets that say they are TCP; otherwise each reply waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)  # connections waiting to be taken; more than answers may be made at once
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise UsageError(
            f"cannot listen on {host}:{port}",
            "the port is in use" if taken else str(error),
            "Stop what listens there or set another port: IBID_SERVE_PORT or --port" if taken else "",
        ) from error
    return listener
