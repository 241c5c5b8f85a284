"""What holds for every document, whatever the file: marks and boxes lie exactly in a clean text."""

from __future__ import annotations

import sys
import tempfile
import unicodedata
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas

from ingest.parsing import parse_file
from ingest.parsing.normalising import clean_lines, clean_text
from ingest.parsing.parts import Parsed, Part, PartKind, assemble, table_part
from ingest.parsing.structure import add_structure
from kb.errors import InputError
from kb.records import Document, MarkKind, WordBox
from tests.ingest.parsing_files import CHINESE_FONT, make_pdf, make_word, write_lines

LINE = st.text(
    st.sampled_from("abc X 第一二十条章节 规定的，。 12 . - • \u3000 é ﬁ ⼀ \x00 \u200b \u00ad \t | Article § （一）")
    | st.characters(),
    min_size=1, max_size=60,
)  # fmt: skip
# Files take milliseconds each: few examples, and no shrinking, which would make hundreds more.
QUICK = settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)


@pytest.fixture(autouse=True, scope="module")
def _without_ocr() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "rapidocr", None)
        yield


def keeps_its_promises(document: Document) -> None:
    text = document.text
    assert text == text.strip()
    assert unicodedata.is_normalized("NFC", text)
    assert not any(unicodedata.category(character) in ("Cc", "Cs") and character != "\n" for character in text)
    assert "\n\n\n" not in text
    assert [mark.start for mark in document.marks] == sorted(mark.start for mark in document.marks)
    for mark in document.marks:
        assert 0 <= mark.start <= mark.end <= len(text)
        assert mark.kind is MarkKind.PAGE or mark.start < mark.end
        assert text[mark.start : mark.end] == text[mark.start : mark.end].strip()
    pages = [mark for mark in document.marks if mark.kind is MarkKind.PAGE]
    assert [mark.number for mark in pages] == list(range(1, document.pages + 1))
    assert all(before.end <= after.start for before, after in pairwise(pages))
    end = 0
    for box in document.boxes:
        assert end <= box.start < box.end <= len(text)
        end = box.end
        assert not any(character.isspace() for character in text[box.start : box.end])
        assert 1 <= box.page <= document.pages
        assert box.x0 <= box.x1
        assert box.y0 <= box.y1


@QUICK
@given(st.lists(LINE, min_size=1, max_size=8), st.sampled_from(["a.txt", "a.md", "a.html", "a.csv"]))
def test_texts_keep_their_promises(lines: list[str], name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes("\n".join(lines).encode("utf-8", "replace"))
        try:
            document = parse_file(path, name)
        except InputError:
            return
    keeps_its_promises(document)


@QUICK
@given(st.lists(LINE, min_size=1, max_size=6))
def test_word_files_keep_their_promises(lines: list[str]) -> None:
    def fill(document: Any) -> None:
        for number, line in enumerate(lines):
            printable = "".join(sign for sign in line if sign.isprintable())
            document.add_heading(printable, 1) if number % 3 == 0 else document.add_paragraph(printable)

    with tempfile.TemporaryDirectory() as folder:
        path = make_word(Path(folder) / "a.docx", fill)
        try:
            document = parse_file(path, "a.docx")
        except InputError:
            return
    keeps_its_promises(document)


@QUICK
@given(
    st.lists(
        st.lists(
            st.tuples(LINE, st.integers(0, 500), st.integers(0, 840), st.sampled_from([7, 10, 10, 10, 18])), max_size=9
        ),
        min_size=1, max_size=3,
    )
)  # fmt: skip
def test_pdf_files_keep_their_promises(pages: list[list[tuple[str, int, int, int]]]) -> None:
    def draw(page: list[tuple[str, int, int, int]]) -> Any:
        def on(canvas: Canvas) -> None:
            for line, x, y, size in page:
                printable = "".join(sign for sign in line if sign.isprintable() and ord(sign) < 0xFFFF)
                write_lines(canvas, [printable], x, y, size, CHINESE_FONT)

        return on

    with tempfile.TemporaryDirectory() as folder:
        path = make_pdf(Path(folder) / "a.pdf", *map(draw, pages))
        try:
            document = parse_file(path, "a.pdf")
        except InputError:
            return
    keeps_its_promises(document)


@given(st.text())
def test_cleaning_is_done_once(text: str) -> None:
    assert clean_text(clean_text(text)) == clean_text(text)
    kept = clean_lines(text, keep_indent=True)
    assert clean_lines(kept, keep_indent=True) == kept


@given(st.lists(LINE, max_size=12))
def test_structure_never_leaves_the_text(lines: list[str]) -> None:
    text = clean_text("\n".join(lines))
    for mark in add_structure(text, []):
        assert 0 <= mark.start < mark.end <= len(text)


@given(st.lists(st.lists(st.text(max_size=8), max_size=4), max_size=5))
def test_a_table_has_a_line_for_every_row_with_text(rows: list[list[str]]) -> None:
    part = table_part(rows)
    written = [row for row in rows if any(clean_text(cell) for cell in row)]
    assert (part.text.count("\n") + 1 if part else 0) == len(written)


def test_parts_are_put_together_with_their_offsets() -> None:
    boxes = (WordBox(0, 3, 1, 0, 0, 1, 1), WordBox(4, 7, 2, 0, 0, 1, 1))
    parts = [Part(PartKind.HEADING, "Top", 1, 1), Part(PartKind.PARAGRAPH, "one two", 0, 1, boxes, ((4, 2),))]

    text, marks, moved = assemble(Parsed(parts, pages=3, page_labels={2: "ii"}))

    assert text == "Top\none two"
    assert [(mark.kind, mark.start, mark.end, mark.number, mark.label) for mark in marks] == [
        ("page", 0, 7, 1, ""), ("heading", 0, 3, 1, ""), ("page", 8, 11, 2, "ii"), ("page", 11, 11, 3, "")
    ]  # fmt: skip
    assert [text[box.start : box.end] for box in moved] == ["one", "two"]
