"""The pieces that every parser makes, and how they become a text with marks and boxes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from ingest.parsing.normalising import clean_line
from kb.records import Mark, MarkKind, WordBox


class PartKind(StrEnum):
    """What a part of a document is."""

    HEADING = "heading"
    PARAGRAPH = "paragraph"
    LIST_ITEM = "list_item"
    TABLE = "table"  # rows as lines, cells parted by CELL_GAP


CELL_GAP = " | "
PARAGRAPH_GAP = "\n"
_MARKS = {
    PartKind.HEADING: MarkKind.HEADING,
    PartKind.LIST_ITEM: MarkKind.LIST_ITEM,
    PartKind.TABLE: MarkKind.TABLE,
}


@dataclass(frozen=True, slots=True)
class Part:
    """One block of a document in reading order. Its text is clean (see `normalising`) and not empty.

    `words` have offsets into this part's text; `breaks` say where inside the text a new page begins: (offset, page).
    """

    kind: PartKind
    text: str
    level: int = 0  # of a heading, from 1
    page: int = 0  # the page on which the part begins; 0 where there are no pages
    words: Sequence[WordBox] = ()
    breaks: Sequence[tuple[int, int]] = ()


@dataclass(slots=True)
class Parsed:
    """What a format's parser found in a file."""

    parts: list[Part]
    pages: int = 0
    title: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    page_labels: dict[int, str] = field(default_factory=dict)


def table_part(rows: Iterable[Sequence[str]], page: int = 0) -> Part | None:
    """A table of `rows` of cells. Empty rows, and columns empty in every row, are left out; None if nothing is left."""
    cells = [[_cell(cell) for cell in row] for row in rows]
    width = max((len(row) for row in cells), default=0)
    used = [column for column in range(width) if any(len(row) > column and row[column] for row in cells)]
    lines = []
    for row in cells:
        kept = [row[column] if column < len(row) else "" for column in used]
        while kept and not kept[-1]:
            kept.pop()
        if kept:
            lines.append(CELL_GAP.join(kept).strip())
    return Part(PartKind.TABLE, "\n".join(lines), page=page) if lines else None


def _cell(text: str) -> str:
    return clean_line(text).replace("|", "¦")  # a bar inside a cell would look like the border of one


def assemble(parsed: Parsed) -> tuple[str, list[Mark], list[WordBox]]:
    """The text of all parts, each on lines of its own, with its marks in order and its boxes.

    Every page from 1 to `parsed.pages` has a PAGE mark; that of a page without text is empty.
    """
    pieces: list[str] = []
    marks: list[Mark] = []
    boxes: list[WordBox] = []
    starts: list[tuple[int, int]] = []  # offset, page
    offset = 0
    for part in parsed.parts:
        if pieces:
            pieces.append(PARAGRAPH_GAP)
            offset += len(PARAGRAPH_GAP)
        if part.page and (not starts or starts[-1][1] < part.page):
            starts.append((offset, part.page))
        starts.extend((offset + position, page) for position, page in part.breaks)
        if part.kind in _MARKS:
            marks.append(Mark(_MARKS[part.kind], offset, offset + len(part.text), part.level))
        boxes.extend(
            WordBox(start + offset, end + offset, page, x0, y0, x1, y1)
            for start, end, page, x0, y0, x1, y1 in part.words
        )
        pieces.append(part.text)
        offset += len(part.text)
    text = "".join(pieces)
    return text, order_marks([*_page_marks(starts, text, parsed), *marks]), boxes


def _page_marks(starts: list[tuple[int, int]], text: str, parsed: Parsed) -> list[Mark]:
    first_of = dict(reversed([(page, offset) for offset, page in starts]))
    marks: list[Mark] = []
    end = len(text)
    for number in range(parsed.pages, 0, -1):
        start = first_of.get(number, end)
        stop = start + len(text[start:end].rstrip())
        marks.append(Mark(MarkKind.PAGE, start, stop, number, parsed.page_labels.get(number, "")))
        end = start
    return marks[::-1]


def order_marks(marks: Iterable[Mark]) -> list[Mark]:
    """Marks by where they start; there, empty pages first, then the wider before the narrower."""
    return sorted(marks, key=lambda mark: (mark.start, mark.end > mark.start, -mark.end, mark.kind, mark.number))
