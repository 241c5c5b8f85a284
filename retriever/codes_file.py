"""The codes of a vector file, in a file of their own that is either whole and of that very file, or noticed.

Layout: a line with the format's name, a line with the SHA-256 of all that follows, a line of JSON, FAISS's bytes. FAISS
sees them only when the checksum is right.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np

from retriever.base_index import BaseIndex
from retriever.files import write_whole
from retriever.flat_index import load_faiss
from retriever.index_sizes import Effort, IndexSizes
from retriever.rabitq import Codes
from retriever.vector_rows import VectorRows

_FORMAT = b"ibid codes 1"


def write_codes(path: Path, base: BaseIndex, vectors_checksum: str) -> None:
    """Writes the base's codes; removes the file where it has none.

    Raises:
        OSError: the disk is full or not writable.
    """
    if base.codes is None:
        path.unlink(missing_ok=True)
        return
    facts = {
        "vectors": vectors_checksum,
        "trained_on": base.codes.trained_on,
        "effort": [base.effort.probes, base.effort.candidates] if base.effort else None,
        "recall": base.recall,
    }
    body = json.dumps(facts).encode() + b"\n" + base.codes.as_bytes().tobytes()
    write_whole(path, _FORMAT + b"\n", hashlib.sha256(body).hexdigest().encode() + b"\n", body)


def read_codes(path: Path, rows: VectorRows, vectors_checksum: str, sizes: IndexSizes) -> BaseIndex | None:
    """The base as it was written; None where there is no whole file for these very vectors."""
    try:
        format_name, checksum, body = path.read_bytes().split(b"\n", 2)
    except (OSError, ValueError):
        return None
    if format_name != _FORMAT or hashlib.sha256(body).hexdigest().encode() != checksum:
        return None
    header, _, written = body.partition(b"\n")
    facts = json.loads(header)
    if facts["vectors"] != vectors_checksum:
        return None
    try:
        codes = Codes(load_faiss().deserialize_index(np.frombuffer(written, np.uint8)), facts["trained_on"])
    except RuntimeError:  # written by a FAISS that this one does not understand
        return None
    if len(codes) != len(rows) or (codes.lists == 1) != (sizes.lists(len(rows)) == 1):
        return None
    effort = Effort(*facts["effort"]) if facts["effort"] else None
    return BaseIndex(rows, sizes.kind(len(rows)), codes, effort, facts["recall"])
