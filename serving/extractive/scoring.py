"""The weights of a sentence's features and of the evidence, and what they add up to.

They stand in weights.json, fitted by benchmarks/extractive_answers.py. docs/decisions/0004-extractive-answers.md says
on what they were fitted and how well they do.
"""

from __future__ import annotations

import json
from functools import lru_cache
from importlib.resources import files
from typing import Any

import numpy as np

from serving.extractive.alike import ALIKE_NAMES
from serving.extractive.evidence import EVIDENCE_NAMES, Evidence
from serving.extractive.features import FEATURE_NAMES, Matrix
from serving.extractive.questions import Question, read_question

LATIN = "latin"  # questions in Latin letters
CHINESE = "chinese"
WORDS = "latin_without_cosines"  # for other embedding models, whose cosines lie elsewhere
CHARACTERS = "chinese_without_cosines"

# The packaged models, on whose cosines the weights were fitted: the second one reads what is not in Latin letters.
_FITTED_ON = {LATIN: "all-minilm-l6-v2", CHINESE: "all-minilm-l6-v2+multilingual-e5-small"}


@lru_cache(maxsize=1)
def _tables() -> dict[str, Any]:
    text = files("serving.extractive").joinpath("weights.json").read_text(encoding="utf-8")
    tables: dict[str, Any] = json.loads(text)
    return tables


@lru_cache(maxsize=4)
def _sentence_weights(table: str, script: str, names: tuple[str, ...]) -> Matrix:
    weights = _tables()[table][script]
    return np.array([weights[name] for name in names])


def score_sentences(features: Matrix, question: Question) -> Matrix:
    """The score of each row of features, shape (candidates,); their softmax is the chance that a sentence answers."""
    script = CHINESE if question.chinese else LATIN
    return np.asarray(features @ _sentence_weights("sentences", script, FEATURE_NAMES))


def score_with_meaning(features: Matrix, alike: Matrix, question: Question) -> Matrix:
    """The same, of the features and those of ALIKE_NAMES beside them."""
    script, names = CHINESE if question.chinese else LATIN, (*FEATURE_NAMES, *ALIKE_NAMES)
    return np.asarray(np.hstack([features, alike]) @ _sentence_weights("sentences_with_meaning", script, names))


def knows_cosines(question: str, model: str) -> bool:
    """Whether the weights were fitted on the cosines that the embedding model of this name gives to such a question."""
    return _FITTED_ON[CHINESE if read_question(question).chinese else LATIN] in model.lower()


def confidence_in(evidence: Evidence, question: Question, *, trust_cosines: bool) -> tuple[float, bool]:
    """The chance that the hits hold an answer (logistic in the evidence), and whether it is enough to give one."""
    with_cosines, without = (CHINESE, CHARACTERS) if question.chinese else (LATIN, WORDS)
    script = with_cosines if trust_cosines else without
    weights = _tables()["evidence"][script]
    logit = weights["constant"] + sum(weights.get(name, 0.0) * evidence.values[name] for name in EVIDENCE_NAMES)
    confidence = float(1 / (1 + np.exp(-np.clip(logit, -30.0, 30.0))))
    enough: float = _tables()["answer_from"][script]
    if evidence.values["passage_missing"] == 1.0:  # none of the question's own words: a cosine alone is no evidence
        confidence = min(confidence, enough / 2)
    return confidence, confidence >= enough
