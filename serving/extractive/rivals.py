"""Sentences about another amount than the one asked about: 65岁 where the question says 80岁, Article 13 for 12."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from serving.extractive.candidates import Candidate
from serving.extractive.features import Matrix
from serving.quantities import Quantity, quantities

# Taken off the score, a logarithm of odds: 20 to 1. It changes one answer in a thousand of the measured sets.
_PENALTY = 3.0


def rival_penalties(question: str, candidates: Sequence[Candidate]) -> Matrix:
    """What to take off each candidate's score, shape (candidates,).

    A candidate is about another amount where it states one of the asked unit and not the asked one. That only counts
    while some candidate does state what is asked: otherwise the question may give what no sentence repeats.
    """
    penalties = np.zeros(len(candidates))
    asked = [quantity for quantity in quantities(question) if quantity.unit]
    if not asked:
        return penalties
    stated = [[found for found in quantities(candidate.text) if found.unit] for candidate in candidates]
    for quantity in asked:
        if any(_states(quantity, found) for found in stated):
            rivals = [not _states(quantity, found) and _same_unit(quantity, found) for found in stated]
            penalties += np.where(rivals, _PENALTY, 0.0)
    return penalties


def _states(asked: Quantity, found: Sequence[Quantity]) -> bool:
    return any((other.value, other.unit) == (asked.value, asked.unit) for other in found)


def _same_unit(asked: Quantity, found: Sequence[Quantity]) -> bool:
    return any(other.unit == asked.unit for other in found)
