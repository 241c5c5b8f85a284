"""Files from outside, each parsed in a process of its own that may not harm anything but itself.

A child is forked for every file (or some small ones) from one warm process that has the parsers' libraries loaded, so
that only the first file pays for them. What a child may do is in `ingest.parsing.confinement`; what comes back is JSON.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from types import TracebackType

from ingest.parsing.codec import decode, unpack
from ingest.parsing.confinement import MOST_GRANTED
from ingest.parsing.host import HEADER_BYTES, LARGEST_PACKET
from ingest.sharing import NamedFile, sharing
from kb.errors import FileLimitError, InputError, UnreadableFileError
from kb.records import Document
from kb.settings import LimitSettings

_PARSER = "ingest.parsing:parse_file"
_LIGHT = ["ingest.parsing", "ingest.parsing.pdf.layout", "pypdfium2", "kb.text.language"]
# What is costly is loaded when the first file needs it: unstructured and spaCy take 2 s, its office parts .9 s more.
_TEXT = [*_LIGHT, "ingest.parsing.warming:warm_up_text"]
_OFFICE = [*_TEXT, "ingest.parsing.warming:warm_up_office"]
_PRELOADED = dict.fromkeys((".pdf", ".png", ".jpg", ".jpeg", ".tif", ".tiff"), _LIGHT)
_PRELOADED |= dict.fromkeys((".md", ".markdown", ".txt", ".text", ".html", ".htm"), _TEXT)
_WALL = 3  # times the CPU seconds that a file may take by the clock: on a busy machine a process waits
_GRACE = 20.0  # seconds after which a host that says nothing of a child's end is given up
_LARGEST_ANSWER = 1 << 29  # bytes; a book of 5,000 pages with a box for every word has some 300 MB
# The host sees no keys and no settings; only what Python needs to find its modules and places.
_ENVIRONMENT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    "TMPDIR",
    "LD_LIBRARY_PATH",
    "VIRTUAL_ENV",
    "SYSTEMROOT",
)


class ParserPool:
    """Parses files in confined processes. May be used by several threads; each call waits for its own file only."""

    def __init__(self, limits: LimitSettings, *, parser: str = _PARSER) -> None:
        """`parser` names another function of the same signature as `parse_file`, as "module:function"."""
        self._limits = limits
        self._parser = parser
        self._lock = threading.Lock()
        self._host: subprocess.Popen[bytes] | None = None
        self._requests: socket.socket | None = None

    def __enter__(self) -> ParserPool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends the warm process and all that runs in it."""
        with self._lock:
            self._stop()

    def parse(self, path: Path, name: str) -> Document:
        """Reads the file at `path` into a `Document` called `name`.

        Raises:
            InputError: as `ingest.parsing.parse_file`; FileLimitError also when the file took too much time or memory,
                and UnreadableFileError when it made the parser crash.
        """
        self._check_size(path, name)
        contents, report = self._run([(path, name)])
        if not report:  # the warm process itself was killed, not by this file's fault
            contents, report = self._run([(path, name)])
        if not report:
            raise UnreadableFileError(f"cannot read {name}", "the process that parses files ended", "Try again")
        self._raise_for(json.loads(report), name)
        return decode(contents[0] if contents else b"")

    def parse_all(self, files: Sequence[NamedFile]) -> Iterator[Document | InputError]:
        """Reads files, in their order; the error where `parse` would raise one. Small text files share processes."""
        for together in sharing(files):
            contents = self._run(together)[0] if len(together) > 1 else []
            for (path, name), content in zip_longest(together, contents[: len(together)]):
                try:
                    yield self.parse(path, name) if content is None else decode(content)
                except InputError as error:
                    yield error

    @property
    def _wall_seconds(self) -> int:
        return max(_WALL * self._limits.parse_seconds, self._limits.parse_seconds + 2)

    def _check_size(self, path: Path, name: str) -> None:
        try:
            size = path.stat().st_size
        except OSError as error:
            raise UnreadableFileError(f"cannot read {name}", error.strerror or str(error)) from error
        if path.is_dir():
            raise UnreadableFileError(f"cannot read {name}", "it is a folder", "Name the files in it")
        if size > self._limits.max_file_mb * 1_000_000:
            raise FileLimitError(
                f"{name} is too large", f"{size / 1e6:.0f} MB, {self._limits.max_file_mb} allowed", "Split it"
            )

    def _run(self, files: Sequence[NamedFile]) -> tuple[list[bytes], bytes]:
        """What one process wrote for each file that it came to, and the host's word on its end."""
        result, result_end = os.pipe()
        report, report_end = os.pipe()
        try:
            self._send(files, (result_end, report_end))
        finally:
            os.close(result_end)
            os.close(report_end)
        try:
            # The host ends late children; this end only guards against a host that hangs itself.
            deadline = time.monotonic() + self._wall_seconds + _WALL * MOST_GRANTED + _GRACE
            return unpack(_read_all(result, deadline)), _read_all(report, deadline)
        except TimeoutError:
            self.close()
            return [], b""
        finally:
            os.close(result)
            os.close(report)

    def _send(self, files: Sequence[NamedFile], ends: tuple[int, int]) -> None:
        request = {
            "files": [(str(path.absolute()), name) for path, name in files],
            "parser": self._parser,
            "preload": _PRELOADED.get(Path(files[0][1]).suffix.lower(), _OFFICE),
            "max_pages": self._limits.max_pages,
            "cpu_seconds": self._limits.parse_seconds,
            "wall_seconds": self._wall_seconds,
            "memory_mb": self._limits.parse_memory_mb,
        }
        packet = json.dumps(request).encode()
        if len(packet) > LARGEST_PACKET:
            raise UnreadableFileError("cannot read a file", "its name is too long")
        with self._lock:
            for attempt in (1, 2):
                try:
                    requests = self._started()
                    socket.send_fds(requests, [len(packet).to_bytes(HEADER_BYTES)], list(ends))
                    requests.sendall(packet)
                    return
                except OSError:
                    self._stop()
                    if attempt == 2:
                        raise

    def _started(self) -> socket.socket:
        if self._requests is not None and self._host is not None and self._host.poll() is None:
            return self._requests
        self._stop()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
        environment |= {
            "PYTHONPATH": os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path),
            "PYTHONDONTWRITEBYTECODE": "1",
            "OMP_NUM_THREADS": "1",  # threads do not live on in a forked process
            "OPENBLAS_NUM_THREADS": "1",
        }
        self._host = subprocess.Popen(
            [sys.executable, "-m", "ingest.parsing.host"],
            stdin=theirs.fileno(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment,
            start_new_session=True,
        )  # fmt: skip
        theirs.close()
        self._requests = ours
        return ours

    def _stop(self) -> None:
        if self._requests is not None:
            self._requests.close()
        if self._host is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._host.wait(timeout=2)
            if self._host.poll() is None:
                self._host.kill()
                self._host.wait()
        self._host = self._requests = None

    def _raise_for(self, report: dict[str, int], name: str) -> None:
        code = report["code"]
        if report["timed_out"] or code == -signal.SIGXCPU:
            raise FileLimitError(
                f"{name} takes too long to read",
                f"more than {self._limits.parse_seconds} seconds",
                "Split it, or raise limits.parse_seconds",
            )
        if report["out_of_memory"]:
            raise FileLimitError(
                f"{name} takes too much memory to read",
                f"more than {self._limits.parse_memory_mb} MB",
                "Split it, or raise limits.parse_memory_mb",
            )
        if code != 0:
            reason = f"the parser was ended by signal {-code}" if code < 0 else "the parser stopped"
            raise UnreadableFileError(f"cannot read {name}", reason, "The file is probably damaged")


def _read_all(descriptor: int, deadline: float) -> bytes:
    """All that is written to a pipe until its other end closes.

    Raises:
        TimeoutError: it did not close in time.
    """
    pieces: list[bytes] = []
    length = 0
    while True:
        ready, _, _ = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0.0))
        if not ready:
            raise TimeoutError
        piece = os.read(descriptor, 1 << 20)
        length += len(piece)
        if not piece or length > _LARGEST_ANSWER:
            return b"".join(pieces)
        pieces.append(piece)


_shared: dict[LimitSettings, ParserPool] = {}
_shared_lock = threading.Lock()


def parse_in_sandbox(path: Path, name: str, limits: LimitSettings) -> Document:
    """Reads one file in a confined process; the warm process behind it is kept for the next call.

    Raises:
        InputError: see `ParserPool.parse`.
    """
    with _shared_lock:
        if limits not in _shared:
            pool = _shared[limits] = ParserPool(limits)
            atexit.register(pool.close)
        pool = _shared[limits]
    return pool.parse(path, name)
