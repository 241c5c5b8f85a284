"""DOCX, PPTX, XLSX and CSV."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from ingest.parsing import parse_file
from kb.records import Document, MarkKind
from tests.ingest.parsing_files import make_word


def parse(path: Path) -> Document:
    return parse_file(path, path.name)


def marked(document: Document, kind: MarkKind) -> list[tuple[int, str]]:
    return [(mark.number, document.text[mark.start : mark.end]) for mark in document.marks if mark.kind is kind]


def test_a_word_file_keeps_headings_lists_and_tables(tmp_path: Path) -> None:
    def fill(document: Any) -> None:
        document.core_properties.author = "王芳"
        document.core_properties.title = ""
        document.sections[0].header.paragraphs[0].text = "Confidential"
        document.add_heading("劳动合同", 1)
        document.add_heading("第一章 总则", 2)
        document.add_paragraph("本合同由双方签订。")
        document.add_paragraph("one item", style="List Bullet")
        table = document.add_table(rows=2, cols=2)
        for cell, text in zip(
            [*table.rows[0].cells, *table.rows[1].cells], ["项目", "数值", "试用期", "六个月"], strict=True
        ):
            cell.text = text

    document = parse(make_word(tmp_path / "a.docx", fill))

    assert document.text == "劳动合同\n第一章 总则\n本合同由双方签订。\none item\n项目 | 数值\n试用期 | 六个月"
    assert marked(document, MarkKind.HEADING) == [(1, "劳动合同"), (2, "第一章 总则")]
    assert marked(document, MarkKind.LIST_ITEM) == [(0, "one item")]
    assert marked(document, MarkKind.TABLE) == [(0, "项目 | 数值\n试用期 | 六个月")]
    assert (document.title, document.metadata["author"]) == ("劳动合同", "王芳")


def test_a_short_plain_paragraph_of_a_word_file_is_no_heading(tmp_path: Path) -> None:
    document = parse(make_word(tmp_path / "note.docx", lambda word: word.add_paragraph("Kind regards, The Office")))

    assert marked(document, MarkKind.HEADING) == []
    assert document.title == "note"


def test_text_boxes_of_a_word_file_follow_after_the_text_once(tmp_path: Path) -> None:
    from docx.oxml import parse_xml

    word = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    box = f'<w:p xmlns:w="{word}"><w:r><w:txbxContent>'
    box += "<w:p><w:r><w:t>通报流程</w:t></w:r></w:p></w:txbxContent></w:r></w:p>"

    def fill(document: Any) -> None:
        document.element.body.insert(0, parse_xml(box))
        document.add_paragraph("The text itself.")

    assert parse(make_word(tmp_path / "a.docx", fill)).text == "The text itself.\n通报流程"


def test_slides_are_pages_and_their_notes_follow_under_a_label(tmp_path: Path) -> None:
    import pptx

    presentation = pptx.Presentation()
    for title, body, notes in (("Insulin", "Store cold", "Ask who knows"), ("用药", "饭后服用", "提醒学生")):
        slide = presentation.slides.add_slide(presentation.slide_layouts[1])
        slide.shapes.title.text = title
        slide.placeholders[1].text = body
        slide.notes_slide.notes_text_frame.text = notes
    presentation.save(str(tmp_path / "a.pptx"))

    document = parse(tmp_path / "a.pptx")

    assert document.text == "Insulin\nStore cold\nNotes: Ask who knows\n用药\n饭后服用\n备注：提醒学生"
    assert marked(document, MarkKind.PAGE) == [
        (1, "Insulin\nStore cold\nNotes: Ask who knows"), (2, "用药\n饭后服用\n备注：提醒学生")
    ]  # fmt: skip
    assert [text for _, text in marked(document, MarkKind.HEADING)] == ["Insulin", "用药"]
    assert document.pages == 2


def test_a_workbook_is_one_table_a_sheet_under_its_name(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "价格"
    for row in (["药品", "价格", "日期", "代码"], ["二甲双胍", 12.5, date(2024, 3, 1), "007"], [], ["a | b", 3]):
        sheet.append(row)
    book.create_sheet("Empty")
    book.save(tmp_path / "a.xlsx")

    document = parse(tmp_path / "a.xlsx")

    assert document.text == "价格\n药品 | 价格 | 日期 | 代码\n二甲双胍 | 12.5 | 2024-03-01 | 007\na ¦ b | 3"
    assert [text for _, text in marked(document, MarkKind.HEADING)] == ["价格"]
    assert len(marked(document, MarkKind.TABLE)) == 1


def test_a_csv_file_in_gb18030_with_quoted_commas(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes('名称,数量,备注\n甲,007,"含, 逗号"\n乙,1.50,\n'.encode("gb18030"))

    document = parse(tmp_path / "a.csv")

    assert document.text == "名称 | 数量 | 备注\n甲 | 007 | 含, 逗号\n乙 | 1.50"
    assert document.media_type == "text/csv"
