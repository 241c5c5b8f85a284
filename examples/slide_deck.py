"""Writes a source as slides: each heading of the second level is one, `Notes:` is what the speaker says."""

from pathlib import Path
from typing import Any

from fixed_time import MOMENT, freeze
from pptx import Presentation
from pptx.util import Cm, Pt
from source_text import Block, Source, runs, spoken

TITLE_SLIDE, BULLET_SLIDE, TITLE_ONLY = 0, 1, 5  # layouts of python-pptx's own template


def _fill(paragraph: Any, text: str, size: int) -> None:
    for piece, style in runs(text):
        run = paragraph.add_run()
        run.text = piece
        run.font.size = Pt(size)
        run.font.bold = True if style == "bold" else None
        run.font.italic = True if style == "italic" else None


def _add_table(slide: Any, block: Block) -> None:
    rows, columns = len(block.rows), len(block.rows[0])
    shape = slide.shapes.add_table(rows, columns, Cm(1.5), Cm(4.5), Cm(22.4), Cm(1.1 * rows))
    for at, row in enumerate(block.rows):
        for column, text in enumerate(row):
            cell = shape.table.cell(at, column)
            _fill(cell.text_frame.paragraphs[0], text, 15)


def _add_slide(deck: Any, blocks: list[Block]) -> None:
    tables = [block for block in blocks if block.kind == "table"]
    words = [text for block in blocks for text in block.texts if block.kind in {"bullets", "paragraph", "formula"}]
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE_ONLY if tables else BULLET_SLIDE])
    slide.shapes.title.text = spoken(blocks[0].text)
    slide.shapes.title.text_frame.paragraphs[0].runs[0].font.size = Pt(32)
    for table in tables:
        _add_table(slide, table)
    if not tables:
        frame = slide.placeholders[1].text_frame
        for at, text in enumerate(words):
            _fill(frame.paragraphs[0] if at == 0 else frame.add_paragraph(), text, 20)
    slide.notes_slide.notes_text_frame.text = " ".join(spoken(b.text) for b in blocks if b.kind == "notes")


def write_pptx(source: Source, path: Path) -> None:
    """Write the source to `path`, the same bytes every time."""
    deck = Presentation()
    properties = deck.core_properties
    properties.title, properties.author = source.fact("title"), source.fact("author")
    properties.subject, properties.last_modified_by = source.fact("subject"), source.fact("author")
    properties.created = properties.modified = MOMENT
    first = deck.slides.add_slide(deck.slide_layouts[TITLE_SLIDE])
    first.shapes.title.text = source.fact("title")
    first.placeholders[1].text = source.fact("byline").replace(" / ", "\n")
    group: list[Block] = []
    for block in (*source.blocks, Block("heading", ("",), level=2)):
        if block.kind == "heading" and group:
            _add_slide(deck, group)
            group = []
        group.append(block)
    deck.save(str(path))
    freeze(path)
