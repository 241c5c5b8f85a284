"""The nearest vectors of a collection: an exact FAISS index, kept as a cache of the catalog."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path

import numpy as np

from kb.catalog import Snapshot
from kb.errors import EmbeddingSpaceError
from kb.ports import Ids, Scores, Vectors
from kb.records import EmbeddingSpace
from retriever.faiss_index import FaissIndex
from retriever.locks import SharedLock
from retriever.vector_file import VectorFile, read_vectors, write_vectors

_LOG = logging.getLogger(__name__)

_ADDED_AT_ONCE = 20_000  # vectors read from the catalog before they go into the index: 30 MB at 384 dimensions
_UNSAVED_AT_MOST = 1_000  # changes that a new process catches up with in some 20 ms, so that no file need be written
_UNSAVED_SHARE = 0.02  # of a large index, written less often


class DenseIndex:
    """A collection's FAISS index, caught up from catalog snapshots and kept in the collection's cache folder.

    Serves any number of threads. The file is only ever a shortcut: one that is damaged, of another embedding space, or
    newer than the catalog is passed over and written anew.
    """

    def __init__(self, cache_folder: Path) -> None:
        self._path = cache_folder / "dense.vectors"
        self._lock = SharedLock()
        self._index: FaissIndex | None = None
        self._space_id = ""
        self._version = -1
        self._unsaved = 0

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

    def _is_at(self, snapshot: Snapshot) -> bool:
        return self._index is not None and self._version >= snapshot.version

    def _update(self, snapshot: Snapshot) -> None:
        space = snapshot.space
        if space is None:
            return
        if self._index is None or self._space_id != space.id:
            self._index = None
            self._restore(read_vectors(self._path, space.id), snapshot)
        self._apply(snapshot)
        if self._index is None or len(self._index) != snapshot.collection().passages:
            # The file was of another life of this collection, such as a restored backup's.
            self._restore(None, snapshot)
            self._apply(snapshot)
        self._save_if_worthwhile()

    def _restore(self, stored: VectorFile | None, snapshot: Snapshot) -> None:
        assert snapshot.space is not None
        self._space_id, self._version, self._unsaved = snapshot.space.id, 0, 0
        self._index = FaissIndex(snapshot.space.dimension)
        if stored is None or stored.version > snapshot.version:
            return
        for first in range(0, len(stored.ids), _ADDED_AT_ONCE):
            batch = slice(first, first + _ADDED_AT_ONCE)
            self._index.add(stored.ids[batch], stored.vectors[batch].astype(np.float32))
        self._version = stored.version

    def _apply(self, snapshot: Snapshot) -> None:
        assert self._index is not None
        changes = snapshot.changes_since(self._version)
        self._index.remove(changes.removed)
        for first in range(0, len(changes.added), _ADDED_AT_ONCE):
            numbers = changes.added[first : first + _ADDED_AT_ONCE]
            self._index.add(numbers, snapshot.vectors(numbers))
        self._unsaved += len(changes.added) + len(changes.removed)
        self._version = snapshot.version

    def _save_if_worthwhile(self) -> None:
        assert self._index is not None
        few = max(_UNSAVED_AT_MOST, _UNSAVED_SHARE * len(self._index))
        if self._unsaved <= (few if self._path.exists() else 0):
            return
        try:
            write_vectors(self._path, VectorFile(self._space_id, self._version, *self._index.contents()))
            self._unsaved = 0
        except OSError as error:  # a full or read-only disk: searching goes on, the next process starts slower
            _LOG.warning("cannot keep the dense index in %s: %s", self._path, error)


def _as_mapping(ids: Ids, scores: Scores) -> dict[int, float]:
    return dict(zip(ids.tolist(), scores.tolist(), strict=True))
