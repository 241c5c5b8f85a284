"""Removes documents whose files are gone from the folders they came from."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ingest.walking import FoundFile, source_name
from kb.catalog import Catalog
from kb.errors import InputError


def prune(catalog: Catalog, roots: Iterable[Path], found: Sequence[FoundFile | InputError]) -> list[str]:
    """Forgets sources under `roots` that a walk of `roots` no longer found; returns their paths.

    Nothing is removed under a folder that could not be read: a share that is not mounted must not empty a collection.
    """
    if any(isinstance(item, InputError) for item in found):
        return []
    present = {item.source for item in found if isinstance(item, FoundFile)}
    folders = [source_name(Path(os.path.abspath(root))) for root in roots if root.is_dir()]  # noqa: PTH100 (as the walk)
    with catalog.snapshot() as snapshot:
        known = list(snapshot.sources())
    gone = [name for name in known if name not in present and any(_is_under(name, folder) for folder in folders)]
    catalog.forget_sources(gone)
    return gone


def _is_under(name: str, folder: str) -> bool:
    return name.startswith(folder.rstrip("/") + "/")
