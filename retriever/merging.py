"""One ranking from those of several wordings of a question."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from retriever.fusion import Fused


class Wording(NamedTuple):
    """A text to search for a question: the question itself, a part of it, or it with other words."""

    text: str
    weight: float = 1.0


def merge(rankings: Sequence[Sequence[Fused]], weights: Sequence[float]) -> list[Fused]:
    """Adds up the scores that passages have in several rankings, each ranking by its share of the weights.

    A passage that a ranking does not have counts nothing there. The cosine and BM25 of a passage are those of the first
    ranking that has them. Best first; equal scores in the order of the numbers.
    """
    if len(rankings) == 1:
        return list(rankings[0])
    whole = sum(weights)
    merged: dict[int, Fused] = {}
    for ranking, weight in zip(rankings, weights, strict=True):
        for item in ranking:
            before = merged.get(item.number, Fused(item.number, 0.0, None, None))
            merged[item.number] = Fused(
                item.number,
                before.score + item.score * weight / whole,
                item.dense if before.dense is None else before.dense,
                item.lexical if before.lexical is None else before.lexical,
            )
    return sorted(merged.values(), key=lambda item: (-item.score, item.number))
