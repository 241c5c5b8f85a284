"""The warm process behind `ingest.sandbox`: it holds the parsers' libraries and forks a child for each request.

Protocol: for one file or some, the parent sends, over the socket on standard input, a length, with the writing ends of
two pipes attached, and a JSON object of that length. The child writes the document or error of one file after another
to the first pipe; when it has ended, the host writes how to the second. The host itself
never opens a file from outside, and ends with the socket.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from ingest.parsing.confinement import GRANTED, MOST_GRANTED

HEADER_BYTES = 4
_PREFIX = "ibid-parse-"  # of the folders that children work in
_STALE = 86_400  # seconds: no child lives for a day
LARGEST_PACKET = 256 * 1024  # bytes; a request holds at most 16 paths of at most 4,096 bytes, and their names
_WALL = 3  # seconds by the clock for each CPU second granted: on a busy machine a process waits
_TICK = 0.2  # seconds between two looks at the clock while children run


@dataclass(slots=True)
class _Child:
    """A running child, and where its end is reported."""

    report: int
    folder: str
    deadline: float
    timed_out: bool = False


def main() -> None:
    """Serves until the parent goes away."""
    # thinc, below spaCy, loads torch wherever it is installed: a second, and memory that every fork has to map.
    sys.modules["torch"] = None  # type: ignore[assignment]  # Python's own way to say that a module is not there
    requests = socket.socket(fileno=os.dup(0))
    wake, woken = os.pipe()
    signal.signal(signal.SIGCHLD, lambda *_: None)  # only so that the descriptor below is written to
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    children: dict[int, _Child] = {}
    _sweep()
    try:
        while True:
            ready, _, _ = select.select([requests.fileno(), wake], [], [], _TICK if children else None)
            if wake in ready:
                os.read(wake, 4096)
            if requests.fileno() in ready and not _accept(requests, children):
                return
            _reap(children)
            _kill_late(children)
    finally:
        for process in children:
            os.kill(process, signal.SIGKILL)
        for child in children.values():
            shutil.rmtree(child.folder, ignore_errors=True)


def _sweep() -> None:
    """Removes what killed hosts have left behind."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _STALE:
                shutil.rmtree(folder, ignore_errors=True)


def _accept(requests: socket.socket, children: dict[int, _Child]) -> bool:
    header, files, _, _ = socket.recv_fds(requests, HEADER_BYTES, 2)
    length = int.from_bytes(header)
    packet = requests.recv(length, socket.MSG_WAITALL) if len(header) == HEADER_BYTES else b""
    if not packet or len(packet) != length or length > LARGEST_PACKET:
        return False
    request = json.loads(packet)
    result, report = files
    _preload(request["preload"])
    folder = tempfile.mkdtemp(prefix=_PREFIX)
    gc.freeze()  # what is loaded stays shared with the child
    process = os.fork()
    if process == 0:
        _run_child(request, result, folder)
    os.close(result)
    children[process] = _Child(report, folder, time.monotonic() + request["wall_seconds"])
    return True


def _preload(modules: list[str]) -> None:
    """Loads what this kind of file needs, once. What fails here fails in the child with its own reason."""
    for name in modules:
        module, _, function = name.partition(":")
        if name in _loaded:
            continue
        _loaded.add(name)
        with contextlib.suppress(Exception):
            loaded = importlib.import_module(module)
            if function:
                getattr(loaded, function)()


_loaded: set[str] = set()


def _run_child(request: dict[str, Any], result: int, folder: str) -> None:
    """Parses in the forked process and never returns."""
    code = 0
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        silence = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(silence, stream)
        with os.fdopen(result, "wb") as out:
            _parse(request, folder, out)
    except MemoryError:
        code = _OUT_OF_MEMORY
    except BaseException:  # the parent learns of it by the exit code; nothing may escape the fork
        code = 1
    finally:
        os._exit(code)


_OUT_OF_MEMORY = 77


def _parse(request: dict[str, Any], folder: str, out: BinaryIO) -> None:
    from ingest.parsing.codec import encode_document, encode_error, pack
    from ingest.parsing.confinement import confine
    from kb.errors import IbidError

    module, _, function = request["parser"].partition(":")
    parser = getattr(importlib.import_module(module), function)
    confine(request["cpu_seconds"], request["memory_mb"], folder)
    for path, name in request["files"]:
        try:
            content = encode_document(parser(Path(path), name, max_pages=request["max_pages"]))
        except IbidError as error:
            content = encode_error(error)
        out.write(pack(content))
        out.flush()  # what is read is read, whatever the next file does


def _reap(children: dict[int, _Child]) -> None:
    for process in list(children):
        done, status = os.waitpid(process, os.WNOHANG)
        if done == 0:
            continue
        child = children.pop(process)
        shutil.rmtree(child.folder, ignore_errors=True)
        code = os.waitstatus_to_exitcode(status)
        report = {"code": code, "timed_out": child.timed_out, "out_of_memory": code == _OUT_OF_MEMORY}
        with contextlib.suppress(OSError), os.fdopen(child.report, "wb") as out:
            out.write(json.dumps(report).encode())


def _kill_late(children: dict[int, _Child]) -> None:
    now = time.monotonic()
    for process, child in children.items():
        if now > child.deadline + _WALL * _granted(child) and not child.timed_out:
            child.timed_out = True
            os.kill(process, signal.SIGKILL)


def _granted(child: _Child) -> int:
    """Seconds that the child was granted for pages read by OCR; see `confinement.grant`."""
    try:
        return min(int((Path(child.folder) / GRANTED).read_text()[:9]), MOST_GRANTED)
    except (OSError, ValueError):
        return 0


if __name__ == "__main__":
    main()
