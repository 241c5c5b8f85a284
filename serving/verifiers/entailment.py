"""Meaning by a classifier: what its probabilities mean as verdicts."""

from __future__ import annotations

from collections.abc import Sequence

from kb.entailment import Entailing, Entailment
from kb.ports import Judgement
from kb.records import Verdict
from kb.turns import standing_aside
from serving.reasons import Reason, because
from serving.verifiers.checked import Question

# Of the threshold: what is half as likely as a supported sentence has a part that is borne out. No set was measured
# with it, since no such model could be had.
_PARTLY = 0.5
_CONTRADICTED = 0.5  # more likely than all else together
_UNFOUND_CHARACTERS = 60  # in a reason


class EntailmentMeaning:
    """Implements `Meaning` with a model of this machine or of a server.

    Args:
        model: gives probabilities.
        threshold: probability from which a sentence is supported.
    """

    def __init__(self, model: Entailing, threshold: float) -> None:
        self._model = model
        self._threshold = threshold

    def judge(self, questions: Sequence[Question]) -> list[Judgement]:
        """One judgement for each question.

        Raises:
            ModelError: the model failed.
        """
        with standing_aside():
            found = [self._model.judge(*question) for question in questions]
        return [self._verdict_on(question.sentence, of_it) for question, of_it in zip(questions, found, strict=True)]

    def _verdict_on(self, sentence: str, found: Entailment) -> Judgement:
        share = f"{found.supported:.0%}"
        if found.supported >= self._threshold:
            return Judgement(Verdict.SUPPORTED, because(Reason.MODEL_FINDS, sentence, share=share), found.supported)
        if found.contradicted >= _CONTRADICTED:
            why = because(Reason.MODEL_OTHERWISE, sentence, share=f"{found.contradicted:.0%}")
            return Judgement(Verdict.CONTRADICTED, why, found.contradicted)
        why = because(Reason.MODEL_DOES_NOT, sentence, share=share)
        if found.unfound is not None:
            start, end = found.unfound
            why = because(Reason.MODEL_UNFOUND, sentence, what=_shortened(sentence[start:end].strip()))
        verdict = Verdict.PARTLY if found.supported >= _PARTLY * self._threshold else Verdict.UNSUPPORTED
        return Judgement(verdict, why, 1 - found.supported)


def _shortened(text: str) -> str:
    return text if len(text) <= _UNFOUND_CHARACTERS else text[:_UNFOUND_CHARACTERS] + "…"
