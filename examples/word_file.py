"""Writes a source as a DOCX with real heading, list and table styles."""

from pathlib import Path
from typing import Any

from docx import Document
from docx.document import Document as DocumentObject
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Pt
from fixed_time import MOMENT, freeze
from source_text import Block, Source, runs


def _field(paragraph: Any, code: str) -> None:
    """Add a field such as the number of the page, which Word works out."""
    run = paragraph.add_run()
    for kind in ("begin", "instruction", "end"):
        if kind == "instruction":
            element = OxmlElement("w:instrText")
            element.set(qn("xml:space"), "preserve")
            element.text = code
        else:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _add_runs(paragraph: Any, text: str) -> None:
    for piece, style in runs(text):
        run = paragraph.add_run(piece)
        run.bold = True if style == "bold" else None
        run.italic = True if style == "italic" else None
        if style == "code":
            run.font.name = "Courier New"


def _add_table(document: DocumentObject, block: Block) -> None:
    table = document.add_table(rows=0, cols=len(block.rows[0]), style="Table Grid")
    for at, row in enumerate(block.rows):
        for cell, text in zip(table.add_row().cells, row, strict=True):
            _add_runs(cell.paragraphs[0], f"**{text}**" if at == 0 else text)
    document.add_paragraph()


def _number(document: DocumentObject, paragraph: Any, *, restart: bool, state: dict[str, int]) -> None:
    """Count each numbered list from one."""
    numbering = document.part.numbering_part.numbering_definitions._numbering
    if restart:
        style = document.styles["List Number"].element.pPr.numPr.numId.val
        abstract = next(n.abstractNumId.val for n in numbering.num_lst if n.numId == style)
        number = numbering.add_num(abstract)
        number.add_lvlOverride(ilvl=0).add_startOverride(1)
        state["id"] = number.numId
    properties = paragraph._p.get_or_add_pPr().get_or_add_numPr()
    properties.get_or_add_numId().val = state["id"]
    properties.get_or_add_ilvl().val = 0


def _add_block(document: DocumentObject, block: Block, state: dict[str, int]) -> None:
    if block.kind == "heading":
        document.add_heading(level=block.level)
        _add_runs(document.paragraphs[-1], block.text)
    elif block.kind == "table":
        _add_table(document, block)
    elif block.kind == "break":
        document.add_page_break()  # type: ignore[no-untyped-call]  # python-docx left it out
    elif block.kind == "bullets":
        for text in block.texts:
            _add_runs(document.add_paragraph(style="List Bullet"), text)
    elif block.kind == "numbered":
        for at, text in enumerate(block.texts):
            paragraph = document.add_paragraph(style="List Number")
            _number(document, paragraph, restart=at == 0, state=state)
            _add_runs(paragraph, text)
    else:
        _add_runs(document.add_paragraph(style="Intense Quote" if block.kind == "note" else None), block.text)


def write_docx(source: Source, path: Path) -> None:
    """Write the source to `path`, the same bytes every time."""
    document = Document()
    normal: Any = document.styles["Normal"]
    normal.font.name, normal.font.size = "Calibri", Pt(10.5)
    if source.is_chinese:
        normal.element.rPr.rFonts.set(qn("w:eastAsia"), "SimSun")
    properties = document.core_properties
    properties.title, properties.author = source.fact("title"), source.fact("author")
    properties.subject, properties.language = source.fact("subject"), source.fact("language")
    properties.comments, properties.last_modified_by = "", source.fact("author")
    properties.created = properties.modified = MOMENT
    section = document.sections[0]
    section.header.paragraphs[0].text = source.fact("header")
    footer = section.footer.paragraphs[0]
    footer.add_run(source.fact("footer") + "\t\t")
    _field(footer, "PAGE")
    document.add_heading(source.fact("title"), level=0)
    state: dict[str, int] = {}
    for line in source.fact("byline").split(" / "):
        if line:
            document.add_paragraph(line)
    for block in source.blocks:
        _add_block(document, block, state)
    document.save(str(path))
    freeze(path)
