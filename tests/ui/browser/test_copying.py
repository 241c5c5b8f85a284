from __future__ import annotations

import re
from dataclasses import replace

import markdown
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb import Citation, Claim, Verdict
from tests.ui.browser.fake_answers import answer_to
from tests.ui.browser.payloads import all_payloads
from ui.browser.answers.copying import as_markdown, as_references, as_text
from ui.browser.api.answer_replies import read_reply
from ui.browser.wording import read_words

WORDS = read_words("en")
REPLY = read_reply(answer_to("late", "default"))


def rendered(text: str) -> str:
    return markdown.markdown(text, extensions=["footnotes", "tables", "fenced_code"])


def test_text_has_footnotes_and_says_what_is_not_supported() -> None:
    text = as_text(REPLY.claims, REPLY.citations, WORDS)
    assert text.splitlines() == [
        "Late work loses five marks for each working day, for at most five days [1]. "
        "The module leader may grant an extension of a week or more [2]. [Supported in part] "
        "Speak to your tutor early. [No source given]",
        "",
        "[1] Student handbook, course/handbook.pdf, page 1: “Work handed in late loses five marks for each working "
        "day, up to five working days.”",
        "[2] Student handbook, course/handbook.pdf, page 2: “An extension of up to seven days may be granted by the "
        "module leader where a student shows good cause.”",
    ]


def test_it_is_in_the_language_of_the_interface() -> None:
    reply = read_reply(answer_to("年假", "default"))
    text = as_text(reply.claims, reply.citations, read_words("zh"))
    assert "[1] 职工休假条例, law/休假条例.pdf, 第 1 页: “职工累计工作已满一年不满十年的，年休假五天”" in text


def test_markdown_has_footnotes_that_a_reader_of_markdown_understands() -> None:
    html = rendered(as_markdown(REPLY.claims, REPLY.citations, WORDS))
    assert html.count('class="footnote-ref"') == 2
    assert "up to five working days" in html


@pytest.mark.parametrize("payload", all_payloads())
def test_nothing_in_copied_markdown_is_markup_but_the_footnotes(payload: str) -> None:
    claim = Claim(f"{payload} [1]", Verdict.SUPPORTED, "", (1,))
    citation = replace(REPLY.citations[0], title=payload, document=payload, quote=payload)
    html = rendered(as_markdown([claim], [citation], WORDS))
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    assert tags <= {"p", "sup", "a", "div", "ol", "li", "hr", "br"}
    assert all(address.startswith("#fn") for address in re.findall(r'href="([^"]*)"', html))


def test_references_name_each_document_once_with_its_pages() -> None:
    entry = as_references(REPLY.citations, WORDS)
    assert entry.count("@misc{ibid-") == 1
    assert "  title = {Student handbook}," in entry
    assert "  pages = {1, 2}," in entry
    assert entry.endswith("\n}")


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_no_text_breaks_out_of_a_reference(text: str) -> None:
    citation: Citation = replace(REPLY.citations[0], title=text, document=text, quote=text)
    entry = as_references([citation], WORDS)
    bare = re.sub(r"\\[{}%&$#_]|\\text[a-z]+\{\}", "", entry)
    depth = 0
    for sign in bare:
        depth += (sign == "{") - (sign == "}")
        assert depth >= 0
    assert depth == 0
    assert not re.search(r"[%&$#_~^]", bare)
