"""Answer correctness: F1 over the claims that an answer shares with the gold answer.

TP: claims of the answer that the gold answer bears out; FP: the answer's other claims; FN: claims of the gold answer
that the answer does not bear out. F1 = TP / (TP + (FP + FN) / 2), the factual part of RAGAS' answer correctness
(docs.ragas.io), with each claim checked against the other text as RAGChecker does (Ru et al. 2024, section 3.3).
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.judging.asking import Judge, NotJudgedError
from eval.judging.claims import claims_of, language_of_texts, supported


def judge_correctness(judge: Judge, question: str, answer: str, golds: Sequence[str]) -> float:
    """0 to 1; against the gold answer that fits best. An answer without claims shares none: 0.

    Raises:
        NotJudgedError: the judge failed, or found no claim in any gold answer.
    """
    language = language_of_texts(answer, *golds)
    claims = claims_of(judge, question, answer, language)
    scores = []
    for gold in golds:
        expected = claims_of(judge, question, gold, language)
        if expected:
            scores.append(_f1(judge, claims, answer, expected, gold, language))
    if not scores:
        raise NotJudgedError("the gold answer holds no claim")
    return max(scores)


def _f1(judge: Judge, claims: list[str], answer: str, expected: list[str], gold: str, language: str) -> float:
    if not claims:
        return 0.0
    right = sum(supported(judge, claims, gold, language))
    missed = len(expected) - sum(supported(judge, expected, answer, language))
    return right / (right + (len(claims) - right + missed) / 2) if right else 0.0
