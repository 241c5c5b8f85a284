"""XLSX and CSV, through `unstructured`: one table a sheet, under a heading with the sheet's name."""

from __future__ import annotations

import io
import re
from pathlib import Path

from ingest.parsing.elements import partition, rows_of_html
from ingest.parsing.normalising import clean_line
from ingest.parsing.office import office_metadata
from ingest.parsing.parts import Parsed, Part, PartKind, table_part
from kb.text.decoding import decode

_MIDNIGHT = re.compile(r"(\d{4}-\d\d-\d\d) 00:00:00")  # a cell with a date alone comes with the time of midnight


def parse_sheets(path: Path) -> Parsed:
    """The cells of an XLSX file as they were last computed. Sheets without any are left out."""
    parts: list[Part] = []
    for element in partition("xlsx", filename=str(path), find_subtable=False):
        table = _table(element.metadata.text_as_html or "")
        if table is not None:
            name = clean_line(element.metadata.page_name or "")
            parts.extend([Part(PartKind.HEADING, name, level=1)] if name else [])
            parts.append(table)
    metadata = office_metadata(path)
    title = metadata.pop("title", "")
    return Parsed(parts, title=title, metadata=metadata)


def parse_comma_separated(path: Path) -> Parsed:
    """The cells of a CSV file, whatever its separator and encoding."""
    text = decode(path.read_bytes())
    if not text.strip():
        return Parsed([])
    elements = partition("csv", file=io.BytesIO(text.encode("utf-8", "replace")), encoding="utf-8")
    tables = [_table(element.metadata.text_as_html or "") for element in elements]
    return Parsed([table for table in tables if table is not None])


def _table(html: str) -> Part | None:
    if not html:
        return None
    return table_part([_MIDNIGHT.sub(r"\1", cell) for cell in row] for row in rows_of_html(html))
