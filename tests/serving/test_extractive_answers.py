"""What extractive answers choose and refuse, in both languages."""

from __future__ import annotations

from itertools import pairwise

import pytest

from serving.extractive import Extraction, extract
from tests.serving.test_extractive_quotes import make_hit

_LIBRARY = (
    "The town library was founded in 1902 by Clara Whitfield. It moved to Harbour Street after the flood. "
    "Members may borrow twelve books for three weeks. "
    "The reading room is closed on Sundays because the heating is off. "
    "A printer stands beside the entrance."
)
_MILL = "The old mill burned down in 1931. Its owner, Henry Dorn, built a bakery on the same ground."
_LIBRARY_CHINESE = (
    "市图书馆由林若兰于1902年创办。水灾之后，图书馆迁到了海港路。读者每次可以借阅十二本书，借期为三周。"
    "由于暖气关闭，阅览室星期日不开放。入口旁边有一台打印机。"
)
_LIBRARY_TRADITIONAL = (
    "市圖書館由林若蘭於1902年創辦。水災之後，圖書館遷到了海港路。讀者每次可以借閱十二本書，借期為三週。"
    "由於暖氣關閉，閱覽室星期日不開放。入口旁邊有一臺印表機。"
)


def ask(question: str, *texts: str) -> Extraction:
    return extract(question, [make_hit(text, order=order, score=1 - 0.1 * order) for order, text in enumerate(texts)])


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("Who founded the town library?", "Clara Whitfield"),
        ("When was the library founded?", "1902"),
        ("How many books may members borrow?", "twelve"),
        ("Why is the reading room closed on Sundays?", "heating"),
        ("Where did the library move after the flood?", "Harbour Street"),
        ("What did the owner of the old mill build?", "bakery"),
    ],
)
def test_the_sentence_that_answers_is_quoted(question: str, answer: str) -> None:
    extraction = ask(question, _LIBRARY, _MILL)
    assert extraction.answered
    assert answer in " ".join(quote.text for quote in extraction.quotes)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("市图书馆是谁创办的？", "林若兰"),
        ("图书馆哪一年创办？", "1902"),
        ("读者每次可以借阅多少本书？", "十二本"),
        ("阅览室星期日为什么不开放？", "暖气"),
        ("水灾之后图书馆迁到了哪里？", "海港路"),
    ],
)
def test_the_sentence_that_answers_is_quoted_in_chinese(question: str, answer: str) -> None:
    extraction = ask(question, _LIBRARY_CHINESE)
    assert extraction.answered
    assert answer in " ".join(quote.text for quote in extraction.quotes)


def test_a_simplified_question_finds_a_traditional_answer() -> None:
    extraction = ask("阅览室星期日为什么不开放？", _LIBRARY_TRADITIONAL)
    assert extraction.answered
    assert "暖氣" in extraction.quotes[0].text


def test_a_question_about_something_else_is_refused_by_name() -> None:
    extraction = ask("What dose of amoxicillin is given for pneumonia?", _LIBRARY, _MILL)
    assert not extraction.answered
    assert extraction.why.startswith("None of the 2 passages read mentions")
    assert "“amoxicillin”" in extraction.why


def test_a_chinese_question_about_something_else_is_refused_by_name() -> None:
    extraction = ask("阿莫西林的成人剂量是多少？", _LIBRARY_CHINESE)
    assert not extraction.answered
    assert "“阿莫西林”" in extraction.why


def test_confidence_falls_as_the_documents_hold_less_of_the_question() -> None:
    questions = (
        "Who founded the town library?",
        "Who founded the town swimming club?",
        "Who invented the quartz oscillator?",
    )
    confidences = [ask(question, _LIBRARY, _MILL).confidence for question in questions]
    assert all(more > less for more, less in pairwise(confidences))


def test_the_likely_answer_is_in_focus() -> None:
    quote = ask("When was the library founded?", _LIBRARY).quotes[0]
    assert quote.focus is not None
    assert _LIBRARY[slice(*quote.focus)] == "1902"
    quote = ask("图书馆哪一年创办？", _LIBRARY_CHINESE).quotes[0]
    assert quote.focus is not None
    assert _LIBRARY_CHINESE[slice(*quote.focus)] == "1902年"


def test_a_sentence_standing_in_two_documents_is_quoted_once() -> None:
    texts = [quote.text for quote in ask("Who founded the town library?", _LIBRARY, _LIBRARY).quotes]
    assert len(texts) == len(set(texts))


def test_another_models_cosines_change_nothing_when_they_are_not_trusted() -> None:
    question = "Who founded the town library?"
    hit = make_hit(_LIBRARY)
    low = extract(question, [hit], trust_cosines=False)
    assert low.answered
    assert low.quotes == extract(question, [hit]).quotes
