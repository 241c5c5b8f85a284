"""Makes one file of an index's old file and what has changed since."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from kb.catalog import Snapshot
from kb.ports import Ids
from retriever.base_index import BaseIndex, build_base
from retriever.codes_file import read_codes, write_codes
from retriever.faiss_index import FaissIndex, Frozen
from retriever.index_sizes import IndexKind, IndexSizes
from retriever.vector_file import VectorFile, read_vectors, write_vectors
from retriever.vector_rows import Half, Rows, VectorRows

_LOG = logging.getLogger(__name__)

_AT_ONCE = 20_000  # vectors in memory on their way into the file: 15 MB at 384 dimensions
_REMOVED_SHARE = 0.2  # of the rows; with more, the file is written without them and all codes are made anew

Chunks = Callable[[], Iterator[Half]]


def index_from_file(path: Path, space_id: str, newest: int, sizes: IndexSizes) -> tuple[FaissIndex, int] | None:
    """The index in the file and its version; None where no whole file is of this space and not after `newest`."""
    stored = read_vectors(path, space_id)
    if stored is None or stored.version > newest:
        return None
    return _opened(path, stored, sizes, None), stored.version


def index_from_catalog(path: Path, snapshot: Snapshot, sizes: IndexSizes) -> FaissIndex:
    """The index of everything in the snapshot, its file written."""
    space = snapshot.space
    assert space is not None
    ids = snapshot.numbers()

    def chunks() -> Iterator[Half]:
        for first in range(0, len(ids), _AT_ONCE):
            yield snapshot.vectors(ids[first : first + _AT_ONCE]).astype(np.float16)

    none = np.zeros((0, space.dimension), np.float16)
    return _stored(path, VectorFile(space.id, snapshot.version, ids, ids[:0], none), chunks, sizes, None)


def folded(path: Path, space_id: str, version: int, frozen: Frozen, sizes: IndexSizes) -> FaissIndex:
    """An index of what `frozen` holds, all of it in the file; old codes are kept where that is right."""
    base_ids: Ids = frozen.base.rows.ids if frozen.base else frozen.ids[:0]
    old = base_ids if _may_stay(frozen) else base_ids[frozen.live]
    kept: Rows = np.arange(len(base_ids)) if _may_stay(frozen) else np.flatnonzero(frozen.live)
    ids = np.concatenate([old, frozen.ids])
    order = np.argsort(ids, kind="stable")
    sources = np.concatenate([kept, len(base_ids) + np.arange(len(frozen.ids))])[order]
    removed = base_ids[~frozen.live] if _may_stay(frozen) else ids[:0]

    def chunks() -> Iterator[Half]:
        for first in range(0, len(sources), _AT_ONCE):
            yield _gathered(frozen, sources[first : first + _AT_ONCE])

    facts = VectorFile(space_id, version, ids[order], removed, frozen.vectors[:0])
    return _stored(path, facts, chunks, sizes, frozen.base if _may_stay(frozen) else None)


def _may_stay(frozen: Frozen) -> bool:
    """Whether the old rows, removed ones included, can stay where they are: their codes are then still good."""
    if frozen.base is None or frozen.base.codes is None or len(frozen.live) == 0:
        return False
    newer = len(frozen.ids) == 0 or frozen.ids.min() > frozen.base.rows.ids[-1]
    return bool(newer and np.count_nonzero(~frozen.live) <= _REMOVED_SHARE * len(frozen.live))


def _gathered(frozen: Frozen, sources: Rows) -> Half:
    """Rows of the base, then, numbered on, of the vectors outside it."""
    in_base = len(frozen.live)
    gathered = np.empty((len(sources), frozen.vectors.shape[1]), np.float16)
    old = sources < in_base
    if frozen.base is not None:
        gathered[old] = frozen.base.rows.vectors[sources[old]]
    gathered[~old] = frozen.vectors[sources[~old] - in_base]
    return gathered


def _stored(path: Path, facts: VectorFile, chunks: Chunks, sizes: IndexSizes, before: BaseIndex | None) -> FaissIndex:
    stored = None
    try:
        write_vectors(path, facts, chunks())
        stored = read_vectors(path, facts.space_id)
    except OSError as error:  # a full or read-only disk: searching goes on, the next process starts slower
        _LOG.warning("cannot keep the dense index in %s: %s", path, error)
    if stored is None or stored.version != facts.version:  # not writable, or another process was faster
        stored = facts._replace(vectors=np.concatenate([facts.vectors, *chunks()]))
    return _opened(path, stored, sizes, before)


def _opened(path: Path, stored: VectorFile, sizes: IndexSizes, before: BaseIndex | None) -> FaissIndex:
    rows = VectorRows(stored.ids, stored.vectors)
    codes_path = path.with_suffix(".codes")
    base = None
    if sizes.kind(len(rows)) is not IndexKind.EXACT:
        base = read_codes(codes_path, rows, stored.checksum, sizes)
    if base is None:
        base = build_base(rows, sizes, before.codes if before and _begins_with(rows, before.rows) else None)
        try:
            if stored.checksum:
                write_codes(codes_path, base, stored.checksum)
        except OSError as error:
            _LOG.warning("cannot keep the dense index's codes in %s: %s", codes_path, error)
    return FaissIndex(stored.vectors.shape[1], base, stored.removed, sizes)


def _begins_with(rows: VectorRows, before: VectorRows) -> bool:
    """Whether codes of `before` are codes of the first of `rows`: another process may have written another file."""
    return len(rows) >= len(before) and np.array_equal(rows.ids[: len(before)], before.ids)
