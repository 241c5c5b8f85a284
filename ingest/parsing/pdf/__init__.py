"""PDF, by pdfium: text in reading order, headings, tables, and a box for every word."""

from __future__ import annotations

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from ingest.parsing.normalising import clean_line
from ingest.parsing.parts import Parsed
from ingest.parsing.pdf.characters import Functions, PageText, read_page
from ingest.parsing.pdf.furniture import PageSegments, drop_furniture
from ingest.parsing.pdf.layout import lay_out
from ingest.parsing.pdf.segments import segments_of
from ingest.parsing.pdf.turning import turn_back, upright
from kb.document_warnings import warning
from kb.errors import FileLimitError, UnreadableFileError

_KEYS = {
    "Author": "author",
    "Subject": "subject",
    "Keywords": "keywords",
    "CreationDate": "created",
    "ModDate": "modified",
}
_DATE = re.compile(r"D:(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?")
_PASSWORD = 4  # FPDF_ERR_PASSWORD
_FEWEST_CHARACTERS = 8  # letters on a page; with fewer (a stamp, a page number) it counts as a picture


def parse_pdf(path: Path, *, max_pages: int = 5000) -> Parsed:
    """The text of a PDF file. Pages without text are read by OCR where the extra `ocr` is installed.

    Raises:
        UnreadableFileError: the file is locked by a password, or damaged.
        FileLimitError: it has more than `max_pages` pages.
        EmptyDocumentError: it is a scan and there is no OCR.
    """
    import pypdfium2  # type: ignore[import-untyped]  # ships no types
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == _PASSWORD:
            raise UnreadableFileError(
                "the PDF is locked", "it needs a password to open", "Save a copy without the password"
            ) from error
        raise UnreadableFileError("the PDF is damaged or cut off", str(error), "Get a whole copy of it") from error
    with document:
        count = len(document)
        if count > max_pages:
            raise FileLimitError("the PDF is too long", f"{count} pages, {max_pages} allowed", "Split it")
        with _collector_paused():
            return _parse(document, raw)


@contextmanager
def _collector_paused() -> Iterator[None]:
    """A book is a million small tuples without cycles: looking for some took a sixth of the time (measured)."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _parse(document: Any, raw: Any) -> Parsed:
    functions = Functions(raw)
    texts: list[PageText] = []
    warnings: list[str] = []
    for index in range(len(document)):
        page = raw.FPDF_LoadPage(document.raw, index)
        if not page:
            warnings.append(warning("page_damaged", page=index + 1))
            texts.append(PageText([], 0.0, 0.0))
            continue
        texts.append(read_page(raw, page, functions))
        raw.FPDF_ClosePage(page)
    read_from = texts
    texts = _with_scans(document, texts, warnings)
    pairs = zip(read_from, texts, strict=True)
    recognised = [str(number) for number, (before, after) in enumerate(pairs, 1) if before is not after]
    pages: list[PageSegments] = []
    turns: dict[int, tuple[int, float, float]] = {}
    for number, shown in enumerate(texts, 1):
        text, turn = upright(shown)
        if turn:
            turns[number] = (turn, shown.width, shown.height)
        pages.append(PageSegments(number, segments_of(text.words), text.width, text.height))
    drop_furniture(pages)
    parts = lay_out(pages)
    if turns:
        parts = [replace(part, words=turn_back(part.words, turns)) for part in parts]
    title, metadata = _metadata(document)
    if recognised:
        metadata["pages_by_ocr"] = " ".join(recognised)
    labels = {page.number: page.label for page in pages if page.label}
    return Parsed(parts, len(pages), title, metadata, warnings, labels)


def _with_scans(document: Any, texts: list[PageText], warnings: list[str]) -> list[PageText]:
    from ingest.parsing.pdf.scans import read_scans

    bare = [
        index for index, text in enumerate(texts) if sum(len(word.text) for word in text.words) < _FEWEST_CHARACTERS
    ]
    return read_scans(document, texts, bare, warnings) if bare else texts


def _metadata(document: Any) -> tuple[str, dict[str, str]]:
    stated = {key: clean_line(value) for key, value in document.get_metadata_dict(skip_empty=True).items()}
    found = {name: stated[key][:500] for key, name in _KEYS.items() if stated.get(key)}
    for name in ("created", "modified"):
        date = _DATE.match(found.get(name, ""))
        if date:
            found[name] = "-".join(piece for piece in date.groups()[:3] if piece)
    return stated.get("Title", ""), found
