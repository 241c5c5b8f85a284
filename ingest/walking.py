"""Finds the files that a person named, and those in the folders that a person named."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.sidecars import read_sidecar
from kb.errors import InputError, UnreadableFileError
from kb.records import MOST_PASSAGE_TOKENS
from kb.text.decoding import decode

# What is read inside folders. A file named on the command line is tried whatever its extension.
EXTENSIONS = frozenset(
    [
        *(".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".tsv", ".html", ".htm", ".xhtml", ".md", ".markdown"),
        *(".txt", ".text", ".epub", ".eml", ".png", ".jpg", ".jpeg", ".tif", ".tiff"),
    ]
)

# Control signs, ends of lines, and signs that turn the direction of reading: a terminal obeys them.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file to take in. `source` is where the catalog will say that it came from, `name` what people see."""

    path: Path
    name: str
    size: int
    modified_ns: int
    source: str
    attributes: Mapping[str, str] = field(default_factory=dict)  # what a file beside it says of it
    passage_tokens: int = MOST_PASSAGE_TOKENS  # of its passages


def walk(paths: Iterable[Path]) -> Iterator[FoundFile | InputError]:
    """Yields files in a stable order; what cannot be read comes as the error that says why.

    Hidden files and folders (a leading dot) and office lock files (`~$…`) are passed over. Links to folders are not
    followed, so that a circle of links ends.
    """
    for given in paths:
        path = Path(os.path.abspath(given))  # noqa: PTH100 (unlike resolve, keeps the link's own name)
        if path.is_dir():
            yield from _walk_folder(path)
        else:
            yield _look_at(path, readable(Path(path.name)))


def _walk_folder(folder: Path) -> Iterator[FoundFile | InputError]:
    errors: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            if not name.startswith((".", "~$")) and path.suffix.lower() in EXTENSIONS:
                yield _look_at(path, readable(path.relative_to(folder)))
    for error in errors:
        folder = Path(os.fsdecode(error.filename))
        yield UnreadableFileError(f"cannot read the folder {readable(folder)}", _reason(error), "Check its permissions")


def _look_at(path: Path, name: str) -> FoundFile | InputError:
    shown = readable(path)
    try:
        status = path.stat()
    except OSError as error:
        return UnreadableFileError(f"cannot read {shown}", _reason(error), "Check the path and its permissions")
    if not stat.S_ISREG(status.st_mode):  # to open a pipe that nobody writes to would wait for ever
        return UnreadableFileError(f"cannot read {shown}", "it is no file but a pipe or a device", "Save it as a file")
    if not os.access(path, os.R_OK):
        return UnreadableFileError(f"cannot read {shown}", "permission denied", "Check its permissions")
    try:
        attributes = read_sidecar(path)
    except UnreadableFileError as error:
        return error
    return FoundFile(path, name, status.st_size, status.st_mtime_ns, source_name(path), attributes)


def readable(path: Path) -> str:
    """The path as people read it, in one line that no sign of it can turn around or break out of.

    Parts that are not in UTF-8, as archives from Chinese Windows leave them, are read in the encoding that they are in.
    """
    parts = path.as_posix().split("/")
    text = "/".join(part if _is_text(part) else decode(os.fsencode(part)) for part in parts)
    return _UNSEEN.sub(" ", text)


def source_name(path: Path) -> str:
    """The path as the catalog keeps it: one name for each file, bytes that are no UTF-8 by their numbers."""
    return os.fsencode(path.as_posix()).decode("utf-8", "backslashreplace")


def _is_text(part: str) -> bool:
    try:
        part.encode()
    except UnicodeEncodeError:  # Python's stand-ins for bytes that are no UTF-8
        return False
    return True


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
