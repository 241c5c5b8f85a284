"""What a process that reads a file from outside may not do: use the network, start programs, or grow without end.

Linux gives all of it; elsewhere what the system lacks is left out.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

GRANTED = "granted-seconds"
MOST_GRANTED = 3600  # seconds: a scan of some 300 pages; longer ones are whole shelves
_MEGABYTE = 1 << 20
_WRITTEN_MB = 256  # megabytes that one file written by the parser may have: unpacked parts of an office file
_OPEN_FILES = 256
_CLONE_NEWNET, _CLONE_NEWUSER = 0x40000000, 0x10000000
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_SIGKILL = 9
_FORBIDDEN = (
    "socket.__new__",
    "socket.connect",
    "socket.bind",
    "socket.getaddrinfo",
    "subprocess.Popen",
    "os.exec",
    "os.system",
    "os.fork",
    "os.forkpty",
    "os.posix_spawn",
    "os.spawn",
    "pty.spawn",
)


_confined: list[str] = []  # the folder of this process, once it is confined


def confine(cpu_seconds: int, memory_mb: int, folder: str) -> None:
    """Confines this process for the rest of its life. `folder` becomes its working and temporary directory.

    `memory_mb` is what it may take beyond what it has already, counted in private writable memory (RLIMIT_DATA, which
    Linux enforces for heap and anonymous mappings alike). Address space (RLIMIT_AS) would also count what is only
    reserved or mapped from files: measured on a scanned page, it grows 1.2 GB where 0.5 GB
    is used, so it is only the outer fence.
    """
    _ask_kernel()
    os.chdir(folder)
    os.environ["TMPDIR"] = folder
    tempfile.tempdir = folder
    (Path(folder) / GRANTED).write_text("0")
    os.umask(0o077)
    limit(resource.RLIMIT_CORE, 0)
    limit(resource.RLIMIT_FSIZE, _WRITTEN_MB * _MEGABYTE)
    limit(resource.RLIMIT_NOFILE, _OPEN_FILES)
    limit(resource.RLIMIT_CPU, cpu_seconds, cpu_seconds + MOST_GRANTED)
    space, data = _memory_now()
    limit(resource.RLIMIT_DATA, data + memory_mb * _MEGABYTE)
    limit(resource.RLIMIT_AS, space + 4 * memory_mb * _MEGABYTE)
    sys.addaudithook(_refuse)
    _confined.append(folder)


def grant(seconds: int) -> None:
    """More time for this process, where it is confined: for work of known cost, such as reading one scanned page.

    The host reads the sum in `GRANTED` and moves its own deadline; all grants together stay below `MOST_GRANTED`.
    """
    if not _confined:
        return
    note = Path(tempfile.gettempdir()) / GRANTED
    total = min(int(note.read_text() or 0) + seconds, MOST_GRANTED)
    note.write_text(str(total))
    soft, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (min(soft + seconds, hard), hard))


def limit(kind: int, soft: int, hard: int | None = None) -> None:
    """Lowers a limit of this process; a system that does not know it is left alone."""
    _, highest = resource.getrlimit(kind)
    wanted = soft if hard is None else hard
    ceiling = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
    try:
        resource.setrlimit(kind, (min(soft, ceiling), ceiling))
    except (ValueError, OSError):  # macOS refuses some
        return


def _memory_now() -> tuple[int, int]:
    """Bytes of address space and of private writable memory that this process has; 0 where the system does not say."""
    try:
        fields = Path("/proc/self/statm").read_text(encoding="ascii").split()
    except OSError:
        return 0, 0
    return int(fields[0]) * resource.getpagesize(), int(fields[5]) * resource.getpagesize()


def _ask_kernel() -> None:
    """An empty network namespace, no new rights, and an end together with the parent."""
    if not sys.platform.startswith("linux"):
        return
    library = ctypes.CDLL(None, use_errno=True)
    library.prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    library.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if library.unshare(_CLONE_NEWNET) != 0:  # needs rights that a user namespace gives, where the system allows one
        library.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)


def _refuse(event: str, _arguments: tuple[Any, ...]) -> None:
    """Also where the kernel could not be asked: no sockets, no programs."""
    if event in _FORBIDDEN:
        raise PermissionError(f"a parser may not use {event}")
