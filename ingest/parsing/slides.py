"""PPTX, through `unstructured`: one page a slide, its notes after it under a plain label."""

from __future__ import annotations

from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.parsing.elements import partition, parts_of
from ingest.parsing.normalising import UNSPACED, clean_text
from ingest.parsing.office import office_metadata
from ingest.parsing.parts import Parsed, Part, PartKind

if TYPE_CHECKING:
    from unstructured.documents.elements import Element


def parse_slides(path: Path) -> Parsed:
    """The text of a PPTX file. The title shape's paragraphs are headings; the guesses about others are not trusted."""
    elements = partition("pptx", filename=str(path), include_page_breaks=False, include_slide_notes=False)
    notes = _notes(path)  # `unstructured` would put them before their slide, unmarked
    by_slide = {number: list(group) for number, group in groupby(elements, lambda e: e.metadata.page_number or 1)}
    parts: list[Part] = []
    for slide in range(1, len(notes) + 1):
        parts.extend(parts_of(by_slide.get(slide, ()), _is_title, page=slide))
        if notes[slide - 1]:
            label = "备注：" if UNSPACED.search(notes[slide - 1]) else "Notes: "
            parts.append(Part(PartKind.PARAGRAPH, label + notes[slide - 1], page=slide))
    metadata = office_metadata(path)
    title = metadata.pop("title", "")
    return Parsed(parts, pages=len(notes), title=title, metadata=metadata)


def _is_title(element: Element) -> bool:
    return element.metadata.category_depth == 0  # depth 0 is the title shape's first paragraph; guesses begin at 1


def _notes(path: Path) -> list[str]:
    """The speaker's notes by slide, "" where there are none."""
    import pptx

    notes = []
    for slide in pptx.Presentation(str(path)).slides:
        frame = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
        notes.append(clean_text(frame.text) if frame is not None else "")
    return notes
