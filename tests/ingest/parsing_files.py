"""Small files of every format, made while the tests run."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

CHINESE_FONT = "STSong-Light"
SENTENCE = """
The committee reviews every application within thirty days and informs the applicant of its decision in writing so
that an appeal can be lodged with the office in time and without any further formal requirement being raised by it
"""
WORDS = SENTENCE.split()


def make_pdf(path: Path, *pages: Callable[[Canvas], Any], password: str = "") -> Path:
    """A PDF in which each function draws one page. Coordinates are points from the lower left corner of an A4 page."""
    from reportlab.lib.pdfencrypt import StandardEncryption

    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE_FONT))
    canvas = Canvas(str(path), pagesize=A4, encrypt=StandardEncryption(password) if password else None)
    for draw in pages:
        draw(canvas)
        canvas.showPage()
    canvas.save()
    return path


def write_lines(
    canvas: Canvas, lines: Sequence[str], x: float = 72, y: float = 700, size: float = 11, font: str = "Times-Roman"
) -> float:
    """Lines below each other; returns the height below the last one."""
    canvas.setFont(font, size)
    for line in lines:
        canvas.drawString(x, y, line)
        y -= size * 1.25
    return y


def prose(lines: int, *, offset: int = 0, words: int = 12) -> list[str]:
    """Lines of running text, each about as wide as the next."""
    stream = [WORDS[(offset + index) % len(WORDS)] for index in range(lines * words)]
    return [" ".join(stream[start : start + words]) for start in range(0, len(stream), words)]


def make_zip(path: Path, parts: dict[str, bytes | str]) -> Path:
    """A ZIP archive with these parts."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def make_word(path: Path, fill: Callable[[Any], Any]) -> Path:
    """A DOCX file; `fill` gets the python-docx document."""
    import docx

    document = docx.Document()
    fill(document)
    document.save(str(path))
    return path


def make_book(path: Path, chapters: Sequence[str]) -> Path:
    """An EPUB of XHTML chapters."""
    items = "".join(
        f'<item id="c{n}" href="text/c%20{n}.xhtml" media-type="application/xhtml+xml"/>' for n in range(len(chapters))
    )
    spine = "".join(f'<itemref idref="c{n}"/>' for n in range(len(chapters)))
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>The Small Book</dc:title><dc:creator>A. Writer</dc:creator></metadata><manifest>{items}</manifest>"
        f"<spine>{spine}</spine></package>"
    )
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/book.opf"/></rootfiles></container>'
    )
    parts: dict[str, bytes | str] = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": container,
        "OEBPS/book.opf": package,
    }
    for number, chapter in enumerate(chapters):
        parts[f"OEBPS/text/c {number}.xhtml"] = f"<html><body>{chapter}</body></html>"
    return make_zip(path, parts)


def picture_of(text_lines: Sequence[str]) -> bytes:
    """A PNG with Latin text in it, large and black on white."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (1400, 90 * len(text_lines) + 80), "white")
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(text_lines):
        draw.text((60, 40 + 90 * number), line, fill="black", font=ImageFont.load_default(48))
    content = io.BytesIO()
    image.save(content, "PNG", dpi=(150, 150))
    return content.getvalue()
