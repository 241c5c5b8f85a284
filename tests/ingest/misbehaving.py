"""Parsers that do what hostile files make parsers do."""

from __future__ import annotations

import ctypes
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from kb.records import Document


def _document(name: str, text: str) -> Document:
    return Document(id="0" * 64, name=name, media_type="text/plain", title=name, text=text)


def behave(path: Path, name: str, *, max_pages: int) -> Document:
    """Does what the file says."""
    order = path.read_text()
    if order == "crash":
        ctypes.string_at(0)
    elif order == "spin":
        while True:
            pass
    elif order == "sleep":
        time.sleep(600)
    elif order == "grow":
        hoard = []
        while True:
            hoard.append(bytearray(50_000_000))
    elif order == "exit":
        sys.exit(3)
    elif order == "kill host":
        os.kill(os.getppid(), 9)
        time.sleep(5)
    elif order == "look around":
        return _document(name, "|".join([*os.listdir(), *sorted(os.environ), str(max_pages)]))
    elif order == "connect":
        return _document(name, _refusal(lambda: socket.create_connection(("127.0.0.1", 9))))
    elif order == "run":
        return _document(name, _refusal(lambda: subprocess.run(["true"], check=False)))
    elif order == "strange":
        return Document(id="x", name=name, media_type="", title="", text="\ud800 lone")
    return _document(name, order)


def _refusal(action: object) -> str:
    try:
        action()  # type: ignore[operator]
    except PermissionError as error:
        return str(error)
    return "allowed"
