"""Our vLLM server: started, watched, restarted where it dies or hangs, stopped with us."""

from __future__ import annotations

import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from kb.errors import ModelError, StorageError
from kb.settings import ModelSettings, Settings
from serving.vllm.command import command_line, served_name, variables
from serving.vllm.environment import find_environment
from serving.vllm.process import Process
from serving.vllm.status import SharedStatus, State, Status

_LOG_BYTES = 10 << 20  # of an old log, beyond which it is put aside at the next start


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long, in seconds; tests are faster."""

    start_look: float = 0.5  # between two looks whether it is ready
    look: float = 5.0  # between two looks whether it is still well
    silence: float = 10.0  # of a look: under full load, vLLM answers /health within one
    looks_failed: int = 3  # in a row, after which it hangs
    progress: float = 15.0  # between two lines about the start
    # Before each further start. A GPU's memory is free again after some seconds; what fails four times stays broken.
    restarts: tuple[float, ...] = (1.0, 10.0, 60.0)
    well: float = 600.0  # as long as this without a failure, and failures are counted anew


class VllmServer:
    """Starts with `start`, ends with `stop`; in between it looks after itself in a thread.

    Args:
        settings: of this process; `vllm.model` is what is served.
        say: told in a line what happens.
        on_never_ready: called when it is given up without ever having been ready: the model or a flag is wrong.
        pace: how often and how long.
        shared: is told every change, for other processes that ask this server.
    """

    def __init__(
        self,
        settings: Settings,
        say: Callable[[str], None],
        on_never_ready: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
        shared: SharedStatus | None = None,
    ) -> None:
        self._settings = settings.vllm
        self._say = say
        self._on_never_ready = on_never_ready
        self._pace = pace or Pace()
        self._key = secrets.token_urlsafe(24)
        self._port = settings.vllm.port or _free_port()
        self._log = settings.home / "logs" / "vllm.log"
        self._stopping = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="ibid-vllm", daemon=True)
        self._shared = shared
        self._was_ready = False
        self._status = Status(State.STOPPED, time.monotonic(), self._settings.model, self.address, log=str(self._log))

    @property
    def address(self) -> str:
        """Where it listens, without a path."""
        return f"http://127.0.0.1:{self._port}"

    def model_settings(self, settings: ModelSettings) -> ModelSettings:
        """`settings` with this server as the chat model's."""
        name = served_name(self._settings.model)
        return replace(settings, base_url=f"{self.address}/v1", name=name, api_key=self._key)

    def start(self) -> None:
        """Starts the server and returns at once: `check` and `report` say when it is ready.

        Raises:
            MissingPartError: vLLM is not installed; says how to install it.
            SettingsError: a setting is wrong.
            StorageError: its log cannot be written.
        """
        environment = find_environment(self._settings.python)
        self._command = command_line(self._settings, environment, self._port)
        self._variables = variables(environment, self._key)
        _put_aside(self._log)
        self._become(State.STARTING, version=environment.version)
        self._say(f"vLLM {environment.version} loads {self._settings.model} (log: {self._log})")
        self._watcher.start()

    def stop(self) -> None:
        """Ends the server, whatever it is doing. May be called any number of times."""
        self._stopping.set()
        if self._watcher.is_alive():
            self._watcher.join()
        self._become(State.STOPPED)

    def check(self) -> None:
        """Passes when a question can be asked.

        Raises:
            ModelNotReadyError: it is being started.
            ModelError: it was given up.
        """
        self._status.check()

    def failure(self) -> ModelError:
        """Why there is no server any more."""
        return self._status.failure()

    def report(self) -> dict[str, Any]:
        """How it is, for /health."""
        return self._status.report()

    def _watch(self) -> None:
        """Runs it again and again, until it is stopped or has failed too often."""
        failures = 0
        while True:
            began = time.monotonic()
            try:
                why = self._run()
            except OSError as error:
                why = f"it cannot be started: {error}"
            if self._stopping.is_set():
                return
            failures = 1 if time.monotonic() - began > self._pace.well else failures + 1
            if failures > len(self._pace.restarts) or (failures > 1 and not self._was_ready):
                break
            wait = self._pace.restarts[failures - 1]
            self._become(State.RESTARTING, why=why, restarts=self._status.restarts + 1)
            self._say(f"vLLM failed: {why}; it is started again in {wait:g} s")
            if self._stopping.wait(wait):
                return
        self._become(State.FAILED, why=why)
        self._say(f"vLLM failed {failures} times and is not started again: {why}")
        if not self._was_ready:
            self._on_never_ready()

    def _run(self) -> str:
        """One run; returns why it ended."""
        process = Process(self._command, self._variables, self._log)
        try:
            why = self._until_ready(process)
            return why or self._while_ready(process)
        finally:
            process.stop()

    def _until_ready(self, process: Process) -> str:
        """Why it will not be ready; nothing ("") when it is."""
        began = said = time.monotonic()
        while not self._stopping.wait(self._pace.start_look):
            now = time.monotonic()
            if process.status is not None:
                return f"it ended with status {process.status}: {process.reason()}"
            if self._is_well(self._pace.start_look + 1):
                self._say(f"vLLM is ready after {now - began:.0f} s")
                self._was_ready = True
                self._become(State.READY)
                return ""
            if now - began > self._settings.start_seconds:
                return f"it was not ready within {self._settings.start_seconds:g} s: {process.reason()}"
            if now - said > self._pace.progress:
                said = now
                self._say(f"vLLM is loading, {now - began:.0f} s: {process.progress()}")
        return ""

    def _while_ready(self, process: Process) -> str:
        failed = 0
        while not self._stopping.wait(self._pace.look):
            if process.status is not None:
                return f"it ended with status {process.status}: {process.reason()}"
            failed = 0 if self._is_well(self._pace.silence) else failed + 1
            if failed >= self._pace.looks_failed:
                return f"it did not say that it was well, {failed} times in a row: {process.reason()}"
        return ""

    def _is_well(self, seconds: float) -> bool:
        """Whether it answers, and its engine lives: then vLLM answers with 503."""
        try:
            return httpx.get(f"{self.address}/health", timeout=seconds, trust_env=False).is_success
        except httpx.HTTPError:
            return False

    def _become(self, state: State, **changes: Any) -> None:
        self._status = replace(self._status, state=state, since=time.monotonic(), **changes)
        if self._shared is not None:
            self._shared.write(self._status)


def _free_port() -> int:
    """A port that is free now. Between this and its use another program might take it: then vLLM says so and ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _put_aside(log: Path) -> None:
    """A log that has grown large becomes the old one."""
    try:
        if log.is_file() and log.stat().st_size > _LOG_BYTES:
            log.replace(log.with_suffix(".old.log"))
    except OSError as error:
        raise StorageError(f"cannot write {log}", str(error)) from error
