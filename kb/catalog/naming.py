"""Which document of a collection people mean by an id, its beginning, or a name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from kb.attributes import AttributeValue, as_text
from kb.catalog.snapshot import Snapshot
from kb.catalog.versions import REPLACES, SHORT_ID
from kb.errors import NotFoundError, UsageError
from kb.records import DocumentEntry

_Attribute = TypeVar("_Attribute", str, AttributeValue)


def find_documents(snapshot: Snapshot, wanted: str) -> list[DocumentEntry]:
    """Documents whose id starts with `wanted` (8 characters or more) or whose name or file name is `wanted`."""
    return [
        entry
        for entry in snapshot.documents()
        if entry.name == wanted
        or entry.name.rpartition("/")[2] == wanted
        or (len(wanted) >= 8 and entry.id.startswith(wanted))
    ]


def the_document(snapshot: Snapshot, wanted: str) -> DocumentEntry:
    """The one document that `wanted` names, as `find_documents` reads it.

    Raises:
        NotFoundError: there is none.
        UsageError: there are several.
    """
    found = find_documents(snapshot, wanted)
    if not found:
        raise NotFoundError(f"no document {wanted!r}", advice="`ibid documents` lists what is there")
    if len(found) > 1:
        names = ", ".join(f"{entry.id[:12]} ({entry.name})" for entry in found[:5])
        raise UsageError(f"{wanted!r} names {len(found)} documents", names, "Give the id")
    return found[0]


def with_ids(snapshot: Snapshot, given: Mapping[str, _Attribute]) -> dict[str, _Attribute]:
    """Attributes with what they replace as ids, so that it is the same document whatever comes later.

    Raises:
        NotFoundError: a document that is to be replaced is not there.
        UsageError: a name is that of several documents.
    """
    wanted = as_text(given.get(REPLACES, ""))
    if not wanted:
        return dict(given)
    names = [wanted] if find_documents(snapshot, wanted) else [part.strip() for part in wanted.split(",")]
    return {**given, REPLACES: ", ".join(the_document(snapshot, name).id[:SHORT_ID] for name in names)}
