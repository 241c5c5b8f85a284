"""Several server processes over one home folder, which take their requests from one socket.

This process makes none of the answers: it starts the others, starts each again that dies, and ends them. Nothing of the
server is imported here, so that each of them can first be told where the counters of all are kept.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from multiprocessing.connection import wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import FrameType

from kb.questions.run_files import CompareRuns
from kb.settings import Settings
from serving.counters_folder import SHARED_FOLDER
from serving.taken_places import TakenPlaces, free_places
from serving.vllm import SharedStatus

# Seconds before a process that died is started again: at once where it had been well, later where it dies as it starts.
_WAITS = (0.0, 1.0, 2.0, 5.0, 10.0)
_WELL_SECONDS = 30.0  # one that lived this long had started well: models are loaded within
_STOP_SECONDS = 12.0  # answers may end, five seconds at most; then databases and connections are closed


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    started: float  # seconds of the monotonic clock
    failures: int  # in a row, so far


class Workers:
    """Runs `settings.serve.workers` processes.

    Args:
        settings: of each of them.
        listener: the socket that they share, which listens already.
        say: told in a line which process died.
        vllm: the status of a vLLM server that this process looks after.
        compare_runs: compares two runs of a collection; a function of a module, which each process imports by name.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        say: Callable[[str], None],
        vllm: SharedStatus | None = None,
        compare_runs: CompareRuns | None = None,
    ) -> None:
        self._settings = with_fair_threads(settings)
        self._listener = listener
        self._say = say
        self._vllm = vllm
        self._compare_runs = compare_runs
        self._woken, self._wake = multiprocessing.Pipe(duplex=False)
        self._ending = threading.Event()
        self._spawning = multiprocessing.get_context("spawn")  # a fork would copy threads and locks half-way

    def end(self) -> None:
        """Makes `run` end all processes and return. May come from any thread or a signal handler."""
        self._ending.set()
        self._wake.send_bytes(b"end")

    def run(self) -> None:
        """Serves until `end`, SIGTERM or SIGINT; must be called in the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        with tempfile.TemporaryDirectory(prefix="ibid-counters-") as counters:
            folder = Path(counters)
            workers = [self._start(folder, number) for number in range(self._settings.serve.workers)]
            try:
                self._look_after(workers, folder)
            finally:
                _stop([worker.process for worker in workers])

    def _look_after(self, workers: list[_Worker], folder: Path) -> None:
        while not self._ending.is_set():
            wait([self._woken, *(worker.process.sentinel for worker in workers)])
            for number, worker in enumerate(workers):
                if worker.process.exitcode is None or self._ending.is_set():
                    continue
                _forget_gauges(worker.process, folder)
                free_places(folder, number)
                lived = time.monotonic() - worker.started
                failures = 1 if lived > _WELL_SECONDS else worker.failures + 1
                seconds = _WAITS[min(failures - 1, len(_WAITS) - 1)]
                ended = f"server process {worker.process.pid} ended with status {worker.process.exitcode}"
                self._say(f"{ended}; another one is started{f' in {seconds:g} s' if seconds else ''}")
                if not self._ending.wait(seconds):
                    workers[number] = self._start(folder, number, failures)

    def _start(self, folder: Path, number: int, failures: int = 0) -> _Worker:
        process = self._spawning.Process(
            target=_serve_one,
            args=(self._settings, self._listener, folder, number, self._vllm, self._compare_runs),
            name="ibid-server",
        )
        process.start()
        return _Worker(process, time.monotonic(), failures)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.end()


def _serve_one(
    settings: Settings,
    listener: socket.socket,
    folder: Path,
    number: int,
    vllm: SharedStatus | None,
    compare_runs: CompareRuns | None,
) -> None:
    """What each process does; `number` tells it from the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all; until there is a server, the parent ends us
    os.environ[SHARED_FOLDER] = str(folder)
    from serving.http.one_process import OneProcess

    taken = TakenPlaces(folder, settings.serve.workers, number)
    serving = OneProcess(settings, listener, vllm, compare_runs, taken)
    parent = multiprocessing.parent_process()
    assert parent is not None
    threading.Thread(target=_end_with, args=(parent.sentinel, serving.end), name="ibid-parent", daemon=True).start()
    serving.run()


def _end_with(parent: int, end: Callable[[], None]) -> None:
    """However the process that started us dies, nobody would look after us then, nor end us."""
    wait([parent])
    end()


def _stop(processes: list[SpawnProcess]) -> None:
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + _STOP_SECONDS
    for process in processes:
        process.join(max(0.1, deadline - time.monotonic()))
        if process.exitcode is None:
            process.kill()
            process.join()


def _forget_gauges(process: SpawnProcess, folder: Path) -> None:
    """What it counted stays; what it was doing, it does no more."""
    from prometheus_client.multiprocess import mark_process_dead

    mark_process_dead(process.pid, str(folder))  # type: ignore[no-untyped-call]  # it has no annotations


def with_fair_threads(settings: Settings) -> Settings:
    """The settings in which each process's embedder takes its share of the cores, where nobody said how many."""
    if settings.embedder.threads:
        return settings
    share = max(1, (os.cpu_count() or 1) // settings.serve.workers)
    return replace(settings, embedder=replace(settings.embedder, threads=share))
