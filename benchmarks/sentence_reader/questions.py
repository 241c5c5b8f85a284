"""The questions that a reader learns from and is measured with, as search and reading without one leave them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.extractive_fitting import SPURIOUS, ruled, table_of, with_meaning
from benchmarks.extractive_sets import Asked, Library
from eval.metrics.containment import contains
from serving.extractive.alike import ALIKE_NAMES
from serving.extractive.candidates import read_candidates
from serving.extractive.choosing import choose
from serving.extractive.evidence import EVIDENCE_NAMES, weigh_evidence
from serving.extractive.features import FEATURE_NAMES, Matrix, feature_matrix
from serving.extractive.questions import read_question

WEIGHTS = Path(__file__).resolve().parent.parent.parent / "serving" / "extractive" / "weights.json"
SET = "squad2-dev-en"


@dataclass(frozen=True)
class Known:
    """One question and its sentences without a reader; arrays are (sentences,) unless said otherwise."""

    text: str
    half: int
    answerable: bool
    sentences: tuple[str, ...]
    features: Matrix  # of words and meaning, (sentences, 51)
    rules: Matrix  # what rules add to a score
    scores: Matrix
    right: Matrix  # how much each counts as an answer; zeros where the question has none
    annotated: Matrix  # 1 where the sentence is of the passage that answers
    evidence: Matrix  # (evidence,), of the two that stand best

    @property
    def order(self) -> list[int]:
        """Places of the sentences, best first."""
        return [int(place) for place in np.argsort(-self.scores, kind="stable")]


def known_questions(library: Library, sample: int = 0) -> list[Known]:
    """All questions of the set, or `sample` of the answerable ones and as many others."""
    asked = [*library.answerable(SET)[: sample or None], *library.unanswerable(SET)[: sample or None]]
    tables = json.loads(WEIGHTS.read_text(encoding="utf-8"))
    names = (*FEATURE_NAMES, *ALIKE_NAMES)
    words = table_of(tables["sentences"]["latin"], FEATURE_NAMES)
    meaning = table_of(tables["sentences_with_meaning"]["latin"], names)
    found = [_known(item, library, words, meaning) for item in asked if read_candidates(item.hits)]
    library.save()
    return found


def _known(item: Asked, library: Library, words: Matrix, meaning: Matrix) -> Known:
    question, candidates = read_question(item.text), read_candidates(item.hits)
    features, rules = feature_matrix(question, candidates), ruled(question, candidates)
    features = np.hstack([features, with_meaning(question, candidates, features @ words, library.cosines)])
    scores = features @ meaning + rules
    values = weigh_evidence(question, item.hits, candidates, choose(candidates, scores, 2)).values
    right = np.array([bool(item.answers) and contains([one.text], item.answers) for one in candidates], dtype=float)
    annotated = np.array([one.hit.document.name == item.about for one in candidates], dtype=float)
    if (right * annotated).any():
        right[annotated == 0.0] *= SPURIOUS
    return Known(
        text=item.text,
        half=item.half,
        answerable=bool(item.answers),
        sentences=tuple(one.text for one in candidates),
        features=features,
        rules=rules,
        scores=scores,
        right=right,
        annotated=annotated,
        evidence=np.array([values[name] for name in EVIDENCE_NAMES]),
    )


def of_half(questions: Sequence[Known], half: int) -> list[Known]:
    """Those whose documents are in a half."""
    return [question for question in questions if question.half == half]
