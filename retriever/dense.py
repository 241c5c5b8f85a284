"""The nearest vectors of a collection: a FAISS index, kept as a cache of the catalog."""

from __future__ import annotations

import logging
import threading
from collections.abc import Collection
from pathlib import Path
from typing import NamedTuple

import numpy as np

from kb.catalog import Catalog, Snapshot
from kb.errors import EmbeddingSpaceError
from kb.ports import Ids, Scores, Vectors
from kb.records import EmbeddingSpace
from retriever.faiss_index import FaissIndex, Frozen, IndexReport
from retriever.folding import folded, index_from_catalog, index_from_file
from retriever.index_sizes import IndexSizes
from retriever.locks import SharedLock

_LOG = logging.getLogger(__name__)

_ADDED_AT_ONCE = 20_000  # vectors read from the catalog before they go into the index: 30 MB at 384 dimensions


class _Change(NamedTuple):
    removed: Ids
    added: Ids
    vectors: Vectors


class DenseIndex:
    """A collection's FAISS index, caught up from catalog snapshots and kept in the collection's cache folder.

    Serves any number of threads. The files are only ever a shortcut: one that is damaged, of another embedding space,
    or newer than the catalog is passed over and written anew. What has changed since the file was written is read from
    the catalog; when that is much, a large file is written anew by a thread, while searches go on.
    """

    def __init__(self, cache_folder: Path, sizes: IndexSizes | None = None) -> None:
        self._path = cache_folder / "dense.vectors"
        self._sizes = sizes or IndexSizes()
        self._lock = SharedLock()
        self._index: FaissIndex | None = None
        self._space_id = ""
        self._version = -1
        self._unsaved = 0
        self._folding: threading.Thread | None = None
        self._meanwhile: list[_Change] = []  # what has changed since the folding began

    def catch_up(self, snapshot: Snapshot) -> None:
        """Brings the index to the snapshot's version, or leaves it at a later one."""
        if self._is_at(snapshot):
            return
        with self._lock.writing():
            if not self._is_at(snapshot):
                self._update(snapshot)

    def search(
        self, space: EmbeddingSpace, vector: Vectors, k: int, allowed: Ids | None = None, *, also: Collection[int] = ()
    ) -> dict[int, float]:
        """Cosine similarities by passage number: of the `k` nearest, best first, then of those of `also`.

        Args:
            space: the vector's. A thread whose snapshot is from before a change of model must not search the new space.
            vector: the question's.
            k: how many to find at most.
            allowed: the only numbers that may be found.
            also: numbers whose similarity is wanted wherever they rank.

        Raises:
            EmbeddingSpaceError: the index has gone on to another space.
        """
        with self._lock.reading():
            if self._index is None:
                return {}
            if self._space_id != space.id:
                raise EmbeddingSpaceError(
                    "cannot search", "the collection's embedding model was changed at this moment", "Ask again"
                )
            found = _as_mapping(*self._index.search(vector, k, allowed))
            others = np.array([number for number in also if number not in found], np.int64)
            return found | _as_mapping(*self._index.search(vector, len(others), others))

    def report(self) -> IndexReport | None:
        """Its kind, size and measured recall; None before it was first caught up."""
        with self._lock.reading():
            return self._index.report() if self._index else None

    def wait(self) -> None:
        """Returns when no file is being written anew."""
        folding = self._folding
        if folding:
            folding.join()

    def _is_at(self, snapshot: Snapshot) -> bool:
        return self._index is not None and self._version >= snapshot.version

    def _update(self, snapshot: Snapshot) -> None:
        space = snapshot.space
        if space is None:
            return
        if self._index is None or self._space_id != space.id:
            self._open(snapshot, space)
        self._apply(snapshot)
        if self._index is None or len(self._index) != snapshot.collection().passages:
            # The file was of another life of this collection, such as a restored backup's.
            self._replace(index_from_catalog(self._path, snapshot, self._sizes), space, snapshot.version)
        self._fold_if_worthwhile()

    def _open(self, snapshot: Snapshot, space: EmbeddingSpace) -> None:
        found = index_from_file(self._path, space.id, snapshot.version, self._sizes)
        if found is None:
            found = index_from_catalog(self._path, snapshot, self._sizes), snapshot.version
        self._replace(found[0], space, found[1])

    def _replace(self, index: FaissIndex, space: EmbeddingSpace, version: int) -> None:
        self._index, self._space_id, self._version, self._unsaved = index, space.id, version, 0
        self._folding = None  # one that is still at work finds that its index is no longer the one

    def _apply(self, snapshot: Snapshot) -> None:
        assert self._index is not None
        changes = snapshot.changes_since(self._version)
        parts = [_Change(changes.removed, changes.added[:0], np.zeros((0, self._index.dimension), np.float32))]
        for first in range(0, len(changes.added), _ADDED_AT_ONCE):
            numbers = changes.added[first : first + _ADDED_AT_ONCE]
            parts.append(_Change(changes.removed[:0], numbers, snapshot.vectors(numbers)))
        for change in parts:
            _change(self._index, change)
        if self._folding:
            self._meanwhile += parts
        self._unsaved += len(changes.added) + len(changes.removed)
        self._version = snapshot.version

    def _fold_if_worthwhile(self) -> None:
        assert self._index is not None
        if self._folding or self._unsaved <= self._sizes.unsaved_at_most(len(self._index)):
            return
        frozen, before = self._index.frozen(), self._index
        if len(self._index) <= self._sizes.written_at_once:
            self._index = folded(self._path, self._space_id, self._version, frozen, self._sizes)
            self._unsaved = 0
            return
        self._meanwhile, self._unsaved = [], 0
        arguments = (before, frozen, self._space_id, self._version)
        # Not a daemon: a process that ends waits until the file is written, else short-lived ones never would.
        self._folding = threading.Thread(target=self._fold, args=arguments, name="dense index")
        self._folding.start()

    def _fold(self, before: FaissIndex, frozen: Frozen, space_id: str, version: int) -> None:
        try:
            index = folded(self._path, space_id, version, frozen, self._sizes)
        except Exception as error:  # the index as it is goes on; it is tried again when as much more has changed
            _LOG.warning("cannot write the dense index anew: %s", error)
            index = None
        with self._lock.writing():
            if self._index is not before:
                return
            self._folding = None
            if index is not None:
                for change in self._meanwhile:
                    _change(index, change)
                self._index = index
            self._meanwhile = []


def report_on(catalog: Catalog) -> IndexReport | None:
    """The state of a collection's dense index, caught up; None while the collection is empty."""
    index = DenseIndex(catalog.cache_folder)
    with catalog.snapshot() as snapshot:
        index.catch_up(snapshot)
    index.wait()
    return index.report()


def _change(index: FaissIndex, change: _Change) -> None:
    index.remove(change.removed)
    index.add(change.added, change.vectors)


def _as_mapping(ids: Ids, scores: Scores) -> dict[int, float]:
    return dict(zip(ids.tolist(), scores.tolist(), strict=True))
