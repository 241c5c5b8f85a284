"""Fits the weights by which the packaged verifier turns likeness into a probability, on people's judgements.

Usage: python -m benchmarks.verifier_fitting --sets DIR [--json FILE]

DIR holds expertqa-attribution-en (one half of its questions is read) and scifact-en (its train claims). FaithBench is
never fitted on. Only what the checks of words leave open is fitted on, since nothing else is asked of it.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]  # has no types
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from sklearn.model_selection import KFold  # type: ignore[import-untyped]

from eval.judging.sentence_sets import (
    FITTED_HALF,
    JudgedAnswer,
    JudgedSentence,
    read_expert_answers,
    read_scientific_claims,
)
from kb.ports import Embedder
from kb.records import Verdict
from kb.settings import read_settings
from retriever.opening import embedder_of
from serving.verifiers.likeness import LIKENESS_NAMES, Values, measure_likeness
from serving.verifiers.word_checks import check_words

WEIGHTS = Path(__file__).resolve().parent.parent / "serving" / "verifiers" / "weights.json"
# Inverse of the ridge, on values of standard deviation 1: with tenfold cross-validation .01 to .1 do equally well, and
# without a ridge the threshold moves with every fold.
_INVERSE_RIDGE = 0.03
_THRESHOLDS = (0.44, 0.46, 0.48, 0.5, 0.52, 0.54, 0.56)

Labels = NDArray[np.bool_]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--json", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    embedder = embedder_of(read_settings())()
    sets = [read_expert_answers(options.sets, FITTED_HALF), read_scientific_claims(options.sets, "train")]
    table = fit([open_sentences(answers) for answers in sets], embedder)
    options.json.write_text(json.dumps(table, indent=1) + "\n", "utf-8")


def open_sentences(answers: Sequence[JudgedAnswer]) -> list[JudgedSentence]:
    """The sentences on which likeness decides whether they are supported."""
    sentences = [sentence for answer in answers for sentence in answer.sentences]
    checks = [check_words(sentence.text, sentence.evidence) for sentence in sentences]
    return [
        sentence
        for sentence, check in zip(sentences, checks, strict=True)
        if not check.final and check.flaw is None and check.alike
    ]


def _logistic(rows: Values, label: Labels, share: Values) -> tuple[Values, float]:
    mean, scale = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    model = LogisticRegression(C=_INVERSE_RIDGE).fit((rows - mean) / scale, label, sample_weight=share)
    weights: Values = model.coef_[0] / scale
    return weights, float(model.intercept_[0] - weights @ mean)


def _threshold(rows: Values, label: Labels, share: Values) -> float:
    """The probability from which most are told rightly, on sentences that were not fitted on (ten folds in order)."""
    chances = np.zeros(len(label))
    for fitted, left in KFold(10).split(rows):
        weights, constant = _logistic(rows[fitted], label[fitted], share[fitted])
        chances[left] = 1 / (1 + np.exp(-(rows[left] @ weights + constant)))
    right = [share @ ((chances >= threshold) == label) for threshold in _THRESHOLDS]
    return _THRESHOLDS[int(np.argmax(right))]


def fit(sets: Sequence[Sequence[JudgedSentence]], embedder: Embedder) -> dict[str, object]:
    """The content of weights.json: logistic regression in which each set, and each label in it, weighs the same."""
    values, labels, shares = [], [], []
    for sentences in sets:
        likeness = measure_likeness([(one.text, one.evidence) for one in sentences], embedder.embed_passages)
        supported = np.array([one.verdict is Verdict.SUPPORTED for one in sentences])
        values.append(np.array([one.values for one in likeness]))
        labels.append(supported)
        shares.append(np.where(supported, 1 / supported.sum(), 1 / (~supported).sum()))
    rows, label, share = np.vstack(values), np.concatenate(labels), np.concatenate(shares)
    share *= len(label) / share.sum()
    weights, constant = _logistic(rows, label, share)
    threshold = _threshold(rows, label, share)
    constant -= math.log(threshold / (1 - threshold))  # so that it is at one half
    for own_values, own_labels in zip(values, labels, strict=True):
        area = roc_auc_score(own_labels, own_values @ weights)
        print(f"{len(own_labels)} sentences, {own_labels.mean():.2f} supported: area under the curve {area:.3f}")
    return {
        "fitted_on": f"half {FITTED_HALF} of ExpertQA's questions, SciFact's train claims; {len(label)} sentences",
        "weights": {name: round(float(weight), 4) for name, weight in zip(LIKENESS_NAMES, weights, strict=True)},
        "constant": round(constant, 4),
    }


if __name__ == "__main__":
    main()
