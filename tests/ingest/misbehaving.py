"""Parsers that do what hostile files make parsers do."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from kb.records import Document


def _document(name: str, text: str) -> Document:
    return Document(id="0" * 64, name=name, media_type="text/plain", title=name, text=text)


def behave(path: Path, name: str, *, max_pages: int) -> Document:
    """Does what the file says."""
    order = path.read_text()
    if order == "process":
        return _document(name, str(os.getpid()))
    if order == "look around":
        names = [entry.name for entry in Path().iterdir()]
        return _document(name, "|".join([*names, *sorted(os.environ), str(max_pages)]))
    deed = _DEEDS.get(order)
    return _document(name, order if deed is None else _refusal(deed))


def _spin() -> None:
    while True:
        pass


def _grow() -> None:
    hoard = []
    while True:
        hoard.append(bytearray(50_000_000))


def _kill_host() -> None:
    os.kill(os.getppid(), 9)
    time.sleep(5)


_DEEDS: dict[str, Callable[[], object]] = {
    "crash": lambda: ctypes.string_at(0),
    "spin": _spin,
    "sleep": lambda: time.sleep(600),
    "grow": _grow,
    "exit": lambda: sys.exit(3),
    "kill host": _kill_host,
    "connect": lambda: socket.create_connection(("127.0.0.1", 9)),
    "run": lambda: subprocess.run(["true"], check=False),
    "strange": lambda: "\ud800 lone",
}


def _refusal(action: Callable[[], object]) -> str:
    try:
        done = action()
    except PermissionError as error:
        return str(error)
    return done if isinstance(done, str) else "allowed"
