"""From regions to units: the pieces that passages are packed from, with their size and the rank of their borders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

from ingest.splitting.regions import Region, RegionKind
from kb.text.sentences import split_sentences

TokenCounter = Callable[[Sequence[str]], list[int]]
Span = tuple[int, int]

_BATCH = 4096  # texts counted in one call: bounds memory on large documents

_LONGEST_LEAD = 70  # characters of a line that may be a heading which no parser marked

# Characters that make a token at most: embedders count an endless run of letters as one unknown word, readers do not.
_LETTERS = 16

_UNSPACED = r"\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003134f"  # scripts written without spaces
_CLOSING = "，。、；：！？”’」』）》〉】…"
_NUMERALS = "〇零一二三四五六七八九十百千万萬亿億两兩"
_UNITS_OF_DATES = "年月日号號时時分秒条條款项項"

# After these a sentence that is too long by itself is cut, where it can be.
_CLAUSE_END = re.compile(rf"[，；：、。！？][{_CLOSING}]*(?![0-9０-９])|[,;:.!?][\"'”’)]*(?=\s)|—+|\s\|(?=\s)|\n+")

# The smallest pieces: a date or number in Chinese numerals, one character of a script without spaces and what closes
# after it, or a word or number of other scripts. A run of 1,000 characters is neither a word nor a number.
_ATOM = re.compile(
    rf"(?:[{_NUMERALS}]{{1,30}}[{_UNITS_OF_DATES}]){{1,6}}[{_CLOSING}]*"
    rf"|第?(?:[{_NUMERALS}]{{2,60}}|[０-９．，]{{2,60}})[{_CLOSING}]*"
    rf"|[{_UNSPACED}][{_CLOSING}]*"
    rf"|[^\s{_UNSPACED}]{{1,1000}}(?:[{_UNITS_OF_DATES}][0-9]{{0,4}}){{0,6}}[{_CLOSING}]*"
)
_LINE_BREAKS = re.compile(r"\n+")


class Border(IntEnum):
    """How well a passage may begin at a unit: the higher, the better."""

    AFTER_HEADING = 0
    INSIDE_SENTENCE = 1
    AFTER_LEAD = 2  # what is announced by a colon or a short line of its own stays with its announcement
    SENTENCE = 3
    LIST_ITEM = 4
    PARAGRAPH = 5
    HEADING = 6


class Unit(NamedTuple):
    """A piece of text that is not cut any further."""

    start: int
    end: int
    tokens: int  # as the embedder counts, but at least one for every 16 characters
    border: Border  # before it
    region: int  # index of its region


def find_units(
    text: str, regions: Sequence[Region], item_starts: frozenset[int], count_tokens: TokenCounter, max_tokens: int
) -> list[Unit]:
    """Cuts regions into headings, table rows and sentences, and what is longer than `max_tokens` down to words.

    Args:
        text: the document's text.
        regions: as `find_regions` gives them.
        item_starts: where list items begin.
        count_tokens: called with many texts at once, at most three times for each 4,096 pieces.
        max_tokens: pieces that are larger are cut at clauses, then at words.
    """
    pieces: list[tuple[int, int, Border, int]] = []
    after_heading = False
    for index, region in enumerate(regions):
        border = _first_border(region, after_heading=after_heading)
        previous: Span | None = None
        for start, end in _spans_in(text, region):
            if previous is not None:
                border = _border_between(text, previous, border, start, item_starts)
            pieces.append((start, end, border, index))
            previous = start, end
        after_heading = region.kind is RegionKind.HEADING
    counts = _count(text, [piece[:2] for piece in pieces], count_tokens)
    units = [Unit(start, end, n, border, index) for (start, end, border, index), n in zip(pieces, counts, strict=True)]
    for cut in (_clauses, _atoms):
        if any(unit.tokens > max_tokens for unit in units):
            units = list(_with_long_units_cut(text, units, cut, count_tokens, max_tokens))
    return units


def _spans_in(text: str, region: Region) -> list[Span]:
    start, end = region.start, region.end
    if region.kind is RegionKind.PROSE:
        return [(start + first, start + last) for first, last in split_sentences(text[start:end])]
    if region.kind is RegionKind.TABLE:
        return _trimmed(text, start, end, (match.end() for match in _LINE_BREAKS.finditer(text, start, end)))
    return _trimmed(text, start, end, ())


def _trimmed(text: str, start: int, end: int, cuts: Iterable[int]) -> list[Span]:
    """The spans between cuts without the white space around them, empty ones left out."""
    spans = []
    for cut in (*cuts, end):
        piece = text[start:cut]
        left = len(piece) - len(piece.lstrip())
        if left < len(piece):
            spans.append((start + left, start + len(piece.rstrip())))
        start = cut
    return spans


def _first_border(region: Region, *, after_heading: bool) -> Border:
    if after_heading:
        return Border.AFTER_HEADING
    return Border.HEADING if region.kind is RegionKind.HEADING else Border.PARAGRAPH


def _border_between(
    text: str, previous: Span, border_before: Border, start: int, item_starts: frozenset[int]
) -> Border:
    begin, end = previous
    if text[end - 1] in ":：":
        return Border.AFTER_LEAD
    if start in item_starts:
        return Border.LIST_ITEM
    if "\n" not in text[end:start]:
        return Border.SENTENCE
    stood_alone = border_before is not Border.SENTENCE and begin not in item_starts
    return Border.AFTER_LEAD if stood_alone and _is_lead(text[begin:end]) else Border.PARAGRAPH


def _is_lead(line: str) -> bool:
    """Whether a line is like a heading that no parser marked: short, with letters, without a stop, no table row."""
    return len(line) <= _LONGEST_LEAD and line[-1].isalnum() and not line.isdecimal() and "|" not in line


def _count(text: str, spans: Sequence[Span], count_tokens: TokenCounter) -> list[int]:
    counts: list[int] = []
    for first in range(0, len(spans), _BATCH):
        batch = spans[first : first + _BATCH]
        sizes = count_tokens([text[start:end] for start, end in batch])
        counts.extend([max(1, n, (end - start) // _LETTERS) for n, (start, end) in zip(sizes, batch, strict=True)])
    return counts


def _with_long_units_cut(
    text: str,
    units: Sequence[Unit],
    cut: Callable[[str, int, int], list[Span]],
    count_tokens: TokenCounter,
    max_tokens: int,
) -> Iterator[Unit]:
    parts = {index: cut(text, unit.start, unit.end) for index, unit in enumerate(units) if unit.tokens > max_tokens}
    counts = iter(_count(text, [span for spans in parts.values() for span in spans], count_tokens))
    for index, unit in enumerate(units):
        border = unit.border
        for start, end in parts.get(index, ()):
            yield Unit(start, end, next(counts), border, unit.region)
            border = Border.INSIDE_SENTENCE
        if index not in parts:
            yield unit


def _clauses(text: str, start: int, end: int) -> list[Span]:
    return _trimmed(text, start, end, (match.end() for match in _CLAUSE_END.finditer(text, start, end)))


def _atoms(text: str, start: int, end: int) -> list[Span]:
    return _trimmed(text, start, end, (match.end() for match in _ATOM.finditer(text, start, end)))
