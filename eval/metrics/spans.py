"""Character-level precision and recall of retrieved spans: any way of cutting documents can be scored.

As LegalBench-RAG defines and computes them (Pipitone and Houir Alami, arXiv:2408.10343): with R the characters of the
first k retrieved spans and G those of the gold spans, precision = |R ∩ G| / |R| and recall = |R ∩ G| / |G|. A character
counts once, however many spans hold it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol

DEPTHS = (1, 4, 16, 64)  # every second depth of the paper's tables


class Spanned(Protocol):
    """Anything that says which characters of which document it is."""

    @property
    def doc(self) -> str:
        """The document's name."""
        ...

    @property
    def start(self) -> int:
        """The first character."""
        ...

    @property
    def end(self) -> int:
        """The one after the last character."""
        ...


class SpanScore(NamedTuple):
    """Precision and recall, 0 to 1."""

    precision: float
    recall: float


def measure_spans(gold: Sequence[Spanned], retrieved: Sequence[Spanned], k: int) -> SpanScore:
    """Precision and recall of the first `k` retrieved spans; both 0 where nothing was retrieved.

    Raises:
        ValueError: the gold spans hold no character, or a span ends before it starts.
    """
    wanted, found = _merged(gold), _merged(retrieved[:k])
    wanted_characters, found_characters = _characters(wanted), _characters(found)
    if wanted_characters == 0:
        raise ValueError("a question without gold characters has no span recall")
    common = sum(
        max(0, min(end, other_end) - max(start, other_start))
        for doc, pieces in found.items()
        for start, end in pieces
        for other_start, other_end in wanted.get(doc, ())
    )
    return SpanScore(common / found_characters if found_characters else 0.0, common / wanted_characters)


def _merged(spans: Iterable[Spanned]) -> dict[str, list[tuple[int, int]]]:
    """By document, in order, none touching another."""
    by_document: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for span in spans:
        if span.end < span.start:
            raise ValueError(f"a span of {span.doc} ends at {span.end}, before its start at {span.start}")
        by_document[span.doc].append((span.start, span.end))
    return {doc: _merged_pieces(sorted(pieces)) for doc, pieces in by_document.items()}


def _merged_pieces(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in pieces:
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _characters(spans: Mapping[str, Sequence[tuple[int, int]]]) -> int:
    return sum(end - start for pieces in spans.values() for start, end in pieces)
