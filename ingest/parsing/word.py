"""DOCX, through `unstructured`: headings from styles, lists, tables; page headers and footers left out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ingest.parsing.elements import partition, parts_of
from ingest.parsing.normalising import clean_line
from ingest.parsing.office import office_metadata
from ingest.parsing.parts import Parsed, Part, PartKind

if TYPE_CHECKING:
    from unstructured.documents.elements import Element


_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"  # holds every text box once more


def parse_word(path: Path) -> Parsed:
    """The text of a DOCX file. Titles are trusted, since `unstructured` takes them from the paragraphs' styles only.

    Text boxes, which `unstructured` passes over, follow after the text.
    """
    elements = partition("docx", filename=str(path), include_page_breaks=False)
    parts = parts_of(elements, _is_heading)
    parts.extend(Part(PartKind.PARAGRAPH, text) for text in _text_boxes(path))
    metadata = office_metadata(path)
    title = metadata.pop("title", "")
    return Parsed(parts, title=title, metadata=metadata)


def _is_heading(_element: Element) -> bool:
    return True


def _text_boxes(path: Path) -> list[str]:
    import docx

    found: list[str] = []
    for box in docx.Document(str(path)).element.body.iter(f"{_WORD}txbxContent"):
        if any(True for _ in box.iterancestors(_FALLBACK)):
            continue
        for paragraph in box.iter(f"{_WORD}p"):
            text = clean_line("".join(piece.text or "" for piece in paragraph.iter(f"{_WORD}t")))
            if text:
                found.append(text)
    return found
