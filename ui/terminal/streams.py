"""What a command prints to: whatever terminal, pipe or shell made of it, nothing of it ends in a traceback."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path


def open_streams() -> None:
    """Makes stdout and stderr take any text, and be there where the shell closed them.

    What a terminal of another encoding than UTF-8 cannot show is written as its number, so that JSON stays JSON.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 (for the process's life)
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def drop_output() -> None:
    """Lets what stands in stdout's buffer go nowhere: whoever should have read it cannot, or has seen enough."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError):  # it is no file, as in a test, or is closed
        return
