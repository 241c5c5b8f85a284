"""Documents by the ids that clients use: the hash of their bytes, or the file id made of its beginning."""

from __future__ import annotations

import re

from kb.catalog import Catalog
from kb.errors import NotFoundError
from kb.records import DocumentEntry

_ID = re.compile(r"(?:file-)?([0-9a-f]{32}(?:[0-9a-f]{32})?)")


def document_id_in(wanted: str) -> str:
    """The digits of a document id, or its beginning, in a document id or file id; "" where it is neither."""
    match = _ID.fullmatch(wanted)
    return match[1] if match else ""


def find_document(catalog: Catalog, wanted: str) -> DocumentEntry | None:
    """The document of this document id or file id, if the collection holds it."""
    digits = document_id_in(wanted)
    if not digits:
        return None
    with catalog.snapshot() as snapshot:
        return snapshot.document_beginning(digits)


def need_document(catalog: Catalog, wanted: str) -> DocumentEntry:
    """The document of this document id or file id.

    Raises:
        NotFoundError: the collection does not hold it.
    """
    entry = find_document(catalog, wanted)
    if entry is None:
        raise NotFoundError(f"no document {wanted[:80]} in collection {catalog.name!r}")
    return entry
