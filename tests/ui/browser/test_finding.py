from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.tokens import question_tokens
from ui.browser.api.file_replies import read_choices
from ui.browser.api.finding import Wanted
from ui.browser.find.drawing import marked
from ui.browser.labels import kind_name, language_name
from ui.browser.wording import read_words


def matches(text: str, wanted: str) -> list[str]:
    return [piece["text"] for piece in marked(text, frozenset(question_tokens(wanted))) if piece["match"]]


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("Work handed in late loses marks.", "late work", ["Work", "late"]),
        ("Extensions may be granted; an extension ends.", "extension", ["Extensions", "extension"]),
        ("The end of the day.", "what is the", []),
        ("职工累计工作已满一年的，年休假五天", "年休假", ["年休假"]),
        ("請年休假五天", "请年休假", ["請年休假"]),
        ("见第12条 and 2026", "2026", ["2026"]),
        ("", "late", []),
    ],
)
def test_the_words_that_were_looked_for_are_marked(text: str, wanted: str, found: list[str]) -> None:
    assert matches(text, wanted) == found


@given(st.text(), st.text())
def test_marking_loses_no_letter(text: str, wanted: str) -> None:
    assert "".join(piece["text"] for piece in marked(text, frozenset(question_tokens(wanted)))) == text


def test_filters_are_joined_as_the_server_takes_them() -> None:
    assert Wanted("default", "late").filters() is None
    wanted = Wanted("default", "late", ("id1",), ("application/pdf",), ("rules",), ("en", "zh-Hans"), date(2026, 1, 31))
    assert wanted.filters() == {
        "type": "and",
        "filters": [
            {"type": "in", "key": "document_id", "value": ["id1"]},
            {"type": "in", "key": "media_type", "value": ["application/pdf"]},
            {"type": "in", "key": "tags", "value": ["rules"]},
            {"type": "in", "key": "language", "value": ["en", "zh-Hans"]},
            {"type": "eq", "key": "as_of", "value": "2026-01-31"},
        ],
    }


def test_documents_to_choose_from_are_told_apart() -> None:
    told = [
        ("a1", "", "a.txt"),
        ("b1", "Terms", "old/b.pdf"),
        ("b2", "Terms", "b.pdf"),
        ("c1", "FAQ", "q"),
        ("c2", "FAQ", "q"),
    ]
    documents = [{"id": key, "title": title, "name": name} for key, title, name in told]
    choices = read_choices(
        {"documents": documents, "total": 9, "kinds": ["text/plain"], "tags": ["x"], "languages": []}
    )
    assert {document.id: document.label for document in choices.documents} == {
        "a1": "a.txt",
        "b1": "Terms · old/b.pdf",
        "b2": "Terms · b.pdf",
        "c1": "FAQ · q · c1",
        "c2": "FAQ · q · c2",
    }
    assert (choices.total, choices.kinds, choices.tags, choices.languages) == (9, ("text/plain",), ("x",), ())


def test_kinds_and_languages_have_names() -> None:
    words = read_words("zh")
    assert [kind_name(kind, words) for kind in ("application/pdf", "text/x-log", "image/png", "a/b")] == [
        "PDF",
        "纯文本",
        "图片",
        "a/b",
    ]
    assert [language_name(code, words) for code in ("zh-Hans", "cy")] == ["简体中文", "cy"]
