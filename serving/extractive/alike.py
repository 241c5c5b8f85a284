"""Meaning as a further measure of a sentence, where the searching model is at hand: its cosine to the question.

Embedding a sentence costs more than all other measures of all sentences. So only those are embedded that the words
leave in question; where the words leave but one, none is.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from kb.ports import Scores
from serving.extractive.choosing import softmax
from serving.extractive.features import Matrix

Cosines = Callable[[str, Sequence[str]], Scores]  # of sentences to a question

ALIKE_NAMES = (
    "alike",  # the cosine
    "alike_behind",  # how far it is behind the highest
    "alike_standing",  # in standard deviations among those embedded: models differ in their scales
    "most_alike",
)

# Who is embedded: at most so many, each with such a chance by words. 4.8 sentences of an English question at the mean;
# with 12 for every question no more answers were found (decision 4).
_MOST = 12
_LEAST_CHANCE = 0.005
_BEHIND_LOWEST = 0.05  # of the lowest cosine: where those lie that were not embedded
_EQUAL_COSINES = 0.02  # differences of cosines below this are noise


def in_question(scores: Matrix) -> list[int]:
    """Indices of the candidates worth embedding, best first; none where the words alone decide."""
    chances = softmax(scores)
    likely = [int(place) for place in np.argsort(-scores, kind="stable")[:_MOST] if chances[place] >= _LEAST_CHANCE]
    return likely if len(likely) > 1 else []


def alike_features(scores: Matrix, cosines_of: Callable[[Sequence[int]], Scores]) -> Matrix:
    """Features named by ALIKE_NAMES for each candidate, shape (candidates, 4): zeros where the words alone decide.

    Args:
        scores: by words, shape (candidates,).
        cosines_of: the cosines of the candidates at these places; called once, or not at all.
    """
    places = in_question(scores)
    if not places:
        return np.zeros((len(scores), len(ALIKE_NAMES)))
    known = np.asarray(cosines_of(places), dtype=np.float64)
    cosines = np.full(len(scores), known.min() - _BEHIND_LOWEST)
    cosines[places] = known
    behind = cosines - known.max()
    standing = (cosines - known.mean()) / (known.std() + _EQUAL_COSINES)
    return np.column_stack([cosines, behind, standing, behind == 0.0])
