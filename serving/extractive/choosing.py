"""The best of the scored sentences, none twice."""

from __future__ import annotations

from collections.abc import Sequence

from serving.extractive.candidates import Candidate
from serving.extractive.features import Matrix

_SAME = 0.8  # sentences that share this much of their terms say the same


def choose(candidates: Sequence[Candidate], scores: Matrix, at_most: int) -> list[int]:
    """Indices of at most `at_most` candidates, best first, none repeating an earlier one."""
    chosen: list[int] = []
    for index in sorted(range(len(candidates)), key=lambda index: -scores[index]):
        if len(chosen) >= at_most:
            break
        if not any(_says_the_same(candidates[index], candidates[other]) for other in chosen):
            chosen.append(index)
    return chosen


def _says_the_same(one: Candidate, other: Candidate) -> bool:
    if one.text == other.text:
        return True
    first, second = one.terms.exact, other.terms.exact
    return bool(first and second) and len(first & second) / len(first | second) >= _SAME
