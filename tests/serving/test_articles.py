"""Places in statutes are told apart down to paragraph and item, however they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import Verdict
from kb.text.folding import fold
from serving.articles import find_articles
from serving.placed_quotes import PlacedQuote
from serving.verification import LexicalVerifier


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("Article 5(2)(a) of the Regulation", [("article", "5", ("2", "a"))]),
        ("Art. 5 para. 2", [("article", "5", ("2",))]),
        ("point (a) of Article 6(1)", [("article", "6", ("1", "a"))]),
        ("paragraph 2 of section 7", [("section", "7", ("2",))]),
        ("§ 12 Abs. 3 Satz 2", [("section", "12", ("3", "2"))]),
        ("Section 7.01(b)", [("section", "7.1", ("b",))]),
        ("Article IV, Schedule 2", [("article", "4", ()), ("schedule", "2", ())]),
        ("第十二条第三款第二项", [("article", "12", ("3", "2"))]),
        ("第12條之一第（三）項", [("article", "12.1", ("3",))]),
        ("第三章第二节", [("chapter", "3", ()), ("section", "2", ())]),
        ("附件二第三款", [("schedule", "2", ()), ("paragraph", "3", ())]),
        ("she read 12 articles in a section of the park", []),
        ("这条路有三条", []),
    ],
)
def test_places_are_read_in_every_way_of_writing(text: str, places: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert [article[:3] for article in find_articles(fold(text))] == places


@pytest.mark.parametrize(
    ("sentence", "quote", "verdict"),
    [
        ("Under Article 5(2) the firm is liable.", "Under Art. 5 para. 2 the firm is liable.", "supported"),
        ("Under Article 5(3) the firm is liable.", "Under Art. 5 para. 2 the firm is liable.", "contradicted"),
        ("Under Article 5(2)(b) the firm is liable.", "Under Article 5(2)(a) the firm is liable.", "contradicted"),
        ("Under Article 5 the firm is liable.", "Under Article 5(2) the firm is liable.", "supported"),
        ("Under Article 5(2) the firm is liable.", "Article 5. (1) It acts. (2) The firm is liable.", "supported"),
        ("Under Article 5(3) the firm is liable.", "Article 5. (1) It acts. (2) The firm is liable.", "partly"),
        ("依照第12条第3款，乙方可以解除合同。", "依照第十二条第三款，乙方可以解除合同。", "supported"),
        ("依照第十二條第三款，乙方可以解除合同。", "依照第十二条第四款，乙方可以解除合同。", "contradicted"),
        ("依照第十二条第三款第一项，合同可以解除。", "依照第十二条第三款第二项，合同可以解除。", "contradicted"),
        ("依照第十三条第三款，乙方可以解除合同。", "依照第十二条第三款，乙方可以解除合同。", "contradicted"),
        ("依照第十二条第三款，乙方可以解除合同。", "第十二条 乙方可以解除合同。", "partly"),
    ],
)  # fmt: skip
def test_article_numbers_decide_the_verdict(sentence: str, quote: str, verdict: str) -> None:
    judgement = LexicalVerifier().verify(sentence, [f"{quote} Notice is due." if quote.isascii() else quote])
    assert judgement.verdict is Verdict(verdict), judgement.why


def test_the_headings_above_a_quote_name_its_article() -> None:
    quote = PlacedQuote("租赁物危及乙方安全的，乙方可以随时解除合同。", ["第二章 租赁", "第十二条"])
    sentence = "依照第{}条，租赁物危及乙方安全的，乙方可以随时解除合同。"
    assert LexicalVerifier().verify(sentence.format("十二"), [quote]).verdict is Verdict.SUPPORTED
    assert LexicalVerifier().verify(sentence.format("十三"), [quote]).verdict is Verdict.CONTRADICTED


def test_the_reason_names_the_part_that_is_not_marked() -> None:
    why = LexicalVerifier().verify("依照第十二条第三款，乙方可以解除合同。", ["第十二条 乙方可以解除合同。"]).why
    assert why == "引文提到第十二条，但没有标明其中的第三款"


@given(st.text(st.sampled_from("第十二条款项章 Article 5(2)(a) § 12 Abs. 3 paragraph of section附件之一"), max_size=40))
def test_articles_stand_where_they_say_and_apart(text: str) -> None:
    position = 0
    for article in find_articles(text):
        assert position <= article.start < article.end <= len(text)
        assert article.written in text[article.start : article.end]
        position = article.end
