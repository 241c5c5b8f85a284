"""Scans and pictures: read where the extra `ocr` is installed, reported where it is not."""

from __future__ import annotations

import io
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.parsing import parse_file
from kb.errors import EmptyDocumentError, MissingPartError
from tests.ingest.parsing_files import make_pdf, picture_of, prose, write_lines

LINES = ["The clinic opens at nine", "and closes at five"]
installed = pytest.mark.skipif(find_spec("rapidocr") is None, reason="needs the extra ocr")


@pytest.fixture
def without_ocr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rapidocr", None)


def draw_picture(canvas: Canvas) -> None:
    canvas.drawImage(ImageReader(io.BytesIO(picture_of(LINES))), 50, 500, width=500, height=93)


@installed
@pytest.mark.slow
def test_a_scanned_page_is_read_with_boxes_where_it_shows_the_words(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, prose(3)), draw_picture)

    document = parse_file(path, "a.pdf")

    first, second = document.marks[0], document.marks[1]
    assert document.text[first.start : first.end] == " ".join(prose(3))
    assert document.text[second.start : second.end].split() == " ".join(LINES).split()
    box = next(box for box in document.boxes if document.text[box.start : box.end] == "clinic")
    assert box.page == 2
    assert 50 < box.x0 < box.x1 < 550
    assert 841 - 593 < box.y0 < box.y1 < 841 - 500
    assert document.warnings == ()
    assert document.metadata["pages_by_ocr"] == "2"


@installed
@pytest.mark.slow
def test_a_picture_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture_of(LINES))

    document = parse_file(tmp_path / "a.png", "a.png")

    assert document.text.split() == " ".join(LINES).split()
    assert (document.pages, document.media_type) == (1, "image/png")


@pytest.mark.usefixtures("without_ocr")
def test_without_ocr_a_scan_is_refused_and_the_extra_named(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", draw_picture, lambda _: None)
    with pytest.raises(EmptyDocumentError, match=r"it is a scan.*ibid\[ocr\]"):
        parse_file(path, "a.pdf")


@pytest.mark.usefixtures("without_ocr")
def test_without_ocr_a_page_without_text_is_reported(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, prose(3)), draw_picture)

    document = parse_file(path, "a.pdf")

    assert document.text == " ".join(prose(3))
    assert len(document.warnings) == 1
    assert document.warnings[0].startswith("page 2 has no text")


@pytest.mark.usefixtures("without_ocr")
def test_without_ocr_a_picture_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(picture_of(LINES))
    with pytest.raises(MissingPartError, match=r"ibid\[ocr\]"):
        parse_file(tmp_path / "a.png", "a.png")
