"""One run of the server's process, from its start to its end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from serving.vllm import guardian

_STOP_SECONDS = 12.0  # the guardian gives the command eight, then kills it; should the guardian hang, it is killed
_LAST_LINES = 200  # of the log that are looked through for the reason of an end
_REASON_CHARACTERS = 300
# How a line of the log tells of a failure: Python's exceptions, and vLLM's own errors.
_TELLING = ("Error", "error:", "No module named", "Killed", "out of memory")


class Process:
    """A running command with its guardian; its output goes to a file.

    Args:
        command: what to run.
        variables: its environment.
        log: a file that is appended to.

    Raises:
        OSError: the log cannot be written, or the guardian cannot be started.
    """

    def __init__(self, command: Sequence[str], variables: Mapping[str, str], log: Path) -> None:
        self._log = log
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._begins = output.tell()
            self._guardian = subprocess.Popen(  # noqa: S603 (our own file)
                [sys.executable, "-S", guardian.__file__, *command],
                stdin=subprocess.PIPE,  # its closing is how the guardian learns that we are gone
                stdout=output,
                stderr=output,
                env=dict(variables),
                start_new_session=True,  # Ctrl-C reaches us alone: we stop it when answers are done
            )

    @property
    def status(self) -> int | None:
        """The exit status; None while it runs."""
        return self._guardian.poll()

    def stop(self) -> None:
        """Ends the command and all that it started. May be called any number of times."""
        if self._guardian.stdin is not None:
            self._guardian.stdin.close()
        try:
            self._guardian.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._guardian.kill()
            self._guardian.wait()

    def reason(self) -> str:
        """What this run's part of the log says last about a failure; its last line where nothing sounds like one."""
        lines = self._last_lines()
        telling = [line for line in lines if any(word in line for word in _TELLING)]
        reason = (telling or lines or [""])[-1]
        return reason if len(reason) <= _REASON_CHARACTERS else reason[:_REASON_CHARACTERS] + "…"

    def _last_lines(self) -> list[str]:
        try:
            with self._log.open("rb") as file:
                file.seek(max(self._begins, self._log.stat().st_size - (256 << 10)), os.SEEK_SET)
                last = deque(file.read().decode(errors="replace").splitlines(), maxlen=_LAST_LINES)
        except OSError:
            return []
        return [line for raw in last if (line := " ".join(raw.split()))]
