"""Writes a source as an XLSX: each heading is a sheet, each table under it stands on that sheet."""

import re
from pathlib import Path

from fixed_time import freeze
from openpyxl import Workbook  # type: ignore[import-untyped]  # openpyxl has no types
from openpyxl.styles import Alignment, Font  # type: ignore[import-untyped]
from source_text import Source, spoken


def _value(text: str) -> str | float | int:
    return float(text) if re.fullmatch(r"\d+\.\d+", text) else int(text) if re.fullmatch(r"[1-9]\d*", text) else text


def write_xlsx(source: Source, path: Path) -> None:
    """Write the source to `path`, the same bytes every time."""
    book = Workbook()
    book.remove(book.active)
    book.properties.title, book.properties.creator = source.fact("title"), source.fact("author")
    sheet = None
    for block in source.blocks:
        if block.kind == "heading":
            sheet = book.create_sheet(block.text)
            continue
        if sheet is None:
            raise SystemExit("a workbook begins with a heading, which names its first sheet")
        if block.kind != "table":
            sheet.append([spoken(block.text)])
            continue
        for at, row in enumerate(block.rows):
            sheet.append([_value(spoken(cell)) for cell in row])
            for cell in sheet[sheet.max_row]:
                cell.font = Font(bold=at == 0)
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                width = min(max(len(str(cell.value)) + 2, 10), 48)
                column = sheet.column_dimensions[cell.column_letter]
                column.width = max(column.width if column.customWidth else 10, width)
    book.save(path)
    freeze(path)
