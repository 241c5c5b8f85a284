"""Writes a source as a PDF: one or two columns, an outline, running heads and page numbers.

reportlab has no types, which is why its imports are marked.
"""

import html
from pathlib import Path
from typing import Any

from chinese_lines import break_chinese, register_chinese_font, unbreakable_words
from reportlab.lib.colors import HexColor  # type: ignore[import-untyped]
from reportlab.lib.enums import TA_JUSTIFY, TA_LEFT  # type: ignore[import-untyped]
from reportlab.lib.pagesizes import A4  # type: ignore[import-untyped]
from reportlab.lib.styles import ParagraphStyle  # type: ignore[import-untyped]
from reportlab.lib.units import cm  # type: ignore[import-untyped]
from reportlab.pdfbase import pdfmetrics  # type: ignore[import-untyped]
from reportlab.platypus import (  # type: ignore[import-untyped]
    BaseDocTemplate,
    Flowable,
    Frame,
    FrameBreak,
    ListFlowable,
    ListItem,
    NextPageTemplate,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from source_text import Block, Source, runs, spoken

MARGIN = 2.3 * cm
GUTTER = 0.7 * cm
TITLE_HEIGHT = 3.9 * cm  # the band across both columns of a first page
INK = HexColor("#1d3557")
RULE = HexColor("#9aa5b1")


class _Pages(BaseDocTemplate):  # type: ignore[misc]
    """Adds every heading to the outline as its page is set."""

    def afterFlowable(self, flowable: Flowable) -> None:  # noqa: N802  (reportlab's own name)
        level = getattr(flowable, "outline_level", None)
        if level is None:
            return
        key = f"heading-{self.headings_set}"
        self.headings_set += 1
        self.canv.bookmarkPage(key)
        self.canv.addOutlineEntry(flowable.outline_text, key, level=level, closed=level > 0)


class _Setter:
    """Turns blocks into flowables for columns of a given width."""

    def __init__(self, source: Source, width: float) -> None:
        self.width = width
        self.chinese = source.is_chinese
        self.two_columns = source.fact("layout") == "two-column"
        self.font, self.bold, self.italic = (
            ("Chinese", "Chinese", "Chinese") if self.chinese else ("Times-Roman", "Times-Bold", "Times-Italic")
        )
        self.size = float(source.fact("size") or (10.5 if self.chinese else 11))
        self.depth = 0  # an outline may not skip a level

    def style(self, name: str, **changes: Any) -> ParagraphStyle:
        leading = self.size * (1.8 if self.chinese else 1.28)
        values: dict[str, Any] = {
            "fontName": self.font,
            "fontSize": self.size,
            "leading": leading,
            "spaceAfter": leading * 0.45,
            "alignment": TA_JUSTIFY if self.two_columns else TA_LEFT,
        }
        return ParagraphStyle(name, **(values | changes))

    def markup(self, text: str) -> str:
        tags = {"plain": "{}", "bold": "<b>{}</b>", "italic": "<i>{}</i>", "code": '<font name="Courier">{}</font>'}
        return "".join(tags[style].format(html.escape(piece, quote=False)) for piece, style in runs(text))

    def paragraph(self, text: str, style: ParagraphStyle, width: float) -> Paragraph:
        if not self.chinese:
            return Paragraph(self.markup(text), style)
        lines = break_chinese(spoken(text), style.fontName, style.fontSize, width - style.leftIndent)
        return Paragraph("<br/>".join(html.escape(line, quote=False) for line in lines), style)

    def heading(self, block: Block) -> list[Flowable]:
        sizes = {1: 1.45, 2: 1.18, 3: 1.04, 4: 1.0}
        style = self.style(
            f"heading{block.level}",
            fontName=self.bold,
            fontSize=self.size * sizes[block.level],
            leading=self.size * sizes[block.level] * 1.35,
            textColor=INK,
            spaceBefore=self.size * (0.9 if block.level > 1 else 1.3),
            alignment=TA_LEFT,
            keepWithNext=1,
        )
        flowable = self.paragraph(block.text, style, self.width)
        self.depth = min(block.level - 1, self.depth + 1)
        flowable.outline_level, flowable.outline_text = self.depth, spoken(block.text)
        return [flowable]

    def listing(self, block: Block) -> list[Flowable]:
        indent = self.size * 1.7
        style = self.style("item", spaceAfter=self.size * 0.25)
        items = [ListItem(self.paragraph(text, style, self.width - indent)) for text in block.texts]
        kind = {"bullets": "bullet", "numbered": "1"}[block.kind]
        marks: dict[str, Any] = {"start": "•"} if kind == "bullet" else {"bulletFormat": "%s."}
        font = self.font if self.chinese else "Times-Roman"
        return [
            ListFlowable(
                items, bulletType=kind, leftIndent=indent, bulletFontName=font, bulletFontSize=self.size, **marks
            ),
            Spacer(0, self.size * 0.35),
        ]

    def column_widths(self, block: Block, size: float, padding: float) -> list[float]:
        """Every column holds its longest word; what is left goes where the texts are long."""
        columns = list(zip(*block.rows, strict=True))
        words = [[word for cell in column for word in unbreakable_words(spoken(cell))] for column in columns]
        least = [
            max(pdfmetrics.stringWidth(word, self.bold, size) for word in column) + padding + 1 for column in words
        ]
        shares = [min(max(len(spoken(cell)) for cell in column), 42) for column in columns]
        spare = self.width - sum(least)
        return [low + spare * share / sum(shares) for low, share in zip(least, shares, strict=True)]

    def table(self, block: Block) -> list[Flowable]:
        size = self.size - 1.2
        padding = 8.0  # points left and right of a cell's text together
        widths = self.column_widths(block, size, padding)
        look: dict[str, Any] = {"fontSize": size, "leading": size * 1.35, "spaceAfter": 0, "alignment": TA_LEFT}
        styles = [self.style("head", fontName=self.bold, **look)] + [self.style("cell", **look)] * (len(block.rows) - 1)
        cells = [
            [self.paragraph(cell, style, width - padding) for cell, width in zip(row, widths, strict=True)]
            for row, style in zip(block.rows, styles, strict=True)
        ]
        borders = TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, RULE),
                ("BACKGROUND", (0, 0), (-1, 0), HexColor("#e8edf3")),
                ("VALIGN", (0, 0), (-1, -1), "TOP"),
                ("LEFTPADDING", (0, 0), (-1, -1), padding / 2),
                ("RIGHTPADDING", (0, 0), (-1, -1), padding / 2 - 0.5),
            ]
        )
        return [Spacer(0, 3), Table(cells, colWidths=widths, repeatRows=1, style=borders), Spacer(0, self.size)]

    def formula(self, block: Block) -> list[Flowable]:
        font = self.font if self.chinese else "Courier"
        style = self.style("formula", fontName=font, fontSize=self.size - 1.8, leftIndent=self.size, alignment=TA_LEFT)
        lines = [html.escape(line, quote=False).replace(" ", "&nbsp;") for line in block.text.splitlines()]
        return [Paragraph("<br/>".join(lines), style)]

    def note(self, block: Block) -> list[Flowable]:
        style = self.style(
            "note",
            leftIndent=8,
            borderPadding=5,
            backColor=HexColor("#f3f5f7"),
            spaceBefore=7,
            spaceAfter=self.size,
            alignment=TA_LEFT,
        )
        return [self.paragraph(block.text, style, self.width - 8)]

    def flowables(self, block: Block) -> list[Flowable]:
        setters = {
            "heading": self.heading,
            "bullets": self.listing,
            "numbered": self.listing,
            "table": self.table,
            "formula": self.formula,
            "note": self.note,
        }
        if block.kind == "break":
            return [PageBreak()]
        if block.kind in setters:
            return setters[block.kind](block)
        return [self.paragraph(block.text, self.style("body"), self.width)]


def _decorate(canvas: Any, pages: _Pages, source: Source) -> None:
    font, size = ("Chinese" if source.is_chinese else "Times-Roman"), 8.5
    canvas.saveState()
    canvas.setFont(font, size)
    canvas.setFillColor(HexColor("#555555"))
    width, height = A4
    canvas.drawString(MARGIN, height - 1.4 * cm, source.fact("header"))
    canvas.drawString(MARGIN, 1.2 * cm, source.fact("footer"))
    number = f"第 {pages.page} 页" if source.is_chinese else f"Page {pages.page}"
    canvas.drawRightString(width - MARGIN, 1.2 * cm, number)
    canvas.setStrokeColor(RULE)
    canvas.line(MARGIN, height - 1.6 * cm, width - MARGIN, height - 1.6 * cm)
    canvas.restoreState()


def _templates(source: Source) -> tuple[list[PageTemplate], float]:
    width, height = A4[0] - 2 * MARGIN, A4[1] - 2 * 2.1 * cm
    edges = {"leftPadding": 0, "rightPadding": 0, "topPadding": 0, "bottomPadding": 0}

    def decorate(canvas: Any, pages: _Pages) -> None:
        _decorate(canvas, pages, source)

    if source.fact("layout") != "two-column":
        frame = Frame(MARGIN, 2.1 * cm, width, height, **edges)
        return [PageTemplate("later", [frame], onPage=decorate)], width
    column = (width - GUTTER) / 2
    band = Frame(MARGIN, 2.1 * cm + height - TITLE_HEIGHT, width, TITLE_HEIGHT, **edges)
    lefts = (MARGIN, MARGIN + column + GUTTER)
    short = [Frame(left, 2.1 * cm, column, height - TITLE_HEIGHT, **edges) for left in lefts]
    full = [Frame(left, 2.1 * cm, column, height, **edges) for left in lefts]
    return [
        PageTemplate("first", [band, *short], onPage=decorate),
        PageTemplate("later", full, onPage=decorate),
    ], column


def write_pdf(source: Source, path: Path) -> None:
    """Write the source to `path`, the same bytes every time."""
    if source.is_chinese:
        register_chinese_font(source)
    templates, width = _templates(source)
    pages = _Pages(
        str(path),
        pagesize=A4,
        invariant=1,
        title=source.fact("title"),
        author=source.fact("author"),
        subject=source.fact("subject"),
        creator="examples/build.py",
        lang=source.fact("language"),
    )
    pages.headings_set = 0
    pages.addPageTemplates(templates)
    setter = _Setter(source, width)
    big = setter.style("title", fontName=setter.bold, fontSize=20, leading=27, textColor=INK, alignment=TA_LEFT)
    story = [setter.paragraph(source.fact("title"), big, A4[0] - 2 * MARGIN)]
    small = setter.style("byline", fontSize=10.5, leading=15, alignment=TA_LEFT)
    story += [setter.paragraph(line, small, A4[0] - 2 * MARGIN) for line in source.fact("byline").split(" / ") if line]
    if source.fact("layout") == "two-column":
        story += [NextPageTemplate("later"), FrameBreak()]
    else:
        story.append(Spacer(0, 10))
    for block in source.blocks:
        story += setter.flowables(block)
    pages.build(story)
