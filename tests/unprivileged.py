"""Looks at files as somebody without special rights does, whoever runs the tests."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NOBODY = 65534


@contextmanager
def folder_seen_by_nobody() -> Iterator[Path]:
    """A folder that everybody may enter; inside the block, root's rights are laid down."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    root = os.geteuid() == 0
    if root:
        os.seteuid(_NOBODY)  # root may read everything
    try:
        yield folder
    finally:
        if root:
            os.seteuid(0)
        shutil.rmtree(folder)
