"""Plain search: what is looked for with which filters, and what was found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ui.browser.plain import seen
from ui.browser.replies import FileState, Place, StoredFile


@dataclass(frozen=True, slots=True)
class Wanted:
    """A search: the words, and what a passage's document must be. Empty filters let everything through."""

    collection: str
    words: str
    documents: tuple[str, ...] = ()  # their ids
    kinds: tuple[str, ...] = ()  # media types
    tags: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    as_of: date | None = None  # documents in force on that day

    def filters(self) -> dict[str, Any] | None:
        """As a search of a vector store takes them, None where there are none."""
        chosen: Mapping[str, Sequence[str]] = {
            "document_id": self.documents,
            "media_type": self.kinds,
            "tags": self.tags,
            "language": self.languages,
        }
        parts: list[dict[str, Any]] = [
            {"type": "in", "key": key, "value": list(values)} for key, values in chosen.items() if values
        ]
        if self.as_of is not None:
            parts.append({"type": "eq", "key": "as_of", "value": self.as_of.isoformat()})
        return {"type": "and", "filters": parts} if parts else None


@dataclass(frozen=True, slots=True)
class Found:
    """A search and what it found, best first."""

    wanted: Wanted
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be filtered by in a collection: its documents by id, and what they are."""

    documents: Mapping[str, str]
    kinds: tuple[str, ...]
    tags: tuple[str, ...]
    languages: tuple[str, ...]


def choices_in(files: Sequence[StoredFile]) -> Choices:
    """The choices that the documents of a collection leave."""
    ready = [file for file in files if file.state is FileState.COMPLETED]
    names = {file.document_id: seen(file.title or file.name) for file in ready if file.document_id}
    return Choices(
        dict(sorted(names.items(), key=lambda item: item[1].casefold())),
        _each(file.media_type for file in ready),
        _each(tag for file in ready for tag in file.tags),
        _each(file.language for file in ready),
    )


def _each(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({value for value in values if value}))
