"""Chapters and articles, in any format's text."""

from __future__ import annotations

import pytest

from ingest.parsing.numbering import number_of
from ingest.parsing.structure import add_structure
from kb.records import Mark, MarkKind

STATUTE = """中华人民共和国某法
第一编 通则
第一章 总则
第一条　为了规范合同，制定本法。
第二条　本法所称合同，是指协议。
依照本法
第三条规定执行的，从其规定。
第二章 订立
第三条　当事人订立合同，应当具有相应的能力。
（一）自然人；
第三条之一　前条的例外。
第五条　本条后补。"""


def spans(text: str, kind: MarkKind, marks: list[Mark] | None = None) -> list[tuple[int, str, str]]:
    found = [mark for mark in add_structure(text, marks or []) if mark.kind is kind]
    return [(mark.number, mark.label, text[mark.start : mark.end]) for mark in found]


def test_chapters_of_a_statute_are_headings_by_rank() -> None:
    assert spans(STATUTE, MarkKind.HEADING) == [(2, "", "第一编 通则"), (3, "", "第一章 总则"), (3, "", "第二章 订立")]


def test_articles_span_their_whole_body_and_end_before_the_next_chapter() -> None:
    articles = spans(STATUTE, MarkKind.ARTICLE)

    assert [label for _, label, _ in articles] == ["第一条", "第二条", "第三条", "第三条之一", "第五条"]
    assert articles[1][2] == "第二条　本法所称合同，是指协议。\n依照本法\n第三条规定执行的，从其规定。"
    assert articles[2][2] == "第三条　当事人订立合同，应当具有相应的能力。\n（一）自然人；"


def test_a_cross_reference_at_a_line_s_beginning_is_no_article() -> None:
    assert spans("依照本法\n第三条　的内容\n执行。", MarkKind.ARTICLE) == []
    assert spans("见\n第三条规定，第四条\n第四条和第五条的规定。", MarkKind.ARTICLE) == []


def test_traditional_characters_and_arabic_digits() -> None:
    text = "第1章 總則\n第1條 本法之目的。\n第2條 名詞定義。"
    assert [label for _, label, _ in spans(text, MarkKind.ARTICLE)] == ["第1條", "第2條"]
    assert [heading for *_, heading in spans(text, MarkKind.HEADING)] == ["第1章 總則"]


def test_a_table_of_contents_gives_no_headings() -> None:
    text = "目录\n第一章 总则\n第二章 附则\n第一章 总则\n第一条 正文。\n第二章 附则\n第二条 正文。"
    found = [mark.start for mark in add_structure(text, []) if mark.kind is MarkKind.HEADING]
    assert found == [text.rindex("第一章"), text.rindex("第二章")]


def test_english_articles_and_sections_in_sequence() -> None:
    text = "Article 1. Scope\nThis applies.\nArticle 2. Terms\nSee\nSection 5 of the Act.\n§ 1 Aim\nx\n§ 2 Means\ny"
    assert [label for _, label, _ in spans(text, MarkKind.ARTICLE)] == ["Article 1", "Article 2", "§ 1", "§ 2"]


def test_articles_that_hold_sections_are_headings_over_them() -> None:
    first = "ARTICLE I. MEMBERS\nSection 1. Classes. Two.\nSection 2. Dues. None.\n"
    text = first + "ARTICLE II. BOARD\nSection 1. Size. Five.\nSection 2. Term. One year."
    assert [label for _, label, _ in spans(text, MarkKind.ARTICLE)] == ["Section 1", "Section 2"] * 2
    assert [body for *_, body in spans(text, MarkKind.HEADING)] == ["ARTICLE I. MEMBERS", "ARTICLE II. BOARD"]


def test_a_second_regulation_in_one_file_begins_anew() -> None:
    text = "第一条 甲。\n第二条 乙。\n附件\n第一条 丙。\n第二条 丁。"
    assert [number for number, *_ in spans(text, MarkKind.ARTICLE)] == [1, 2, 1, 2]


def test_lines_in_tables_are_left_alone() -> None:
    text = "第一条 | 甲\n第二条 | 乙"
    assert spans(text, MarkKind.ARTICLE, [Mark(MarkKind.TABLE, 0, len(text))]) == []


@pytest.mark.parametrize(
    ("written", "number"),
    [("12", 12), ("１２", 12), ("十", 10), ("十二", 12), ("二十", 20), ("一百零三", 103), ("一〇三", 103),
     ("一千二百六十", 1260),
     ("XIV", 14), ("IV", 4), ("C", 100), ("IIX", None), ("", None), ("abc", None)],
)  # fmt: skip
def test_numbers_as_they_are_written(written: str, number: int | None) -> None:
    assert number_of(written) == number
