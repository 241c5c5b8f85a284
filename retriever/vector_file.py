"""Vectors in a file that is either whole or noticed.

Layout: a line with the format's name, a line with the SHA-256 of all that follows, a line of JSON (space, version,
count, dimension), the ids (int64), the vectors (float16), both little-endian. It is read without any code of FAISS,
which loads most damaged files without a word.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from kb.ports import Ids
from retriever.files import write_whole

_FORMAT = b"ibid vectors 1"


class VectorFile(NamedTuple):
    """The contents of a dense index at one version of a collection."""

    space_id: str
    version: int
    ids: Ids  # (n,)
    vectors: NDArray[np.float16]  # (n, dimension)


def write_vectors(path: Path, stored: VectorFile) -> None:
    """Writes the file at once or not at all.

    Raises:
        OSError: the disk is full or not writable.
    """
    facts = {
        "space": stored.space_id,
        "version": stored.version,
        "count": len(stored.ids),
        "dimension": stored.vectors.shape[1],
    }
    header = json.dumps(facts).encode() + b"\n"
    ids = np.ascontiguousarray(stored.ids, "<i8").data.cast("B")
    vectors = np.ascontiguousarray(stored.vectors, "<f2").reshape(-1).data.cast("B")
    checksum = hashlib.sha256(header)
    checksum.update(ids)
    checksum.update(vectors)
    write_whole(path, _FORMAT + b"\n", checksum.hexdigest().encode() + b"\n", header, ids, vectors)


def read_vectors(path: Path, space_id: str) -> VectorFile | None:
    """The file's contents; None where there is no whole file of this embedding space."""
    try:
        with path.open("rb") as file:
            format_name, checksum = file.readline().rstrip(b"\n"), file.readline().rstrip(b"\n")
            body = file.read() if format_name == _FORMAT else b""
    except OSError:
        return None
    if hashlib.sha256(body).hexdigest().encode() != checksum:
        return None
    header_end = body.index(b"\n") + 1
    facts = json.loads(body[:header_end])
    if facts["space"] != space_id:
        return None
    count, dimension = facts["count"], facts["dimension"]
    ids = np.frombuffer(body, "<i8", count, offset=header_end)
    vectors = np.frombuffer(body, "<f2", count * dimension, offset=header_end + ids.nbytes)
    return VectorFile(space_id, facts["version"], ids, vectors.reshape(count, dimension))
