"""Faithfulness: the share of an answer's claims that the passages it cites bear out.

F = |claims supported by the cited passages| / |claims| (Es et al. 2023, "RAGAS", section 3; there against everything
that was retrieved, here against what the answer cites, as a reader checks it).
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.judging.asking import Judge, NotJudgedError
from eval.judging.claims import claims_of, language_of_texts, supported


def judge_faithfulness(judge: Judge, question: str, answer: str, quotes: Sequence[str]) -> float:
    """0 to 1. An answer that cites nothing is borne out by nothing: 0.

    Raises:
        NotJudgedError: the judge failed, or found no claim in the answer.
    """
    language = language_of_texts(answer)
    claims = claims_of(judge, question, answer, language)
    if not claims:
        raise NotJudgedError("the answer holds no claim")
    if not any(quote.strip() for quote in quotes):
        return 0.0
    text = "\n\n".join(f"[{number}] {quote}" for number, quote in enumerate(quotes, start=1))
    verdicts = supported(judge, claims, text, language)
    return sum(verdicts) / len(verdicts)
