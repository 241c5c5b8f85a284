"""Which passages a search may read: those that its filters let through, none of documents with newer versions."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import NamedTuple

from kb.catalog import Snapshot
from kb.catalog.snapshot import today
from kb.ports import Ids
from kb.records import Filters

_MOST_KEPT = 8  # programs ask with a few filters over and over; of 300,000 passages, these take 20 MB


class _State(NamedTuple):
    version: int
    day: date


class AllowedPassages:
    """The numbers of those passages, read once for each version of the collection, day, and filters.

    Reading them takes .17 s of 300,000 passages where anything was replaced, .3 s of 20,000 documents with filters.
    """

    def __init__(self) -> None:
        self._read: tuple[_State, dict[bytes, Ids | None]] | None = None

    def of(self, snapshot: Snapshot, filters: Filters) -> Ids | None:
        """The numbers, ascending; None where all passages may be read."""
        state, key = _State(snapshot.version, today()), _key(filters)
        before = self._read
        kept = before[1] if before is not None and before[0] == state else {}
        if key in kept:
            return kept[key]
        allowed = snapshot.matching(filters)
        newest = list(kept.items())[-(_MOST_KEPT - 1) :]
        self._read = state, {**dict(newest), key: allowed}  # in one step: other threads read and do the same
        return allowed


def _key(filters: Filters) -> bytes:
    """A digest, since filters may name thousands of documents."""
    return hashlib.sha256(repr(filters).encode("utf-8", "surrogatepass")).digest()
