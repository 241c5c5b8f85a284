"""What is known of a document, in lines for people."""

from __future__ import annotations

from collections.abc import Mapping

from kb.catalog import Snapshot
from kb.catalog.versions import REPLACES
from kb.records import DocumentEntry


def in_force(entry: DocumentEntry) -> str:
    """When a document is in force: "2023-09-01 to 2024-08-31", "from …", "until …", or "" where it names no day."""
    start, end = entry.effective_from, entry.effective_to
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"until {end}" if end else ""


def version_of(entry: DocumentEntry, names: Mapping[str, str]) -> str:
    """Which version a document is, with the names of what it replaces and of what replaces it; "" for a single one."""
    if not entry.replaces and not entry.replaced_by:
        return ""
    parts = [f"version {entry.version}"]
    for words, ids in (("replaces", entry.replaces), ("replaced by", entry.replaced_by)):
        if ids:
            parts.append(f"{words} {', '.join(names[document_id] for document_id in ids)}")
    return ", ".join(parts)


def described(entry: DocumentEntry, snapshot: Snapshot) -> list[str]:
    """Lines for the time in force, for versions and for each other thing that is known; what a person set is marked."""
    names = {document_id: snapshot.entry(document_id).name for document_id in (*entry.replaces, *entry.replaced_by)}
    lines = [f"in force: {when}"] if (when := in_force(entry)) else []
    lines += filter(None, [version_of(entry, names)])
    for key, value in entry.metadata.items():
        if key == REPLACES and entry.replaces:
            continue
        lines.append(f"{key}: {value}{' (set)' if key in entry.given else ''}")
    return lines
