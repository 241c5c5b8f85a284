"""Measures evaluations beside a worker, in a process of its own that is there only while there is something to measure.

It loads models and asks a hundred questions: neither uploads nor people who ask wait for it.
"""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from kb.errors import IbidError
from kb.home.evaluations import does_evaluation_wait
from kb.home.home import Home

_LOOK_SECONDS = 1.0  # from the click on a button to the first question; looking costs one indexed query
_PAUSE_SECONDS = 30.0  # after one that failed to start, whose reason it has printed
_STOP_SECONDS = 10.0  # for the question in hand; after that it is begun again by the next worker


@contextmanager
def evaluating_what_waits(home: Home, command: Sequence[str] | None = None) -> Iterator[None]:
    """Starts a process whenever evaluations of this home wait, until left.

    Args:
        home: whose evaluations.
        command: the process; by default `ibid worker --evaluations`.
    """
    command = command or [
        *(sys.executable, "-m", "ui.terminal.main", "worker"),
        *("--evaluations", "--home", str(home.folder)),
    ]
    ended = threading.Event()
    thread = threading.Thread(target=_keep_evaluating, args=(home, command, ended), name="evaluations", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _keep_evaluating(home: Home, command: Sequence[str], ended: threading.Event) -> None:
    while not ended.wait(_LOOK_SECONDS):
        with suppress(IbidError, OSError):  # a busy database, a machine without memory: the next look finds it again
            if does_evaluation_wait(home):
                process = subprocess.Popen(command)  # noqa: S603 (our own program)
                if _end_of(process, ended) != 0:
                    ended.wait(_PAUSE_SECONDS)


def _end_of(process: subprocess.Popen[bytes], ended: threading.Event) -> int:
    """Waits for its end and gives its exit status; ends it where it is no longer wanted."""
    while not ended.is_set():
        try:
            return process.wait(_LOOK_SECONDS)
        except subprocess.TimeoutExpired:
            continue
    process.terminate()
    try:
        return process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
