"""The best of the scored sentences: none twice, and none that hardly can be the answer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.extractive.candidates import Candidate
from serving.extractive.features import Matrix

_SAME = 0.8  # sentences that share this much of their terms say the same

# A further sentence below this chance is left out: that spares a quarter of the answers an idle second quote and costs
# one or two answers in a thousand (measured on English questions).
_UNLIKELY = 0.01


def choose(candidates: Sequence[Candidate], scores: Matrix, at_most: int) -> list[int]:
    """Indices of at most `at_most` candidates, best first; always the best one."""
    chances = softmax(scores)
    chosen: list[int] = []
    for index in np.argsort(-scores, kind="stable").tolist():
        if len(chosen) >= at_most or (chosen and chances[index] < _UNLIKELY):
            break
        if not any(_says_the_same(candidates[index], candidates[other]) for other in chosen):
            chosen.append(index)
    return chosen


def softmax(scores: Matrix) -> Matrix:
    """The chance of each score among all: shape (candidates,), sum 1."""
    powers = np.exp(scores - scores.max())
    return np.asarray(powers / powers.sum())


def _says_the_same(one: Candidate, other: Candidate) -> bool:
    if one.text == other.text:
        return True
    first, second = one.terms.exact, other.terms.exact
    return bool(first and second) and len(first & second) / len(first | second) >= _SAME
