"""Quotes stand where they say, whatever the passage and the question are."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kb.records import DocumentEntry, Hit, HitSource, Passage
from serving.extractive import Extraction, extract

_TEXT = st.text(
    alphabet=st.one_of(
        st.sampled_from("。！？；，,.!?;: \n\t|·“”《》()第十二条年月abcdeABC123é"),
        st.characters(codec="utf-8"),
    ),
    max_size=400,
)


def make_hit(text: str, *, before: str = "", title: str = "", score: float = 1.0, order: int = 0) -> Hit:
    """A hit on a passage that stands after `before` in its document."""
    passage = Passage(f"document {order}", order, len(before), len(before) + len(text), text)
    entry = DocumentEntry(f"document {order}", "notes.txt", title, "text/plain", "", 0, 1, len(text), "")
    return Hit(passage, entry, score, HitSource.FUSED, dense_score=0.6 * score, lexical_score=10 * score)


@settings(max_examples=150)
@given(texts=st.lists(_TEXT, max_size=4), question=_TEXT, before=_TEXT)
@example(texts=["ﬁne. 第十二条 甲方。"], question="第12条是什么？", before="x")
@example(texts=["x" * 2000, "，" * 900, "甲" * 900], question="x 甲", before="")
def test_every_quote_is_the_documents_text_at_its_offsets(texts: list[str], question: str, before: str) -> None:
    documents = [before + text for text in texts]
    hits = [make_hit(text, before=before, order=order) for order, text in enumerate(texts)]
    extraction = extract(question, hits)
    assert len(extraction.quotes) <= 4  # of an article that is asked for; else 2
    assert 0.0 <= extraction.confidence <= 1.0
    assert extraction.why
    for quote in extraction.quotes:
        document = documents[quote.hit.passage.order]
        assert document[quote.start : quote.end] == quote.text
        assert quote.text.strip() == quote.text != ""
        assert 0.0 <= quote.score <= 1.0
        if quote.focus:
            assert quote.start <= quote.focus[0] < quote.focus[1] <= quote.end


def test_nothing_read_is_a_refusal_that_says_so() -> None:
    assert extract("When is lunch?", []) == Extraction((), 0.0, answered=False, why="No passage was found to read.")
    assert extract("午饭何时开始？", []).why == "没有找到可读的段落。"
    assert not extract("When?", [make_hit(" \n ")]).answered


@pytest.mark.parametrize("question", ["?", "。，、！", "the", "的", "😀", "What is it?"])
def test_a_question_without_a_word_to_look_for_is_refused(question: str) -> None:
    extraction = extract(question, [make_hit("The ferry leaves at nine. 渡轮九点开。")])
    assert (extraction.quotes, extraction.answered) == ((), False)
    assert extraction.why in ("The question has no word that could be looked for.", "问题中没有可查找的词。")


def test_overlapping_passages_give_a_sentence_once() -> None:
    text = "The ferry leaves at nine. It returns at noon."
    first = make_hit(text)
    second = make_hit(text[: len("The ferry leaves at nine.")], score=0.9)
    quotes = extract("When does the ferry leave?", [first, second]).quotes
    assert len({(quote.start, quote.end) for quote in quotes}) == len(quotes)


def test_a_very_long_sentence_is_quoted_by_clauses() -> None:
    clauses = [f"clause number {number} says that part {number} is delivered in week {number}" for number in range(40)]
    text = ", ".join(clauses) + "."
    quote = extract("In which week is part 31 delivered?", [make_hit(text)]).quotes[0]
    assert len(quote.text) <= 480
    assert "part 31" in quote.text


def test_one_quote_can_be_asked_for() -> None:
    hits = [make_hit("The ferry leaves at nine. The bus leaves at ten. The ferry is red.")]
    assert len(extract("When does the ferry leave?", hits, at_most=1).quotes) == 1
