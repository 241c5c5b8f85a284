"""The few best sentences compared with the question by an embedding model, for what words alone cannot tell."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kb.ports import Embedder
from serving.extractive.candidates import Candidate
from serving.extractive.features import Matrix
from serving.extractive.questions import Question

_COMPARED = 6  # sentences: eight and twelve found no more answers
_WEIGHT = 1.2  # of one standard deviation of the cosines; flat from .8 to 1.6 (measured with the packaged model)
_EQUAL_COSINES = 0.03  # differences below this are noise


def with_meaning(question: Question, candidates: Sequence[Candidate], scores: Matrix, embedder: Embedder) -> Matrix:
    """The scores with those of the best few raised, the more the nearer their vectors are to the question's.

    Only questions in Latin letters are compared: that is what was measured, and all that the packaged model can read.
    """
    if question.chinese:
        return scores
    best = np.argsort(-scores, kind="stable")[:_COMPARED]
    vectors = embedder.embed_passages([candidates[index].text for index in best])
    cosines = np.asarray(vectors @ embedder.embed_question(question.text), dtype=np.float64)
    raised = scores.copy()
    raised[best] += _WEIGHT * (cosines - cosines.min()) / (cosines.std() + _EQUAL_COSINES)
    return raised
