"""What is known of a document, in lines for people."""

from __future__ import annotations

from kb.records import DocumentEntry


def in_force(entry: DocumentEntry) -> str:
    """When a document is in force: "2023-09-01 to 2024-08-31", "from …", "until …", or "" where it names no day."""
    start, end = entry.effective_from, entry.effective_to
    if start and end:
        return f"{start} to {end}"
    return f"from {start}" if start else f"until {end}" if end else ""


def described(entry: DocumentEntry) -> list[str]:
    """One line for the time in force and one for each other thing that is known; what a person set is marked."""
    lines = [f"in force: {when}"] if (when := in_force(entry)) else []
    for key, value in entry.metadata.items():
        lines.append(f"{key}: {value}{' (set)' if key in entry.given else ''}")
    return lines
