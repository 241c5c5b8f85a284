"""What a sentence says otherwise than the question supposes makes an answer less sure."""

from __future__ import annotations

import pytest

from serving.extractive import extract, knows_cosines
from serving.extractive.mismatches import narrowing_missing, opposites, unmet_denial
from tests.serving.test_extractive_quotes import make_hit

_MILL = "The mill burned down in 1931. Before the fire the output increased every year. Henry Dorn was its first owner."
_MILL_CHINESE = "磨坊于1931年烧毁。火灾之前，产量逐年增加。第一任主人是林若兰。"
_MILL_TRADITIONAL = "磨坊於1931年燒毀。火災之前，產量逐年增加。第一任主人是林若蘭。"


@pytest.mark.parametrize(
    ("question", "sentence", "count"),
    [
        ("Why did the output decrease?", "The output increased.", 1),
        ("Why did the output increase?", "The output increased, and the costs decreased.", 0),
        ("What came after the fire?", "Before the fire came a storm.", 1),
        ("产量为什么减少？", "产量逐年增加。", 1),
        ("產量為什麼減少？", "產量逐年增加。", 1),
        ("What came?", "", 0),
    ],
)
def test_a_word_meets_its_opposite(question: str, sentence: str, count: int) -> None:
    assert opposites(question, sentence) == count


def test_a_denial_is_met_by_a_denial_alone() -> None:
    assert unmet_denial("Which mill did not burn down?", ["The mill burned down."])
    assert not unmet_denial("Which mill did not burn down?", ["The mill never burned down."])
    assert unmet_denial("哪个磨坊没有烧毁？", ["磨坊烧毁了。"])
    assert not unmet_denial("Which mill burned down?", ["The mill did not burn down."])


def test_words_that_narrow_a_question_are_looked_for() -> None:
    assert narrowing_missing("Who was the first and only owner?", "He was the first owner.") == 1
    assert narrowing_missing("唯一的第二任主人是谁？", "第二任主人是林若兰。") == 1


@pytest.mark.parametrize(
    ("fitting", "altered", "text"),
    [
        ("Why did the output increase?", "Why did the output decrease?", _MILL),
        ("When did the mill burn down?", "When did the mill not burn down?", _MILL),
        ("Did the mill burn down in 1931?", "Did the mill burn down in 1957?", _MILL),
        ("磨坊1931年烧毁了吗？", "磨坊1957年烧毁了吗？", _MILL_CHINESE),
        ("產量為什麼增加？", "產量為什麼減少？", _MILL_TRADITIONAL),
    ],
)
def test_an_altered_question_is_answered_with_less_confidence(fitting: str, altered: str, text: str) -> None:
    hits = [make_hit(text)]
    assert extract(altered, hits).confidence < extract(fitting, hits).confidence


def test_cosines_are_trusted_in_the_scripts_that_the_packaged_models_read() -> None:
    both, first = "all-MiniLM-L6-v2+multilingual-e5-small", "sentence-transformers/all-MiniLM-L6-v2"
    assert [knows_cosines("When?", model) for model in (both, first, "bge-m3")] == [True, True, False]
    assert [knows_cosines("何时？", model) for model in (both, first, "bge-m3")] == [True, False, False]
