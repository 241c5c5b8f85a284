"""Running heads, footers and page numbers: found by their coming back at the same place, and taken out of the text."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsing.pdf.segments import Segment

_MARGIN = 0.13  # of the page's height from above and below: where running heads and footers stand
_OUTERMOST = 4  # rows counted from the edge; further in stands the text itself
_HEIGHT_STEP = 6.0  # points: running heads stand at the same height up to the rounding of their layout
_NEAR = 3  # pages: in books, left and right pages and chapters have heads of their own
_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:[-–—·~\[(]\s*)?(?:page|p\.|第)?\s*(\d{1,4}|[ivxlc]{1,6})\s*(?:页|頁)?\s*(?:(?:/|of|共|，共|,)\s*\d{1,4}\s*(?:页|頁)?)?(?:\s*[-–—·~\])])?",
    re.IGNORECASE,
)
_CERTAIN = re.compile(r"(?:page|第|[-–—]).*\d|\d+\s*/\s*\d+|\d+\s+of\s+\d+", re.IGNORECASE)


@dataclass(slots=True)
class PageSegments:
    """A page's segments and its size."""

    number: int
    segments: list[Segment]
    width: float
    height: float
    label: str = ""  # the page number printed on it


def drop_furniture(pages: Sequence[PageSegments]) -> None:
    """Takes running heads, footers and page numbers out of `pages`; the numbers become the pages' labels."""
    places: dict[tuple[str, str, int], list[tuple[PageSegments, list[Segment]]]] = defaultdict(list)
    for page in pages:
        for edge, rows in _edges(page).items():
            for row in rows:
                text = " ".join(segment.text for segment in row)
                key = (edge, _DIGITS.sub("#", text.casefold()), round(_height_from(edge, page, row) / _HEIGHT_STEP))
                places[key].append((page, row))
    dropped: dict[int, set[int]] = defaultdict(set)
    for (edge, shape, step), found in places.items():
        near = found + [item for offset in (-1, 1) for item in places.get((edge, shape, step + offset), [])]
        if _comes_back([page.number for page, _ in near], len(pages), shape):
            for page, row in found:
                _remember_number(page, row)
                dropped[page.number].update(map(id, row))
    _find_counted(pages, dropped)
    for page in pages:
        _drop_lone_number(page, dropped[page.number], len(pages))
        if dropped[page.number]:
            page.segments = [segment for segment in page.segments if id(segment) not in dropped[page.number]]


def _edges(page: PageSegments) -> dict[str, list[list[Segment]]]:
    limit = page.height * _MARGIN
    above = sorted((segment for segment in page.segments if segment.middle < limit), key=lambda item: item.middle)
    below = sorted(
        (segment for segment in page.segments if segment.middle > page.height - limit), key=lambda item: -item.middle
    )
    return {"top": _outer_rows(above), "bottom": _outer_rows(below)}


def _outer_rows(segments: list[Segment]) -> list[list[Segment]]:
    rows: list[list[Segment]] = []
    for segment in segments:
        if rows and abs(rows[-1][0].middle - segment.middle) < 3.0:
            rows[-1].append(segment)
        elif len(rows) == _OUTERMOST:
            break
        else:
            rows.append([segment])
    return [sorted(row, key=lambda item: item.x0) for row in rows]


def _height_from(edge: str, page: PageSegments, row: list[Segment]) -> float:
    return row[0].middle if edge == "top" else page.height - row[0].middle


def _comes_back(numbers: list[int], pages: int, shape: str) -> bool:
    """On most pages; or, in longer documents, on three that are near each other."""
    distinct = sorted(set(numbers))
    if len(distinct) < 2:
        return False
    if len(distinct) >= max(2, 0.5 * pages):
        return True
    if pages < 4 or len(shape) > 100:
        return False
    runs = [third - first <= 2 * _NEAR for first, third in zip(distinct, distinct[2:], strict=False)]
    return any(runs)


def _remember_number(page: PageSegments, row: list[Segment]) -> None:
    for segment in row:
        found = _PAGE_NUMBER.fullmatch(segment.text)
        if found and not page.label:
            page.label = found.group(1)


def _find_counted(pages: Sequence[PageSegments], dropped: dict[int, set[int]]) -> None:
    """Numbers that stand last or first on their pages, wherever that is, and count with them."""
    for last in (True, False):
        counted: dict[int, list[tuple[PageSegments, Segment]]] = defaultdict(list)
        for page in pages:
            rest = [segment for segment in page.segments if id(segment) not in dropped[page.number]]
            if not rest:
                continue
            outer = max(rest, key=lambda item: item.middle) if last else min(rest, key=lambda item: item.middle)
            alone = not any(item is not outer and abs(item.middle - outer.middle) < 3.0 for item in rest)
            if alone and outer.text.isdecimal() and len(outer.text) <= 4:
                counted[int(outer.text) - page.number].append((page, outer))
        for found in counted.values():
            if len(found) >= 3:
                for page, segment in found:
                    page.label = page.label or segment.text
                    dropped[page.number].add(id(segment))


def _drop_lone_number(page: PageSegments, dropped: set[int], pages: int) -> None:
    """A page number that does not come back: of a document of one page, or after a change of its form."""
    for edge, rows in _edges(page).items():
        remaining = [row for row in rows if not any(id(segment) in dropped for segment in row)]
        if not remaining or len(remaining[0]) != 1:
            continue
        segment = remaining[0][0]
        found = _PAGE_NUMBER.fullmatch(segment.text)
        if not found:
            continue
        sure = _CERTAIN.match(segment.text) is not None
        at_edge = _height_from(edge, page, [segment]) < page.height * 0.09
        if sure or (at_edge and (pages == 1 or segment.text.isdecimal())):
            page.label = page.label or found.group(1)
            dropped.add(id(segment))
