"""Finds the files that a person named, and those in the folders that a person named."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ingest.sidecars import read_sidecar
from kb.errors import InputError, UnreadableFileError
from kb.records import MOST_PASSAGE_TOKENS

# What is read inside folders. A file named on the command line is tried whatever its extension.
EXTENSIONS = frozenset(
    [
        *(".pdf", ".docx", ".pptx", ".xlsx", ".csv", ".tsv", ".html", ".htm", ".xhtml", ".md", ".markdown"),
        *(".txt", ".text", ".epub", ".eml", ".png", ".jpg", ".jpeg", ".tif", ".tiff"),
    ]
)


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
            yield _look_at(path, path.name)


def _walk_folder(folder: Path) -> Iterator[FoundFile | InputError]:
    errors: list[OSError] = []
    for parent, folders, names in os.walk(folder, onerror=errors.append):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(parent) / name
            if not name.startswith((".", "~$")) and path.suffix.lower() in EXTENSIONS:
                yield _look_at(path, path.relative_to(folder).as_posix())
    for error in errors:
        yield UnreadableFileError(f"cannot read the folder {error.filename}", _reason(error), "Check its permissions")


def _look_at(path: Path, name: str) -> FoundFile | InputError:
    try:
        status = path.stat()
    except OSError as error:
        return UnreadableFileError(f"cannot read {path}", _reason(error), "Check the path and its permissions")
    if not os.access(path, os.R_OK):
        return UnreadableFileError(f"cannot read {path}", "permission denied", "Check its permissions")
    try:
        attributes = read_sidecar(path)
    except UnreadableFileError as error:
        return error
    return FoundFile(path, name, status.st_size, status.st_mtime_ns, path.as_posix(), attributes)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
