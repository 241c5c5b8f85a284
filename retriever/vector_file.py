"""Vectors in a file that is either whole or noticed.

Layout: a line with the format's name, a line of JSON (space, version, count, dimension, removed), the ids in ascending
order (int64), the removed ones of them (int64), the vectors (float16), the SHA-256 of all before it; little-endian. It
is read without any code of FAISS, which loads most damaged files without a word.
"""

from __future__ import annotations

import hashlib
import json
import mmap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.ports import Ids
from retriever.files import write_stream
from retriever.locks import process_lock

_FORMAT = b"ibid vectors 2\n"
_CHECKSUM_BYTES = hashlib.sha256().digest_size

# Smaller files are read at once: a mapped one must not be cut short in place while it is used, and ours never is, but
# up to here (77 MB at 384 dimensions) reading costs nothing.
_MAPPED_FROM = 80_000_000  # bytes


class VectorFile(NamedTuple):
    """What a dense index holds at one version of a collection."""

    space_id: str
    version: int
    ids: Ids  # (n,), ascending
    removed: Ids  # of `ids`, those that are no longer in the collection
    vectors: NDArray[np.float16]  # (n, dimension)
    checksum: str = ""  # of the file; "" where it could not be written


def write_vectors(path: Path, facts: VectorFile, vectors: Iterable[NDArray[np.float16]]) -> None:
    """Writes the file at once or not at all.

    Args:
        path: of the file.
        facts: all but its vectors, of which only the shape's second number counts.
        vectors: the rows, some at a time.

    Raises:
        OSError: the disk is full or not writable.
    """
    path.parent.mkdir(exist_ok=True)  # never its parents: the collection may have been deleted meanwhile
    with process_lock(path.with_suffix(".lock")):
        for left_over in path.parent.glob(f".{path.name}.*"):  # of a process that was killed while it wrote
            left_over.unlink(missing_ok=True)
        write_stream(path, _with_checksum(_parts(facts, vectors)))


def read_vectors(path: Path, space_id: str) -> VectorFile | None:
    """The file's contents; None where there is no whole file of this embedding space."""
    body = _contents(path)
    if body is None or len(body) < len(_FORMAT) + _CHECKSUM_BYTES or body[: len(_FORMAT)] != _FORMAT:
        return None
    checksum = hashlib.sha256(body[:-_CHECKSUM_BYTES])
    if checksum.digest() != bytes(body[-_CHECKSUM_BYTES:]):
        return None
    header = bytes(body[len(_FORMAT) : len(_FORMAT) + 1_000]).partition(b"\n")[0]
    facts = json.loads(header)
    if facts["space"] != space_id:
        return None
    count, removed, dimension = facts["count"], facts["removed"], facts["dimension"]
    start = len(_FORMAT) + len(header) + 1
    return VectorFile(
        space_id,
        facts["version"],
        np.frombuffer(body, "<i8", count, start),
        np.frombuffer(body, "<i8", removed, start + 8 * count),
        np.frombuffer(body, "<f2", count * dimension, start + 8 * (count + removed)).reshape(count, dimension),
        checksum.hexdigest(),
    )


def _contents(path: Path) -> memoryview | None:
    try:
        with path.open("rb") as file:
            if path.stat().st_size >= _MAPPED_FROM:
                return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            return memoryview(file.read())
    except OSError:
        return None


def _parts(facts: VectorFile, vectors: Iterable[NDArray[np.float16]]) -> Iterator[bytes | memoryview]:
    header = {
        "space": facts.space_id,
        "version": facts.version,
        "count": len(facts.ids),
        "removed": len(facts.removed),
        "dimension": facts.vectors.shape[1],
    }
    yield _FORMAT + json.dumps(header).encode() + b"\n"
    yield np.ascontiguousarray(facts.ids, "<i8").data.cast("B")
    yield np.ascontiguousarray(facts.removed, "<i8").data.cast("B")
    for part in vectors:
        yield np.ascontiguousarray(part, "<f2").reshape(-1).data.cast("B")


def _with_checksum(parts: Iterator[bytes | memoryview]) -> Iterator[bytes | memoryview]:
    checksum = hashlib.sha256()
    for part in parts:
        checksum.update(part)
        yield part
    yield checksum.digest()
