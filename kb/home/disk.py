"""How much of the disk a folder takes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def bytes_in(folder: Path) -> int:
    """What the files in a folder and in its folders take; 0 where there is none. What goes meanwhile counts nothing."""
    total = 0
    with suppress(FileNotFoundError), os.scandir(folder) as found:
        for entry in found:
            with suppress(FileNotFoundError):
                if entry.is_dir(follow_symlinks=False):
                    total += bytes_in(Path(entry.path))
                else:
                    total += entry.stat(follow_symlinks=False).st_size
    return total
