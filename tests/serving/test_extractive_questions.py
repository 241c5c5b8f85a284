"""What a question asks for, and what it shares with a text."""

from __future__ import annotations

import pytest

from serving.extractive.questions import AnswerKind, read_question
from serving.extractive.shapes import answer_spans
from serving.extractive.terms import read_terms, words_of


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who wrote the charter?", AnswerKind.PERSON),
        ("In what year did the bridge open?", AnswerKind.TIME),
        ("How many bridges cross the river?", AnswerKind.NUMBER),
        ("What was the club's net income in 2023?", AnswerKind.NUMBER),
        ("What is the fee for a lost card?", AnswerKind.NUMBER),
        ("Which city hosted the fair?", AnswerKind.PLACE),
        ("Why did the firm close?", AnswerKind.REASON),
        ("How is steel made?", AnswerKind.MANNER),
        ("Is the deposit returned?", AnswerKind.YES_NO),
        ("What is a tort?", AnswerKind.DEFINITION),
        ("What did the committee recommend?", AnswerKind.THING),
        ("宪章是谁写的？", AnswerKind.PERSON),
        ("大桥何时通车？", AnswerKind.TIME),
        ("大橋是哪一年通車的?", AnswerKind.TIME),
        ("河上有多少座桥？", AnswerKind.NUMBER),
        ("博览会在哪里举行？", AnswerKind.PLACE),
        ("公司为什么关闭？", AnswerKind.REASON),
        ("如何炼钢？", AnswerKind.MANNER),
        ("押金是否退还？", AnswerKind.YES_NO),
        ("什么是侵权？", AnswerKind.DEFINITION),
    ],
)
def test_the_kind_of_answer_is_read_from_the_question(question: str, kind: AnswerKind) -> None:
    assert read_question(question).kind is kind


def test_words_agree_in_their_stems_and_scripts() -> None:
    assert read_terms("Libraries").exact == read_terms("library").exact
    assert read_terms("圖書館").exact == read_terms("图书馆").exact
    assert read_terms("1,200").exact == read_terms("1200").exact


def test_what_people_shorten_and_documents_write_out_is_one_word() -> None:
    for short, long in (("exam", "examination"), ("Labs", "laboratories"), ("Prof", "professor")):
        assert read_terms(short).exact == read_terms(long).exact


def test_the_noun_asked_for_is_in_focus() -> None:
    assert read_question("Which city hosted the fair?").focus == read_terms("city").exact
    assert read_question("What kind of ship was it?").focus == read_terms("ship").exact
    assert read_question("What is a tort?").focus == frozenset()


def test_what_the_question_says_is_no_answer() -> None:
    question = read_question("What happened in 1931, and when was the bakery built?")
    sentence = "After the fire of 1931 the bakery was built in 1933."
    assert [sentence[start:end] for start, end in answer_spans(question, sentence)] == ["1933"]


def test_missing_words_are_named_as_they_were_written() -> None:
    text = "What dose of Amoxicillin for Bob?"
    assert words_of(text, read_terms("amoxicillin bob").exact) == ("Amoxicillin", "Bob")
    assert words_of("阿莫西林的剂量？", read_terms("阿莫西林").exact) == ("阿莫西林",)
