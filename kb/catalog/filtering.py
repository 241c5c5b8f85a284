"""Which passages of a collection a search may read: those that its filters let through."""

from __future__ import annotations

import numpy as np

from kb.catalog.matching import left_out, let_through
from kb.catalog.snapshot import Numbers, Snapshot
from kb.records import Filters


def matching_passages(snapshot: Snapshot, filters: Filters) -> Numbers | None:
    """The live passages that `filters` lets through, ascending; None when it lets everything through."""
    if not filters.metadata and filters.where is None and filters.as_of is None:
        replaced = left_out(filters, snapshot.versions)
        if not replaced:
            return None
        return np.setdiff1d(snapshot.numbers(), snapshot.numbers_of(replaced), assume_unique=True)
    return snapshot.numbers_of(entry.id for entry in snapshot.matching_documents(filters))


def matching_anew(snapshot: Snapshot, filters: Filters, known: Numbers, version: int) -> Numbers:
    """What `matching_passages` tells, from what it told of an earlier version: only what has changed since is read.

    It holds where neither the day nor `versions` has changed since: both change what documents left as they were
    are taken for.
    """
    changed = snapshot.documents_changed_since(version)
    matching = let_through(snapshot.with_domains(sorted(changed)), filters, snapshot.versions)
    gone = np.concatenate([snapshot.changes_since(version).removed, snapshot.numbers_of(changed)])
    kept = np.setdiff1d(known, gone, assume_unique=True)
    return np.union1d(kept, snapshot.numbers_of(entry.id for entry in matching))
