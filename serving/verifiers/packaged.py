"""Meaning by the packaged embedder: likeness in words, letters and vectors, weighed by a table fitted to people's word.

It needs no model but the one that searches. It reads the Latin script alone, and only with the packaged embedder, whose
cosines the weights know; everything else is left to words.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib.resources import files

import numpy as np

from kb.ports import Embedder, Judgement
from kb.records import Verdict
from kb.text.scripts import foreign_share
from retriever.remembered import RememberedVectors
from serving.reasons import Reason, because
from serving.verifiers.checked import Question
from serving.verifiers.likeness import LIKENESS_NAMES, Likeness, Values, measure_likeness

FITTED_ON = "all-minilm-l6-v2"  # the model whose cosines the weights know, alone or paired with a second one

# Of the threshold. On the sets fitted on, as many supported sentences fall below it as below the verifier by words'
# "partly", so that a strict collection keeps back no more of what is true than before.
_PARTLY = 0.6
_FOREIGN = 0.3  # share of other scripts from which a text is another model's: as the paired embedder has it
_TURNED = LIKENESS_NAMES.index("turned")
_CITED_CHARACTERS = 60  # of a cited sentence in a reason


class PackagedMeaning:
    """Implements `Meaning` with the embedder that searches.

    Args:
        embedder: any; sentences are only judged with the one that the weights were fitted on.
        threshold: probability from which a sentence is supported.
    """

    def __init__(self, embedder: Embedder, threshold: float) -> None:
        self._remembered = RememberedVectors(embedder)
        self._knows_cosines = FITTED_ON in embedder.space.model.lower()
        self._threshold = threshold

    def judge(self, questions: Sequence[Question]) -> list[Judgement | None]:
        """One judgement for each question, None for what is left to words."""
        read = [place for place, question in enumerate(questions) if self._knows_cosines and _is_latin(question)]
        judged: list[Judgement | None] = [None] * len(questions)
        if read:
            found = measure_likeness([questions[place] for place in read], self._remembered.vectors_of)
            for place, likeness in zip(read, found, strict=True):
                judged[place] = self._verdict_on(questions[place].sentence, likeness)
        return judged

    def _verdict_on(self, sentence: str, likeness: Likeness) -> Judgement:
        chance = chance_of_support(likeness.values)
        share = f"{chance:.0%}"
        if chance >= self._threshold:
            return Judgement(Verdict.SUPPORTED, because(Reason.ALIKE, sentence, share=share), chance)
        if likeness.values[_TURNED]:
            why = because(Reason.OTHER_WAY, sentence, what=_short(likeness.nearest))
            return Judgement(Verdict.CONTRADICTED, why, 0.5)  # half of SciFact's train claims that turn it are such
        verdict = Verdict.PARTLY if chance >= _PARTLY * self._threshold else Verdict.UNSUPPORTED
        return Judgement(verdict, because(Reason.NOT_ALIKE, sentence, share=share), 1 - chance)


def chance_of_support(values: Values) -> float:
    """From likeness to a probability, logistic in the values; benchmarks/verifier_fitting.py fits the weights."""
    weights, constant = _weights()
    return float(1 / (1 + np.exp(-(values @ weights + constant))))


@lru_cache(maxsize=1)
def _weights() -> tuple[Values, float]:
    table = json.loads(files("serving.verifiers").joinpath("weights.json").read_text(encoding="utf-8"))
    return np.array([table["weights"][name] for name in LIKENESS_NAMES]), float(table["constant"])


def _is_latin(question: Question) -> bool:
    texts = (question.sentence, *question.quotes)
    return all(foreign_share(text) < _FOREIGN for text in texts)


def _short(text: str) -> str:
    return text if len(text) <= _CITED_CHARACTERS else text[:_CITED_CHARACTERS] + "…"
