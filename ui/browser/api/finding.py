"""Plain search: what is looked for with which filters, and what was found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from ui.browser.api.answer_replies import Place


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
