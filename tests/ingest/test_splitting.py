"""Splitting: exact spans along headings, articles, tables and slides, within the embedder's window."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.splitting import embedding_text, split_document
from kb.records import Document, Mark, MarkKind, Passage

_TOKEN = re.compile(r"[A-Za-z0-9]+|[^\sA-Za-z0-9]")
_SLIDES = "application/vnd.openxmlformats-officedocument.presentationml.presentation"


def count_tokens(texts: Sequence[str]) -> list[int]:
    return [len(_TOKEN.findall(text)) for text in texts]


def tokens(text: str) -> int:
    return count_tokens([text])[0]


class Builder:
    """Writes a document line by line and marks as it goes."""

    def __init__(self, media_type: str = "text/plain") -> None:
        self.media_type = media_type
        self.text = ""
        self.marks: list[Mark] = []

    def add(self, text: str, kind: MarkKind | None = None, number: int = 0, label: str = "") -> Builder:
        start = len(self.text)
        self.text += text
        if kind is not None:
            self.marks.append(Mark(kind, start, len(self.text), number, label))
        self.text += "\n"
        return self

    def heading(self, text: str, level: int) -> Builder:
        return self.add(text, MarkKind.HEADING, level)

    def around(self, kind: MarkKind, start: int, number: int = 0, label: str = "") -> Builder:
        self.marks.append(Mark(kind, start, len(self.text) - 1, number, label))
        return self

    def split(self, max_tokens: int = 200) -> list[Passage]:
        document = Document(
            id="0" * 64,
            name="d",
            media_type=self.media_type,
            title="The title",
            text=self.text,
            marks=tuple(self.marks),
        )
        passages = split_document(document, count_tokens, max_tokens)
        check(document, passages, max_tokens)
        return passages


def check(document: Document, passages: Sequence[Passage], max_tokens: int) -> None:
    """What holds for every document whatsoever."""
    position = 0
    for order, passage in enumerate(passages):
        assert passage.order == order
        assert passage.document_id == document.id
        assert position <= passage.start < passage.end <= len(document.text)
        assert passage.text == document.text[passage.start : passage.end] == passage.text.strip()
        assert document.text[position : passage.start].strip() == ""
        position = passage.end
        if tokens(passage.text) > max_tokens:
            assert " " not in passage.text.strip(), "only a single word may exceed the budget"
    assert document.text[position:].strip() == ""


def texts(passages: Sequence[Passage]) -> list[str]:
    return [passage.text for passage in passages]


def prose(sentences: int, word: str = "word") -> str:
    return " ".join(f"Sentence number {n} has the {word} in it." for n in range(sentences))


def test_an_empty_document_has_no_passages() -> None:
    assert Builder().split() == []
    assert Builder().add("  ").add("\t").split() == []


def test_small_paragraphs_under_one_heading_share_a_passage() -> None:
    builder = Builder().heading("Grading", 1).add("Homework counts 40 percent.").add("The exam counts 60 percent.")
    (passage,) = builder.split()
    assert passage.text.startswith("Grading\nHomework")
    assert passage.headings == ("Grading",)


def test_sections_do_not_share_a_passage_and_know_their_path() -> None:
    builder = Builder().heading("Book", 1).heading("1 One", 2).add("First.").heading("1.1 Sub", 3).add("Second.")
    builder.heading("2 Two", 2).add("Third.")
    passages = builder.split()
    assert texts(passages) == ["Book\n1 One\nFirst.", "1.1 Sub\nSecond.", "2 Two\nThird."]
    assert [passage.headings for passage in passages] == [
        ("Book", "1 One"),
        ("Book", "1 One", "1.1 Sub"),
        ("Book", "2 Two"),
    ]


def test_a_heading_is_alone_only_at_the_end() -> None:
    builder = Builder().add("Text.").heading("Empty", 1).heading("Next", 1).add("More.").heading("Last", 1)
    assert texts(builder.split()) == ["Text.", "Empty\nNext\nMore.", "Last"]


def test_a_heading_stays_with_its_text_when_the_section_is_cut() -> None:
    builder = Builder().heading("A heading of five words", 1).add(prose(60))
    passages = builder.split(50)
    assert passages[0].text.startswith("A heading of five words\nSentence number 0")
    assert {passage.headings for passage in passages} == {("A heading of five words",)}


def test_long_text_is_cut_between_sentences_in_even_parts() -> None:
    passages = Builder().add(prose(60)).split(100)
    sizes = [tokens(passage.text) for passage in passages]
    assert max(sizes) <= 100
    assert min(sizes) >= 60
    assert all(passage.text.startswith("Sentence") and passage.text.endswith(".") for passage in passages)


def test_paragraphs_are_better_borders_than_sentences() -> None:
    paragraphs = [prose(8, word) for word in ("apple", "pear", "plum", "fig")]
    builder = Builder()
    for paragraph in paragraphs:
        builder.add(paragraph)
    assert texts(builder.split(100)) == paragraphs


def test_a_list_stays_with_the_line_that_announces_it() -> None:
    builder = Builder().add(prose(5)).add("You need the following:")
    for item in ("a pen of any colour", "a sheet of paper", "a quiet room"):
        builder.add(f"- {item}", MarkKind.LIST_ITEM)
    passages = builder.split(60)
    assert passages[-1].text.startswith("You need the following:\n- a pen")


def test_a_short_line_stays_with_what_it_stands_over() -> None:
    builder = Builder().add(prose(6)).add("Late work").add(prose(6)).add("Appeals").add(prose(6))
    assert [text.split("\n")[0] for text in texts(builder.split(60))] == [prose(6), "Late work", "Appeals"]


def test_every_article_is_a_passage_however_short() -> None:
    builder = Builder().heading("第一章 总则", 2)
    for number, body in (("第一条", "为了保护当事人，制定本法。"), ("第二条", "本法适用于境内。"), ("第三条", "略。")):
        start = len(builder.text)
        builder.add(f"{number} {body}").around(MarkKind.ARTICLE, start, label=number)
    passages = builder.split()
    assert texts(passages) == [
        "第一章 总则\n第一条 为了保护当事人，制定本法。",
        "第二条 本法适用于境内。",
        "第三条 略。",
    ]
    assert passages[1].headings == ("第一章 总则", "第二条")


def test_headings_inside_an_article_do_not_part_it() -> None:
    builder = Builder()
    builder.heading("Article 5 Term", 2).heading("5.1 Start", 3).add("It starts.").heading("5.2 End", 3).add("It ends.")
    builder.around(MarkKind.ARTICLE, 0, label="Article 5")
    (passage,) = builder.split()
    assert passage.headings == ("Article 5 Term", "5.1 Start")


def test_a_long_article_is_cut_between_its_items() -> None:
    builder = Builder()
    builder.add("第八条 有下列情形之一的，应当处罚：")
    for number in "一二三四五六":
        builder.add(f"（{number}）违反本条例关于生产经营活动的规定，造成严重后果的；", MarkKind.LIST_ITEM)
    builder.around(MarkKind.ARTICLE, 0, label="第八条")
    passages = builder.split(90)
    assert len(passages) > 1
    assert all(text.startswith(("第八条", "（")) for text in texts(passages))
    assert {passage.headings for passage in passages} == {("第八条",)}


def test_a_large_table_is_not_mixed_with_prose_and_is_cut_between_rows() -> None:
    rows = [f"Drug {n} | {n} mg | twice a day | after a meal" for n in range(30)]
    builder = Builder().add(prose(10)).add("\n".join(rows), MarkKind.TABLE).add(prose(10))
    passages = builder.split(100)
    of_table = [passage for passage in passages if "|" in passage.text]
    assert "\n".join(texts(of_table)) == "\n".join(rows)
    assert all(passage.text.startswith("Drug") for passage in of_table)


def test_a_small_table_is_read_with_the_prose_around_it() -> None:
    builder = Builder().add("The doses are these.").add("Adult | 2\nChild | 1", MarkKind.TABLE).add("Ask a doctor.")
    assert len(builder.split()) == 1


def test_a_caption_goes_with_its_table() -> None:
    table = "\n".join(f"Row {n} | {n}" for n in range(20))
    passages = Builder().add(prose(10)).add("Table 2. Weights by year").add(table, MarkKind.TABLE).split(100)
    assert passages[-1].text.startswith("Table 2. Weights by year\nRow 0")


def test_slides_are_passages_of_their_own() -> None:
    builder = Builder(_SLIDES)
    for number in (1, 2, 3):
        start = len(builder.text)
        builder.heading(f"Slide title {number}", 1).add(f"Point {number}.").around(MarkKind.PAGE, start, number)
    passages = builder.split()
    assert [(passage.first_page, passage.last_page) for passage in passages] == [(1, 1), (2, 2), (3, 3)]
    assert passages[2].headings == ("Slide title 3",)


def test_pages_of_other_documents_do_not_part_a_sentence() -> None:
    builder = Builder("application/pdf")
    builder.text = "The sentence begins here and goes on over the page border until it ends."
    builder.marks = [Mark(MarkKind.PAGE, 0, 30, 4), Mark(MarkKind.PAGE, 30, len(builder.text), 5)]
    (passage,) = builder.split()
    assert (passage.first_page, passage.last_page) == (4, 5)


def test_a_sentence_too_long_by_itself_is_cut_at_clauses() -> None:
    text = "Whereas " + ", ".join(f"the party of number {n} has agreed to the terms" for n in range(30)) + "."
    passages = Builder().add(text).split(50)
    assert all(text.endswith((",", ".")) for text in texts(passages))


def test_neither_a_number_nor_a_word_is_cut() -> None:
    text = "甲方应当于2024年5月3日支付人民币一千二百三十四万五千六百元及3.1415926万元" * 12
    for passage in Builder().add(text).split(12):
        assert not re.match(r"[\d.年月日]", passage.text) or re.match(r"(?:2024年|3\.14)", passage.text)
        assert not re.match(r"[百千万二三四五六]", passage.text)


def test_a_word_without_end_is_cut_at_last() -> None:
    passages = Builder().add("x" * 20_000).split()
    assert {len(passage.text) for passage in passages} <= {2000, 3000}


def test_tokens_are_counted_in_few_calls() -> None:
    calls = []

    def counting(many: Sequence[str]) -> list[int]:
        calls.append(len(many))
        return count_tokens(many)

    document = Document("0" * 64, "d", "text/plain", "", "\n".join(prose(5) for _ in range(200)))
    split_document(document, counting)
    assert calls == [1000]


def test_a_budget_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        split_document(Document("0" * 64, "d", "text/plain", "", "Text."), count_tokens, 0)


_PIECES = [
    "Heading",
    "Text. ",
    "第一条 ",
    "内容。",
    "；",
    "，",
    "\n",
    "\n\n",
    " | ",
    "3.14",
    "二〇二四年",
    "e.g. ",
    " ",
    "x" * 30,
    "“",
    "”",
    "Table 1",
]


@st.composite
def documents(draw: st.DrawFn) -> Document:
    text = draw(st.one_of(st.text(max_size=150), st.lists(st.sampled_from(_PIECES), max_size=60).map("".join)))
    offset = st.integers(-3, len(text) + 3)
    mark = st.builds(
        Mark,
        kind=st.sampled_from(MarkKind),
        start=offset,
        end=offset,
        number=st.integers(0, 4),
        label=st.sampled_from(["", "第一条", "Article 1"]),
    )
    marks = draw(st.lists(mark, max_size=12))
    media_type = draw(st.sampled_from(["text/plain", _SLIDES]))
    return Document("0" * 64, "d", media_type, "Title", text, marks=tuple(marks))


@given(documents(), st.integers(1, 40))
def test_any_text_with_any_marks_is_covered_by_exact_spans(document: Document, max_tokens: int) -> None:
    passages = split_document(document, count_tokens, max_tokens)
    position = 0
    for order, passage in enumerate(passages):
        assert passage.order == order
        assert position <= passage.start < passage.end <= len(document.text)
        assert passage.text == document.text[passage.start : passage.end] == passage.text.strip()
        assert document.text[position : passage.start].strip() == ""
        position = passage.end
    assert document.text[position:].strip() == ""


@given(documents(), st.integers(6, 60))
def test_the_budget_holds_but_for_single_words(document: Document, max_tokens: int) -> None:
    for passage in split_document(document, count_tokens, max_tokens):
        if tokens(passage.text) > max_tokens:
            assert len(passage.text.split()) == 1


def passage(text: str, *headings: str) -> Passage:
    return Passage("0" * 64, 0, 0, len(text), text, headings)


def test_the_embedder_sees_where_a_passage_stands() -> None:
    found = embedding_text("Handbook", passage("Ask the tutor.", "Handbook", "2 Appeals"))
    assert found == "Handbook › 2 Appeals\nAsk the tutor."


def test_names_that_the_passage_begins_with_are_not_repeated() -> None:
    assert embedding_text("手册", passage("2 申诉\n请找导师。", "手册", "2 申诉")) == "手册\n2 申诉\n请找导师。"
    assert embedding_text("手册", passage("手册\n请找导师。", "手册")) == "手册\n请找导师。"


def test_what_stands_in_front_is_kept_short() -> None:
    long = "A very long heading that goes on and on without saying much of anything to anybody at all"
    found = embedding_text("Handbook", passage("Text.", long, long + " twice", "Fees"))
    assert found == f"Handbook › {long} twice › Fees\nText."
    first_line = embedding_text("甲" * 100, passage("正文。", "第一章", "乙" * 100)).split("\n")[0]
    assert first_line == "甲" * 22 + " › " + "乙" * 22
    assert embedding_text("", passage("Text.")) == "Text."


@given(st.text(max_size=300), st.lists(st.text(max_size=200), max_size=5), st.text(min_size=1, max_size=50))
def test_the_passage_itself_is_always_seen_whole(title: str, headings: list[str], text: str) -> None:
    assert embedding_text(title, passage(text, *headings)).endswith(text)
