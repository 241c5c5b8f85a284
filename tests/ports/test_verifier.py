from __future__ import annotations

from collections.abc import Sequence

import pytest

from kb.errors import ModelError
from kb.ports import Judgement
from kb.records import Verdict
from serving.verification import LexicalVerifier
from serving.verifiers.checked import CheckedVerifier, Meaning, Question
from tests.ports.verifier_suite import check_verifier


class Always:
    """Says the same of every sentence, as a model that was taken over does."""

    def __init__(self, verdict: Verdict) -> None:
        self.verdict = verdict

    def judge(self, questions: Sequence[Question]) -> list[Judgement]:
        return [Judgement(self.verdict, "as it says", 0.9) for _ in questions]


class Failing:
    def judge(self, questions: Sequence[Question]) -> list[Judgement]:
        raise ModelError("the server is down")


def test_the_lexical_verifier_keeps_the_promises_of_a_verifier() -> None:
    check_verifier(LexicalVerifier())


@pytest.mark.parametrize(
    "meaning", [Always(Verdict.SUPPORTED), Always(Verdict.UNSUPPORTED), Always(Verdict.CONTRADICTED), Failing()]
)
def test_a_verifier_with_a_model_keeps_the_promises_whatever_the_model_says(meaning: Meaning) -> None:
    check_verifier(CheckedVerifier("model", "a model", lambda: meaning))
