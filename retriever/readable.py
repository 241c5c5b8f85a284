"""How many of a collection's passages are written in a question's script: with the others it shares words by chance."""

from __future__ import annotations

from kb.catalog import Snapshot
from kb.text.scripts import foreign_share

_CHINESE = frozenset({"zh-Hans", "zh-Hant"})


class ReadableShare:
    """The share, 0 to 1. Counts once for each version of the collection; serves any number of threads."""

    def __init__(self) -> None:
        self._counted: tuple[int, dict[bool, int]] = (-1, {})

    def of(self, snapshot: Snapshot, question: str) -> float:
        """For a question over the passages of a snapshot; those of unknown language count as readable."""
        version, counts = self._counted
        if version != snapshot.version:
            counts = {False: 0, True: 0}  # by whether they are Chinese
            for language, passages in snapshot.passages_by_language().items():
                if language:
                    counts[language in _CHINESE] += passages
            self._counted = (snapshot.version, counts)
        asked = foreign_share(question) >= 0.5  # most of it
        known = sum(counts.values())
        return counts[asked] / known if known else 1.0
