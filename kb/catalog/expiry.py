"""Collections that are emptied when nobody has used them for some days.

When a collection was used last is the time of an empty file beside its database: noting it waits for no writer.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from kb.catalog.catalog import Catalog
from kb.catalog.writing import now
from kb.records import Collection

_FILE = "last_used"
_NOTED_SECONDS = 60.0  # a use within a minute of the last one is not noted anew: days are what counts


def note_use(catalog: Catalog) -> None:
    """Notes that a collection is being used. Where its folder cannot be written, nothing is noted."""
    path = catalog.folder / _FILE
    with suppress(OSError):
        if not path.exists():
            path.touch()
        elif path.stat().st_mtime < datetime.now(UTC).timestamp() - _NOTED_SECONDS:
            os.utime(path)


def last_used(catalog: Catalog, collection: Collection) -> str:
    """When a collection was last searched or written, or made (ISO 8601, UTC)."""
    with catalog.snapshot() as snapshot:
        _, added_at = snapshot.size()
    moments = [collection.created_at, added_at]
    with suppress(OSError):
        touched = (catalog.folder / _FILE).stat().st_mtime
        moments.append(datetime.fromtimestamp(touched, UTC).isoformat(timespec="seconds"))
    return max(moments)


def expires_at(catalog: Catalog, collection: Collection) -> str:
    """When a collection is emptied unless it is used before (ISO 8601, UTC); "" for never."""
    if not collection.keep_days or collection.expired_at:
        return collection.expired_at
    used = datetime.fromisoformat(last_used(catalog, collection))
    return (used + timedelta(days=collection.keep_days)).isoformat(timespec="seconds")


def empty_if_expired(catalog: Catalog) -> bool:
    """Removes everything in a collection whose time is over.

    Returns:
        Whether this call emptied it.
    """
    if not catalog.may_expire():
        return False
    collection = catalog.collection()
    moment = expires_at(catalog, collection)
    if collection.expired_at or not moment or moment > now():
        return False
    return catalog.empty(now())
