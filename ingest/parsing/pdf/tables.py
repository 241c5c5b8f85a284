"""Tables told by alignment: neighbouring rows whose cells leave the same strips of the page empty."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

import numpy as np

from ingest.parsing.pdf.characters import Word, is_unspaced
from ingest.parsing.pdf.segments import Row, gap_between, text_of

_FEWEST_ROWS = 2
_CELL_GAP = 1.0  # of the font size: nearer words belong to one cell, as to one segment
_LONGEST_LABEL_ROW = 70  # characters; a longer row with one cell is text that ends the table
_SENTENCE_UNITS = 45  # mean length of cells in a table; above it they are lines of text side by side
_BULLETS = frozenset("•·▪◦●○■□–-*‣➢✓○")
_BEFORE_AMOUNT = frozenset("$€£¥￥(")
_AFTER_AMOUNT = frozenset(")%")


def find_tables(rows: Sequence[Row]) -> list[tuple[int, int, list[float]]]:
    """Tables among the rows of a column: first row, row after the last, and where their columns are parted."""
    found: list[tuple[int, int, list[float]]] = []
    index = 0
    while index < len(rows):
        stop = _run_end(rows, index)
        found.extend(_tables_in(rows, index, stop))
        index = max(stop, index + 1)
    return found


def _tables_in(rows: Sequence[Row], start: int, stop: int) -> list[tuple[int, int, list[float]]]:
    """The run as one table; or, where its rows do not align, the tables in its parts between gaps and single cells."""
    while start < stop and len(_cells(rows[start])) < 2:
        start += 1
    while start < stop and len(_cells(rows[stop - 1])) < 2:
        stop -= 1
    if stop - start < _FEWEST_ROWS:
        return []
    borders = _borders(rows[start:stop])
    if borders and _is_table(rows[start:stop], borders):
        return [(start, stop, borders)]
    cut = _cut(rows, start, stop)
    return _tables_in(rows, start, cut) + _tables_in(rows, cut, stop) if cut else []


def _cut(rows: Sequence[Row], start: int, stop: int) -> int:
    """Where a run that is no table falls apart: before its first row of one cell, or at its widest gap; 0: nowhere."""
    for index in range(start + 1, stop):
        if len(_cells(rows[index])) < 2:
            return index
    steps = [rows[index].middle - rows[index - 1].middle for index in range(start + 1, stop)]
    widest = max(steps, default=0.0)
    return start + 1 + steps.index(widest) if widest > 1.25 * median(steps or [1.0]) else 0


def _cells(row: Row) -> list[list[Word]]:
    cells: list[list[Word]] = []
    for segment in row.segments:
        first = segment.words[0]
        if cells and gap_between(cells[-1][-1], first) <= _CELL_GAP * max(first.size, 1.0):
            cells[-1] = cells[-1] + segment.words
        else:
            cells.append(segment.words)
    return cells


def _run_end(rows: Sequence[Row], start: int) -> int:
    """The end of the run of rows from `start` that could be a table: several cells, or a short label between such."""
    if len(_cells(rows[start])) < 2:
        return start
    stop = last = start
    while stop < len(rows):
        row = rows[stop]
        if stop > start and row.y0 - rows[stop - 1].y1 > 2.5 * max(row.size, 6.0):
            break
        if len(_cells(row)) >= 2:
            last = stop
        elif stop - last > 2 or len(row.text) > _LONGEST_LABEL_ROW:
            break
        stop += 1
    return last + 1


def _borders(rows: Sequence[Row]) -> list[float]:
    """Middles of the strips that no row writes in, of those with many cells: heads of tables span columns."""
    parted = [cells for row in rows if len(cells := _cells(row)) >= 2]
    most = max(len(cells) for cells in parted)
    several = [cells for cells in parted if len(cells) >= 0.6 * most]
    left = min(row.x0 for row in rows)
    right = max(row.x1 for row in rows)
    edges = np.arange(left, right + 1.0, 1.0)
    covered = np.zeros(edges.size, dtype=np.int64)
    for cells in several:
        for cell in cells:
            first, last = int(cell[0].x0 - left), int(cell[-1].x1 - left) + 1
            covered[max(first, 0) : max(last, 0)] += 1
    allowed = len(several) // 8  # a row in eight may still write across
    free = covered <= allowed
    borders: list[float] = []
    start = None
    for position, empty in enumerate(free.tolist()):
        if empty and start is None:
            start = position
        elif not empty and start is not None:
            if start > 0 and position - start >= 3:  # points
                borders.append(left + (start + position) / 2)
            start = None
    return borders


def _is_table(rows: Sequence[Row], borders: Sequence[float]) -> bool:
    grid = [split_row(row, borders) for row in rows]
    filled = [[text for text in cells if text] for cells in grid]
    if sum(len(cells) >= 2 for cells in filled) < _FEWEST_ROWS:
        return False
    if len(borders) == 1 and _is_list([cells[0] for cells in grid]):
        return False
    lengths = [len(text) for cells in filled if len(cells) >= 2 for text in cells]
    if sum(lengths) / len(lengths) > _SENTENCE_UNITS:
        return False
    return len(rows) >= 3 or len(borders) >= 2


def _is_list(firsts: Sequence[str]) -> bool:
    """Whether the first column holds only bullets and numbers: then it is a list with its text indented."""
    written = [text for text in firsts if text]
    return bool(written) and all(text in _BULLETS or (len(text) <= 5 and text[-1:] in ".)）、】]") for text in written)


def split_row(row: Row, borders: Sequence[float]) -> list[str]:
    """The text of a row's cells, with currency signs and brackets joined to their amounts."""
    return [text_of(words) for words in split_words(row, borders)]


def split_words(row: Row, borders: Sequence[float]) -> list[list[Word]]:
    """The words of a row by column."""
    columns: list[list[Word]] = [[] for _ in range(len(borders) + 1)]
    for cell in _cells(row):
        middle = (cell[0].x0 + cell[-1].x1) / 2
        crossed = [border for border in borders if cell[0].x0 < border < cell[-1].x1]
        if crossed and len(cell) > 1 and len(crossed) < len(borders):
            middle = cell[0].x0
        columns[sum(border <= middle for border in borders)].extend(cell)
    _join_amounts(columns)
    return columns


def _join_amounts(columns: list[list[Word]]) -> None:
    for index in range(len(columns) - 1):
        here, following = columns[index], columns[index + 1]
        if here and following and all(word.text in _BEFORE_AMOUNT for word in here):
            columns[index], columns[index + 1] = [], here + following
    for index in range(len(columns) - 1, 0, -1):
        here, previous = columns[index], columns[index - 1]
        if (
            here
            and previous
            and all(set(word.text) <= _AFTER_AMOUNT for word in here)
            and not is_unspaced(here[0].text)
        ):
            columns[index - 1], columns[index] = previous + here, []
