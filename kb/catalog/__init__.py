"""A collection on disk: SQLite holds the truth, blobs the original files; every index is only a cache of it."""

from kb.catalog.catalog import Catalog
from kb.catalog.snapshot import Snapshot
from kb.catalog.types import (
    Changes,
    IndexedText,
    PreparedDocument,
    Source,
    StoredPassage,
    VectorsMissingError,
    text_key,
)

__all__ = [
    "Catalog",
    "Changes",
    "IndexedText",
    "PreparedDocument",
    "Snapshot",
    "Source",
    "StoredPassage",
    "VectorsMissingError",
    "text_key",
]
