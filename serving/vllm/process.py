"""One run of the server's process, from its start to its end."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from serving.vllm import guardian

_STOP_SECONDS = 12.0  # the guardian gives the command eight, then kills it; should the guardian hang, it is killed
_LAST_LINES = 200  # of the log that are looked through for the reason of an end
_REASON_CHARACTERS = 300
_FAILURE = re.compile(r"\b\w*(?:Error|Exception|Exit): .+|\b\w+: error: .+|No module named .+")
_ELSEWHERE = "See root cause above"  # the error of a process whose child has failed; the child's own is the reason
_PREFIX = re.compile(r"(?:\(\w+ pid=\d+\) )?(?:[A-Z]+ [\d-]+ [\d:]+ \[[^\]]*\] )?")  # who logs, and when


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
                stdout=subprocess.PIPE,
                stderr=output,
                env=dict(variables),
                start_new_session=True,  # Ctrl-C reaches us alone: we stop it when answers are done
            )

        assert self._guardian.stdout is not None
        with self._guardian.stdout as told:
            group = told.readline().strip()  # nothing, where the command could not even be started
        self._group = int(group) if group else 0

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
        if self._guardian.returncode < 0 and self._group:  # it was killed, and could not look after the command
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._group, signal.SIGKILL)

    def reason(self) -> str:
        """The last failure that this run's part of the log names; its last line where it names none."""
        lines = self._last_lines()
        failures = [found[0] for line in lines if (found := _FAILURE.search(line)) and _ELSEWHERE not in line]
        return _shortened((failures or lines or [""])[-1])

    def progress(self) -> str:
        """The last line of the log, without what stands before every line."""
        lines = self._last_lines()
        return _shortened(_PREFIX.sub("", lines[-1])) if lines else ""

    def _last_lines(self) -> list[str]:
        try:
            with self._log.open("rb") as file:
                file.seek(max(self._begins, self._log.stat().st_size - (256 << 10)), os.SEEK_SET)
                last = deque(file.read().decode(errors="replace").splitlines(), maxlen=_LAST_LINES)
        except OSError:
            return []
        return [line for raw in last if (line := " ".join(raw.split()))]


def _shortened(line: str) -> str:
    return line if len(line) <= _REASON_CHARACTERS else line[:_REASON_CHARACTERS] + "…"
