from __future__ import annotations

import pytest

from kb.text.scripts import foreign_share


@pytest.mark.parametrize(
    "text", ["", "12 %", "Where is insulin kept?", "Où est l'été?", "the α of β is γ", "℃ ① Ⅳ ㎏"[:3]]
)
def test_latin_letters_greek_symbols_and_numbers_are_not_foreign(text: str) -> None:
    assert foreign_share(text) == 0


@pytest.mark.parametrize("text", ["期末考试", "期末考試佔多少", "なぜ", "왜", "Почему", "لماذا", "𠮷"])
def test_other_scripts_are_foreign_whole(text: str) -> None:
    assert foreign_share(text) == 1


def test_a_chinese_character_counts_as_much_as_a_latin_word() -> None:
    assert foreign_share("什么是 dropout") == 3 / 4


def test_a_name_in_brackets_does_not_make_an_english_sentence_foreign() -> None:
    assert foreign_share("Beijing (北京) is the capital of the People's Republic of China.") < 0.2
