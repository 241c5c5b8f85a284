from dataclasses import replace

import pytest

from serving.extractive import extract
from tests.serving.test_extractive_quotes import make_hit

ENGLISH = (
    "Section 11. Rent is due monthly.\nSection 12. Notice is given in writing.\nIt is given 90 days ahead."
    "\nSection 13. See section 12 on notice."
)
CHINESE = (
    "第十一条　劳动合同应当书面订立。\n第十二条　试用期不得超过六个月。\n（一）满三年的，不得超过六个月。"
    "\n第十三条　第十二条规定的期限不得延长。"
)


@pytest.mark.parametrize(
    ("question", "text", "quote"),
    [
        ("What does section 12 say?", ENGLISH, "Section 12. Notice is given in writing.\nIt is given 90 days ahead."),
        ("Quote section 13.", ENGLISH, "Section 13. See section 12 on notice."),
        ("第十二条规定了什么？", CHINESE, "第十二条　试用期不得超过六个月。\n（一）满三年的，不得超过六个月。"),
        ("第12條的內容是什麼？", CHINESE, "第十二条　试用期不得超过六个月。\n（一）满三年的，不得超过六个月。"),
    ],
)
def test_an_article_that_is_asked_for_is_quoted_whole(question: str, text: str, quote: str) -> None:
    extraction = extract(question, [make_hit(text)])
    assert extraction.answered
    assert [found.text for found in extraction.quotes] == [quote]
    for found in extraction.quotes:
        passage = found.hit.passage
        assert passage.text[found.start - passage.start : found.end - passage.start] == found.text


def test_an_article_that_goes_on_in_the_next_passage_is_quoted_to_its_end() -> None:
    first = make_hit("Section 12. Notice is given in writing.")
    second = make_hit("It is given 90 days ahead.\nSection 13. Rent is due.", before="." * 60)
    second = replace(second, passage=replace(second.passage, order=1))
    quotes = extract("What does section 12 say?", [second, first]).quotes
    assert [quote.text for quote in quotes] == ["Section 12. Notice is given in writing.", "It is given 90 days ahead."]


def test_a_very_long_article_ends_after_a_whole_sentence() -> None:
    text = "Section 12. " + "Each party gives notice of what it does to the other one. " * 40
    [quote] = extract("What does section 12 say?", [make_hit(text)]).quotes
    assert 600 < len(quote.text) <= 900
    assert quote.text.endswith("to the other one.")


def test_a_question_about_something_in_an_article_is_answered_by_its_sentence() -> None:
    [quote, *_] = extract("How many days ahead is notice given under section 12?", [make_hit(ENGLISH)]).quotes
    assert quote.text == "It is given 90 days ahead."


CONTRACT = (
    "12. Charges\n12.1 The Client pays the Charges monthly.\n12.2 The Charges are fixed until March."
    "\n13. Invoices\n13.1 The Supplier sends an invoice."
)
HEADINGS = ("Part C: Charges", "12. Charges", "13. Invoices")


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("What does clause 12 say?", CONTRACT[: CONTRACT.index("\n13.")]),
        ("What does clause 12.2 say?", "12.2 The Charges are fixed until March."),
        ("Quote clause 13.", CONTRACT[CONTRACT.index("13.") :]),
    ],
)
def test_a_clause_that_has_a_number_alone_is_quoted_with_the_clauses_below_it(question: str, quote: str) -> None:
    hit = make_hit(CONTRACT)
    hit = replace(hit, passage=replace(hit.passage, headings=HEADINGS))
    assert [found.text for found in extract(question, [hit]).quotes] == [quote]


def test_a_numbered_line_that_is_no_heading_is_no_clause() -> None:
    extraction = extract("What does clause 2 say?", [make_hit("To enrol:\n1. Fill in the form.\n2. Send it to us.")])
    assert all(quote.score < 1.0 for quote in extraction.quotes)


def test_the_next_heading_is_no_part_of_an_article() -> None:
    first = make_hit("Section 12. Notice is given in writing.")
    second = make_hit("Part 2: Rent\nSection 13. Rent is due.", before="." * 60)
    second = replace(second, passage=replace(second.passage, order=1, headings=("Part 2: Rent",)))
    assert len(extract("What does section 12 say?", [first, second]).quotes) == 1


def test_where_nothing_tells_which_law_is_meant_the_article_of_each_is_quoted_once() -> None:
    hits = [
        make_hit("第十二条　试用期不得超过六个月。", order=0),
        make_hit("第十二条　消费者可以成立社会组织。", order=0),
        make_hit("第十二条\n试用期不得超过六个月。", order=0),
    ]
    hits = [replace(hit, passage=replace(hit.passage, document_id=str(number))) for number, hit in enumerate(hits)]
    assert [quote.hit.passage.document_id for quote in extract("第十二条规定了什么？", hits).quotes] == ["0", "1"]
    assert len(extract("劳动法第十二条规定了什么？", hits).quotes) == 1


def test_an_article_that_no_passage_begins_is_not_invented() -> None:
    extraction = extract("What does section 99 say?", [make_hit(ENGLISH)])
    assert all("Section 99" not in quote.text for quote in extraction.quotes)
