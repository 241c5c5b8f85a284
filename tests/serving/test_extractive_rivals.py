"""An answer about another amount than the one asked about gives way to one that states it."""

from __future__ import annotations

import numpy as np
import pytest

from kb.records import Hit
from serving.extractive import extract
from serving.extractive.candidates import read_candidates
from serving.extractive.rivals import rival_penalties
from tests.serving.test_extractive_quotes import make_hit

GUIDELINE = "65岁以下的高血压患者，血压目标为低于140/90。80岁及以上的患者，目标为低于150/90。"
RULES = "Article 12. Deposits are returned within 14 days. Article 13. Deposits over 500 euros are kept for 30 days."


def hits(text: str) -> list[Hit]:
    return [make_hit(text)]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("80岁以上高血压患者的血压目标是多少？", GUIDELINE, [True, False]),
        ("65岁以下高血压患者的血压目标是多少？", GUIDELINE, [False, True]),
        ("90岁以上高血压患者的血压目标是多少？", GUIDELINE, [False, False]),  # no sentence states it
        ("高血压患者的血压目标是多少？", GUIDELINE, [False, False]),
        ("What may be kept for 30 days?", RULES, [True, False]),
    ],
)
def test_a_sentence_with_another_amount_of_the_unit_is_put_back(question: str, text: str, expected: list[bool]) -> None:
    penalties = rival_penalties(question, read_candidates(hits(text)))
    assert (penalties > 0).tolist() == expected


def test_the_answer_is_about_the_amount_that_is_asked() -> None:
    answer = extract("80岁以上高血压患者的血压目标是多少？", hits(GUIDELINE), at_most=1)
    assert [quote.text for quote in answer.quotes] == ["80岁及以上的患者，目标为低于150/90。"]


def test_without_candidates_there_is_nothing_to_put_back() -> None:
    assert np.array_equal(rival_penalties("80岁", []), np.zeros(0))
