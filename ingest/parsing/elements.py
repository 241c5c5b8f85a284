"""From `unstructured`'s elements to parts, and how `unstructured` is made to work on a machine without a network."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ingest.parsing.normalising import clean_line, clean_lines, clean_text
from ingest.parsing.parts import Part, PartKind, table_part

if TYPE_CHECKING:
    from unstructured.documents.elements import Element

# Named, because its own detection needs text and is often wrong on short documents; ours is `kb.text.language`.
LANGUAGES = ["eng"]
_OFFLINE_MODELS = Path(__file__).parent.parent / "offline_models"
_NOT_TEXT = {"Header", "Footer", "PageBreak", "Image", "PageNumber"}


def prepare_unstructured() -> None:
    """Makes `unstructured` quiet and independent of the network, before it is imported first in this process.

    Its telemetry is switched off, and the folder with a stand-in for the spaCy model that it would download is put at
    the very end of `sys.path`, so that a really installed model comes first.
    """
    os.environ.update(DO_NOT_TRACK="1", SCARF_NO_ANALYTICS="true", UNSTRUCTURED_DISABLE_NOTICE="1")
    folder = str(_OFFLINE_MODELS)
    if folder not in sys.path:
        sys.path.append(folder)


def partition(name: str, **arguments: Any) -> list[Element]:
    """The elements that `unstructured.partition.<name>.partition_<name>` finds."""
    prepare_unstructured()
    from importlib import import_module

    function: Callable[..., list[Element]] = getattr(
        import_module(f"unstructured.partition.{name}"), f"partition_{name}"
    )
    return function(languages=LANGUAGES, **arguments)


def parts_of(elements: Iterable[Element], is_heading: Callable[[Element], bool], *, page: int = 0) -> list[Part]:
    """Parts in the order of `elements`. A "Title" is a heading where `is_heading` says so, else a paragraph."""
    parts: list[Part] = []
    for element in elements:
        part = _part_of(element, is_heading, page)
        if part is not None:
            parts.append(part)
    return parts


def _part_of(element: Element, is_heading: Callable[[Element], bool], page: int) -> Part | None:
    category = element.category
    if category in _NOT_TEXT:
        return None
    if category == "Table" and element.metadata.text_as_html:
        return table_part(rows_of_html(element.metadata.text_as_html), page)
    if category == "Title" and is_heading(element):
        text = clean_line(element.text)
        return Part(PartKind.HEADING, text, (element.metadata.category_depth or 0) + 1, page) if text else None
    text = clean_lines(element.text, keep_indent=True) if category == "CodeSnippet" else clean_text(element.text)
    kind = PartKind.LIST_ITEM if category == "ListItem" else PartKind.PARAGRAPH
    return Part(kind, text, page=page) if text else None


def rows_of_html(table: str) -> list[list[str]]:
    """The cells of an HTML table by rows. A cell that spans columns fills the first one and leaves the others empty."""
    from lxml import html as lxml_html  # type: ignore[import-untyped]  # ships no types

    root = lxml_html.fromstring(table, parser=lxml_html.HTMLParser(encoding="utf-8", huge_tree=False))
    for line_break in root.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    rows: list[list[str]] = []
    for row in root.iter("tr"):
        cells: list[str] = []
        for cell in row.iterchildren("td", "th"):
            cells.append("".join(cell.itertext()))
            cells.extend([""] * (_span(cell) - 1))
        rows.append(cells)
    return rows


def _span(cell: Any) -> int:
    value = cell.get("colspan", "1")
    return min(int(value), 100) if value.isdecimal() and value != "0" else 1
