"""Rows to paragraphs: which line breaks the typesetter made, and which the writer."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from statistics import median

from ingest.parsing.pdf.characters import is_unspaced
from ingest.parsing.pdf.segments import Row

_LEADING = 1.45  # of the usual distance between lines: a wider one parts paragraphs
_INDENT = 0.9  # of the font size that a first line is set in
_WIDE_GAP = 2.0  # of the font size
_BULLET = re.compile(r"(?:[•·▪◦●○■□‣➢✓]|[-–—*](?=\s))\s*\S")
_NUMBER = re.compile(
    r"(?:\(?\d{1,3}[.)、．](?=\s|[^\d\s])|\([a-zA-Z]{1,4}\)|[a-zA-Z][.)]\s|[（(][一二三四五六七八九十\d]{1,3}[）)]|"
    r"[一二三四五六七八九十]{1,3}、|[①-⑳]|\[\d{1,3}\]\s)"
)
_RULE = re.compile(
    r"第\s?[0-9〇零一二三四五六七八九十百千]{1,8}\s?[编編章節节条條篇]|(?:Article|Section|§)\s?[\dIVX]+[.:\s]"
)
SENTENCE_END = re.compile(r"[.!?。！？；：:;…][”’\"'）)\]】」』]*$")


def starts_item(text: str) -> bool:
    """Whether a line begins with a bullet or a number as items of lists do."""
    return _BULLET.match(text) is not None or _NUMBER.match(text) is not None


def split_paragraphs(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows of one style in one column, from top to bottom, parted into paragraphs."""
    paragraphs: list[list[Row]] = []
    for block in _blocks(rows):
        right = _right_edge(block)
        left = min(row.x0 for row in block)
        hanging = sum(row.x0 > left + _INDENT * row.size for row in block) > len(block) / 2
        current: list[Row] = []
        for index, row in enumerate(block):
            following = block[index + 1] if index + 1 < len(block) else None
            if current and _begins(row, current, following, left, right, hanging=hanging):
                paragraphs.append(current)
                current = []
            current.append(row)
        paragraphs.append(current)
    return paragraphs


def _right_edge(block: Sequence[Row]) -> float:
    """Where the lines of a block end: the outermost place that several reach. A line may stick out by itself."""
    ends = sorted((row.x1 for row in block), reverse=True)
    slack = 1.2 * max(block[0].size, 1.0)
    needed = max(2, len(ends) // 5)
    for index, end in enumerate(ends):
        near = index + needed - 1
        if near < len(ends) and end - ends[near] <= slack:
            return end
    return ends[0]


def _blocks(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows with even distances between them."""
    if not rows:
        return []
    steps = [below.middle - above.middle for above, below in itertools.pairwise(rows)]
    near = [step for step, row in zip(steps, rows, strict=False) if 0 < step < 3 * max(row.size, 4.0)]
    usual = median(near) if near else 0.0
    if near:  # in a list with space between its items the smallest usual step is that inside an item
        usual = min(usual, max(min(near), 1.05 * median(row.size for row in rows)) * 1.25)
    blocks = [[rows[0]]]
    for step, row in zip(steps, rows[1:], strict=True):
        if 0 < step <= max(_LEADING * usual, 1.2 * row.size):
            blocks[-1].append(row)
        else:
            blocks.append([row])
    return blocks


def _begins(
    row: Row, current: Sequence[Row], following: Row | None, left: float, right: float, *, hanging: bool
) -> bool:
    """Whether `row` begins a paragraph rather than going on with the rows of `current`."""
    before = current[-1]
    if _begins_item(row, current, left, right):
        return True
    if _wide_gaps(before) and (_wide_gaps(row) or _wide_gaps(before) > 1):
        return True
    edge = left + _INDENT * max(row.size, 1.0)
    ended = SENTENCE_END.search(before.text) is not None
    if hanging:
        turns = row.x0 <= edge < before.x0
    else:
        turns = before.x0 <= edge < row.x0 and (following is None or following.x0 <= edge)
    return (turns and ended) or _has_room(before, row, left, right)


def _begins_item(row: Row, current: Sequence[Row], left: float, right: float) -> bool:
    """Whether `row` begins with a bullet, a rule's number, or a number that is no accident of where the line broke."""
    if _BULLET.match(row.text):
        return True
    numbered = _NUMBER.match(row.text) is not None
    if not numbered and not _RULE.match(row.text):
        return False
    before, size = current[-1], max(row.size, 1.0)
    if SENTENCE_END.search(before.text) or _has_room(before, row, left, right):
        return True
    follows_item = starts_item(current[0].text) and abs(row.x0 - current[0].x0) < 0.5 * size
    return numbered and (follows_item or row.x0 < before.x0 - size)


def _wide_gaps(row: Row) -> int:
    """How often a row leaves a gap that no running text has: rows of forms and tables keep to themselves."""
    gaps = [right.x0 - left.x1 for left, right in zip(row.segments, row.segments[1:], strict=False)]
    label = len(row.segments[0].text) <= 5  # a bullet or number before its item
    return sum(gap > _WIDE_GAP * row.size for gap in gaps[label:])


def _has_room(before: Row, row: Row, left: float, right: float) -> bool:
    """Whether the first word of `row` would have fitted on the line before: then the writer broke it.

    After a line that ends in the middle of a sentence, a little room is the typesetter's: something was kept together.
    """
    first = row.words[0]
    size = max(row.size, 1.0)
    room = right - before.x1
    if is_unspaced(first.text):
        return room > 2.2 * size  # a sign that may not begin a line takes one more along
    if SENTENCE_END.search(before.text) is None:
        least = 0.5 if row.text[:1].islower() else 0.12
        if room < least * (right - left):
            return False
    return room > (first.x1 - first.x0) + 0.9 * size
