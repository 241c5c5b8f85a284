"""How a vLLM server is: known to the process that looks after it, and, through a file, to the processes beside it."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from kb.errors import ModelError, ModelNotReadyError


class State(StrEnum):
    """What it is doing."""

    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Status:
    """One state of the server, since a moment of the system's monotonic clock, which all processes share."""

    state: State
    since: float
    model: str
    address: str
    log: str
    version: str = ""
    restarts: int = 0
    why: str = ""

    def check(self) -> None:
        """Passes when a question can be asked.

        Raises:
            ModelNotReadyError: it is being started.
            ModelError: it was given up.
        """
        match self.state:
            case State.READY:
                return
            case State.STARTING | State.RESTARTING:
                seconds = time.monotonic() - self.since
                what = "is being started" if self.state is State.STARTING else f"is started again ({self.why})"
                raise ModelNotReadyError(f"vLLM {what}", f"{seconds:.0f} s so far", "Ask again in a moment")
            case _:
                raise self.failure()

    def failure(self) -> ModelError:
        """Why there is no server any more."""
        return ModelError(f"vLLM does not run {self.model}", self.why, f"See {self.log}, then start ibid again")

    def report(self) -> dict[str, Any]:
        """How it is, for /health."""
        told = asdict(self)
        seconds = round(time.monotonic() - told.pop("since"))
        return {**told, "state": self.state.value, "seconds": seconds}


class ModelServer(Protocol):
    """A model server beside ours, whoever looks after it."""

    def check(self) -> None:
        """Passes when a question can be asked; raises a ModelError otherwise."""

    def report(self) -> dict[str, Any]:
        """How it is."""

    def stop(self) -> None:
        """Ends it, if that is for us to do."""


class SharedStatus:
    """A status in a file: one process writes it, others ask it as if the server were theirs."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, status: Status) -> None:
        """Replaces it, in one step."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        new.write_text(json.dumps(asdict(status)))
        new.replace(self._path)

    def check(self) -> None:
        """Passes when a question can be asked.

        Raises:
            ModelNotReadyError: the server is being started.
            ModelError: it was given up.
        """
        self._read().check()

    def report(self) -> dict[str, Any]:
        """How the server is, for /health."""
        return self._read().report()

    def stop(self) -> None:
        """Does nothing: the process that writes the status ends the server."""

    def _read(self) -> Status:
        told = json.loads(self._path.read_text())
        return Status(**{**told, "state": State(told["state"])})
