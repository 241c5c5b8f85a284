"""Runs one command and sees to it that nothing of it outlives us. Started as a process of its own, by its file.

It watches its standard input, whose other end we hold: when we end, however we end, that closes, and the command is
stopped with every process that it started. To its standard output it writes one line, the number of the command's
process group; the command's own output goes to where its errors go. It needs nothing but the standard library.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType

_LOOK_SECONDS = 0.2  # how often it looks whether the command has ended
_GRACE_SECONDS = 8.0  # vLLM frees a GPU in two or three; ibid's own parts are given ten
_SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of Linux's prctl


def main(command: list[str]) -> int:
    """Runs `command` until it ends, or until standard input closes or SIGTERM comes; returns its exit status."""
    asked_to_stop = False

    def stop(_number: int, _frame: FrameType | None) -> None:
        nonlocal asked_to_stop
        asked_to_stop = True

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, stop)
    process = subprocess.Popen(  # noqa: S603 (what we were started with)
        command,
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,  # a group of its own, which can be ended as a whole
        preexec_fn=_die_with_me,  # noqa: PLW1509 (there is but one thread here)
    )
    os.write(sys.stdout.fileno(), f"{process.pid}\n".encode())
    while process.poll() is None and not asked_to_stop:
        readable, _, _ = select.select([sys.stdin], [], [], _LOOK_SECONDS)
        asked_to_stop = asked_to_stop or (bool(readable) and not os.read(sys.stdin.fileno(), 1))
    _end(process)
    return process.returncode


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends the command's whole group: politely, then by force; also what is left of it where it has ended itself."""
    _signal(process, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    _signal(process, signal.SIGKILL)
    process.wait()


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _die_with_me() -> None:
    """On Linux, the command gets SIGKILL should this guardian itself be killed; we then end what it has started."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
