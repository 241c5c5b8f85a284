"""Files that cannot be read: each ends with one clear reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingest.parsing import parse_file
from kb.errors import (
    EmptyDocumentError,
    FileLimitError,
    IbidError,
    UnreadableFileError,
    UnsupportedFileError,
)
from tests.ingest.parsing_files import make_book, make_pdf, make_word, make_zip, prose, write_lines
from tests.unprivileged import folder_seen_by_nobody


def reason(path: Path, kind: type[IbidError], name: str = "") -> str:
    with pytest.raises(kind) as caught:
        parse_file(path, name or path.name)
    assert type(caught.value) is kind
    return str(caught.value)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(b"")
    assert "no bytes" in reason(tmp_path / "a.txt", EmptyDocumentError)


@pytest.mark.parametrize("name", ["a.txt", "a.md", "a.html", "a.csv"])
def test_a_file_of_blanks_has_no_text(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("  \n\n \n")
    assert "no text" in reason(tmp_path / name, EmptyDocumentError)


def test_a_word_file_without_text(tmp_path: Path) -> None:
    assert "no text" in reason(make_word(tmp_path / "a.docx", lambda _: None), EmptyDocumentError)


def test_a_pdf_with_blank_pages_only(tmp_path: Path) -> None:
    assert "no text" in reason(make_pdf(tmp_path / "a.pdf", lambda _: None), EmptyDocumentError)


def test_a_locked_pdf_names_the_password(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, prose(2)), password="secret")
    assert "password" in reason(path, UnreadableFileError)


def test_a_wrong_name_is_recognised_where_the_bytes_are_clear(tmp_path: Path) -> None:
    pdf = make_pdf(tmp_path / "a.docx", lambda canvas: write_lines(canvas, prose(2)))
    page = tmp_path / "b.docx"
    page.write_text("<!DOCTYPE html><html><body><p>A page in disguise.</p></body></html>")

    assert parse_file(pdf, pdf.name).media_type == "application/pdf"
    assert parse_file(page, page.name).media_type == "text/html"
    assert parse_file(make_word(tmp_path / "c.pdf", lambda d: d.add_paragraph("Text")), "c.pdf").text == "Text"


def test_a_wrong_name_is_refused_where_they_are_not(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("just some text")
    (tmp_path / "b.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100))
    (tmp_path / "c.pptx").write_bytes(bytes(range(256)) * 4)
    assert "it is plain text" in reason(tmp_path / "a.pdf", UnreadableFileError)
    assert "before 2007" in reason(tmp_path / "b.docx", UnreadableFileError)
    assert "no file of that kind" in reason(tmp_path / "c.pptx", UnreadableFileError)


def test_formats_that_nobody_reads(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(bytes(range(256)) * 4)
    (tmp_path / "a.rar").write_bytes(b"Rar!\x1a\x07" + bytes(50))
    assert "known format" in reason(tmp_path / "a.bin", UnsupportedFileError)
    assert "RAR" in reason(tmp_path / "a.rar", UnsupportedFileError)
    archive = make_zip(tmp_path / "a.zip", {"x.txt": "text"})
    assert "ZIP archive without a document" in reason(archive, UnsupportedFileError)


def test_a_pdf_cut_off(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", lambda canvas: write_lines(canvas, prose(40)))
    path.write_bytes(path.read_bytes()[:300])
    assert "damaged or cut off" in reason(path, UnreadableFileError)


def test_an_office_file_cut_off(tmp_path: Path) -> None:
    path = make_word(tmp_path / "a.docx", lambda document: document.add_paragraph("Text"))
    content = path.read_bytes()
    for name in ("a.docx", "b.pptx"):
        (tmp_path / name).write_bytes(content[: len(content) // 2])
        assert "damaged or cut off" in reason(tmp_path / name, UnreadableFileError)


def test_an_office_file_with_broken_xml(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.docx", {"[Content_Types].xml": "<Types", "word/document.xml": "<w:document><w:body>"})
    assert "damaged" in reason(path, UnreadableFileError)


def test_a_book_without_its_list_of_chapters(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.epub", {"mimetype": "application/epub+zip", "META-INF/container.xml": "<container"})
    assert "container.xml is missing or broken" in reason(path, UnreadableFileError)


def test_xml_entities_are_not_expanded(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    path = make_book(tmp_path / "a.epub", ["<p>Chapter</p>"])
    bomb = f'<!DOCTYPE x [<!ENTITY a SYSTEM "file://{secret}">]><html><body><p>Text &a;</p></body></html>'
    hostile = make_zip(tmp_path / "b.html", {})
    hostile.write_text(bomb)
    assert "the secret" not in parse_file(hostile, "b.html").text
    assert parse_file(path, "a.epub").text == "Chapter"


def test_an_archive_that_expands_beyond_measure(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.docx", {"word/document.xml": bytes(60_000_000)})
    assert "cannot be unpacked" in reason(path, FileLimitError)


def test_too_many_pages(tmp_path: Path) -> None:
    path = make_pdf(tmp_path / "a.pdf", *[lambda canvas: write_lines(canvas, prose(1))] * 3)
    with pytest.raises(FileLimitError, match="3 pages, 2 allowed"):
        parse_file(path, "a.pdf", max_pages=2)


def test_a_folder_and_a_missing_file(tmp_path: Path) -> None:
    assert "it is a folder" in reason(tmp_path, UnreadableFileError)
    assert "No such file" in reason(tmp_path / "gone.txt", UnreadableFileError)


def test_a_file_without_permission() -> None:
    with folder_seen_by_nobody() as folder:
        path = folder / "a.txt"
        path.write_text("text")
        path.chmod(0)
        assert "permission" in reason(path, UnreadableFileError).lower()
