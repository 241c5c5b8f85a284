"""Pages of segments to the parts of a document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from ingest.parsing.parts import Part, PartKind
from ingest.parsing.pdf.columns import reading_order
from ingest.parsing.pdf.furniture import PageSegments
from ingest.parsing.pdf.headings import HeadingStyles, is_whole
from ingest.parsing.pdf.paragraphs import SENTENCE_END, split_paragraphs, starts_item
from ingest.parsing.pdf.segments import Row, rows_of
from ingest.parsing.pdf.tables import find_tables
from ingest.parsing.pdf.writing import Writer

# What begins a heading of its own even right below another.
_OPENS = re.compile(
    r"第\s?[0-9〇零一二三四五六七八九十百千]{1,8}\s?[编編章節节条條篇部分]|\d+(?:\.\d+)*\.?\s|[一二三四五六七八九十]{1,3}、|(?:Chapter|Part|Section|Article|Appendix|Item)\s",
    re.IGNORECASE,
)
_PUNCTUATION = ".,;:!?()[]{}\"'“”‘’-"


@dataclass(slots=True)
class _Block:
    """Rows that make one part."""

    kind: PartKind
    rows: list[Row]
    borders: list[float] = field(default_factory=list)
    style: tuple[float, bool] | None = None


def lay_out(pages: Sequence[PageSegments]) -> list[Part]:
    """The parts of a document in reading order."""
    streams = [rows_of(stream, page.number) for page in pages for stream in reading_order(page.segments)]
    rows = [row for stream in streams for row in stream]
    if not rows:
        return []
    styles = HeadingStyles(rows)
    blocks = [block for stream in streams for block in _blocks_of(stream, styles)]
    styles.rank((block.style, block.rows[0].text, block.rows[0].page) for block in blocks if block.style)
    blocks = _across_breaks(blocks, styles.body)
    vocabulary = _vocabulary(rows)
    return [part for block in blocks if (part := _part(block, styles, vocabulary)).text]


def _vocabulary(rows: Sequence[Row]) -> set[str]:
    """The words of a document that no line's end can have parted."""
    return {
        word.text.strip(_PUNCTUATION).casefold()
        for row in rows
        for word in row.words[1:-1]
        if len(word.text) > 3 and not word.hyphen
    }


def _blocks_of(rows: list[Row], styles: HeadingStyles) -> list[_Block]:
    """The blocks of one column."""
    blocks: list[_Block] = []
    start = 0
    for first, stop, borders in find_tables(rows):
        blocks.extend(_text_blocks(rows[start:first], styles))
        blocks.append(_Block(PartKind.TABLE, rows[first:stop], borders))
        start = stop
    return blocks + _text_blocks(rows[start:], styles)


def _text_blocks(rows: list[Row], styles: HeadingStyles) -> list[_Block]:
    blocks: list[_Block] = []
    run: list[Row] = []
    run_style: tuple[float, bool] | None = None
    for row in rows:
        style = styles.style_of(row)
        if run and style != run_style:
            blocks.extend(_blocks_of_style(run, run_style))
            run = []
        run.append(row)
        run_style = style
    blocks.extend(_blocks_of_style(run, run_style))
    return blocks


def _blocks_of_style(rows: list[Row], style: tuple[float, bool] | None) -> list[_Block]:
    if style is None:
        return _plain_blocks(rows)
    blocks: list[_Block] = []
    for group in _apart(rows):
        blocks.extend([_Block(PartKind.HEADING, group, style=style)] if is_whole(group) else _plain_blocks(group))
    return blocks


def _plain_blocks(rows: list[Row]) -> list[_Block]:
    return [
        _Block(PartKind.LIST_ITEM if starts_item(paragraph[0].text) else PartKind.PARAGRAPH, paragraph)
        for paragraph in split_paragraphs(rows)
    ]


def _apart(rows: list[Row]) -> list[list[Row]]:
    """Rows of a heading's style: one heading where a row was full and the next stands near below it, else several."""
    width = max((row.x1 for row in rows), default=0.0) - min((row.x0 for row in rows), default=0.0)
    groups: list[list[Row]] = []
    for row in rows:
        last = groups[-1][-1] if groups else None
        near = last is not None and 0 < row.middle - last.middle < 1.7 * max(row.size, 4.0)
        if last is not None and near and last.x1 - last.x0 >= 0.5 * width and not _OPENS.match(row.text):
            groups[-1].append(row)
        else:
            groups.append([row])
    return groups


def _across_breaks(blocks: list[_Block], body: float) -> list[_Block]:
    """Joins a paragraph that goes on in the next column or on the next page."""
    joined: list[_Block] = []
    for block in blocks:
        last = joined[-1] if joined else None
        if last is not None and _goes_on(last, block, body):
            last.rows.extend(block.rows)
        else:
            joined.append(block)
    return joined


def _goes_on(block: _Block, following: _Block, body: float) -> bool:
    text_kinds = (PartKind.PARAGRAPH, PartKind.LIST_ITEM)
    if block.kind not in text_kinds or following.kind is not PartKind.PARAGRAPH:
        return False
    last, first = block.rows[-1], following.rows[0]
    turned = first.page != last.page or first.y0 < last.y0
    alike = abs(last.size - first.size) <= 0.5 and abs(first.size - body) <= 1.0
    if not turned or not alike or first.page - last.page > 1:
        return False
    text = last.text
    if SENTENCE_END.search(text) or len(text) < 15:
        return False
    begins = first.text[:1]
    return begins.islower() or not begins.isascii() or last.words[-1].hyphen or text[-1] in ",，、-"


def _part(block: _Block, styles: HeadingStyles, vocabulary: set[str]) -> Part:
    writer = Writer(vocabulary)
    for row in block.rows:
        if block.kind is PartKind.TABLE:
            writer.add_cells(row, block.borders)
        else:
            writer.add_row(row)
    text = writer.text
    level = styles.level(block.style, text) if block.style else 0
    return Part(block.kind, text, level, block.rows[0].page, writer.words, writer.breaks)
