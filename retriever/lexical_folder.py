"""A tantivy index in a folder of its own, with a manifest that tells whether it is whole.

tantivy's segment files never change once they are written, so the manifest holds the SHA-256 of each. The manifest is
written last: files that it does not name are unfinished work, files that it names and that differ are damage.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from retriever.files import file_checksum, write_whole

# Files that tantivy rewrites in place or that hold nothing.
_NOT_CHECKED = (".managed.json", ".tantivy-writer.lock", ".tantivy-meta.lock")


class LexicalManifest(NamedTuple):
    """What the index in `folder` holds."""

    folder: str  # its name beside the manifest
    format: str  # of fields and tokens
    version: int  # of the catalog
    files: dict[str, str]  # name → SHA-256

    def is_whole(self, parent: Path) -> bool:
        """Whether every file is there and as it was written."""
        try:
            return all(file_checksum(parent / self.folder / name) == sum_ for name, sum_ in self.files.items())
        except OSError:
            return False


def read_manifest(path: Path) -> LexicalManifest | None:
    """The manifest; None where there is none that can be read."""
    try:
        content: dict[str, Any] = json.loads(path.read_bytes())
        manifest = LexicalManifest(**content["manifest"])
        return manifest if content["checksum"] == _checksum(manifest) else None
    except (OSError, ValueError, TypeError, KeyError):
        return None


def write_manifest(path: Path, manifest: LexicalManifest, before: LexicalManifest | None) -> LexicalManifest:
    """Completes `manifest` with its files' checksums, taking over those that `before` knows, and puts it in place."""
    known = before.files if before and before.folder == manifest.folder else {}
    folder = path.parent / manifest.folder
    names = [file.name for file in folder.iterdir() if file.name not in _NOT_CHECKED]
    # meta.json is the only checked file that changes under its name.
    files = {
        name: known[name] if name in known and name != "meta.json" else file_checksum(folder / name)
        for name in sorted(names)
    }
    complete = manifest._replace(files=files)
    content = {"checksum": _checksum(complete), "manifest": complete._asdict()}
    write_whole(path, json.dumps(content, indent=1).encode())
    return complete


def new_folder(parent: Path) -> Path:
    """A fresh, empty folder for an index."""
    folder = parent / f"lexical-{uuid4().hex[:12]}"
    folder.mkdir()
    return folder


def remove_other_folders(parent: Path, keep: str) -> None:
    """Removes indexes that no manifest names. Processes that still read one keep its files until they let go."""
    for folder in parent.glob("lexical-*"):
        if folder.is_dir() and folder.name != keep:
            shutil.rmtree(folder, ignore_errors=True)


def _checksum(manifest: LexicalManifest) -> str:
    import hashlib

    return hashlib.sha256(json.dumps(manifest._asdict(), sort_keys=True).encode()).hexdigest()
