"""How well a system tells what it cannot answer: refusing is the positive class.

precision = |refused ∩ unanswerable| / |refused|, recall = |refused ∩ unanswerable| / |unanswerable|,
F1 = 2 · precision · recall / (precision + recall); each 0 where its denominator is (the rejection rate of RGB, Chen et
al. 2024, is this recall).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Refusals(NamedTuple):
    """Precision, recall and F1 of refusing, each 0 to 1."""

    precision: float
    recall: float
    f1: float


def measure_refusals(refused: Sequence[bool], answerable: Sequence[bool]) -> Refusals:
    """Compares what was refused with what had to be, question by question (same length)."""
    rightly = sum(no and not can for no, can in zip(refused, answerable, strict=True))
    unanswerable = len(answerable) - sum(answerable)
    return Refusals(
        _share(rightly, sum(refused)), _share(rightly, unanswerable), _share(2 * rightly, sum(refused) + unanswerable)
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
