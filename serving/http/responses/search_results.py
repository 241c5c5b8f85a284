"""The passages that were read, as results of a file search."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.home.files import file_id_of
from kb.records import DocumentEntry, Hit
from serving.http.stores.store_files import attributes_of

Json = dict[str, Any]


def results_of(hits: Sequence[Hit]) -> list[Json]:
    """Hits as results."""
    return [result_of(hit.document, hit.score, hit.passage.text) for hit in hits]


def result_of(document: DocumentEntry, score: float, text: str) -> Json:
    """One result."""
    return {
        "file_id": file_id_of(document.id),
        "filename": document.name,
        "score": min(max(score, 0.0), 1.0),
        "attributes": attributes_of(document),
        "text": text,
    }
