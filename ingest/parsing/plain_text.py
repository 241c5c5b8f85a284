"""Plain text: wrapped lines are joined to paragraphs, then `unstructured` says what each of them is."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.parsing.elements import partition, parts_of
from ingest.parsing.normalising import clean_text, join_wrapped
from ingest.parsing.parts import Parsed
from kb.text.decoding import decode

if TYPE_CHECKING:
    from unstructured.documents.elements import Element

_WIDEST_WRAP = 120  # columns; lines beyond it were not wrapped by hand or by a mail program
_SHORTEST_WRAP = 30  # columns; narrower lines are verse, lists or code
_LONGEST_HEADING = 80  # columns
_MARKER = re.compile(
    r"(?:[-*+•·▪◦●○■□–—][ \t]|\(?\d{1,3}[.)、．](?!\d)|\(?[a-zA-Z][.)]\s|[（(][一二三四五六七八九十\d]{1,3}[）)]|"
    r"[一二三四五六七八九十]{1,3}、|#+\s)"
)
_RULE = re.compile(
    r"第\s?[0-9〇零一二三四五六七八九十百千]{1,8}\s?[编編章節节条條篇]|(?:Article|Section|Chapter|§)\s?[\dIVX]",
    re.IGNORECASE,
)
_DRAWN_LINE = re.compile(r"[=\-~*_#+. ]{3,}")
_SENTENCE_END = re.compile(r"[.!?。！？；;:：,，、…][”’\")）」』]?$")


def parse_plain_text(path: Path) -> Parsed:
    """The text of a text file."""
    return parse_text(decode(path.read_bytes()))


def parse_text(text: str) -> Parsed:
    """`text` with its wrapped lines joined. Short lines that stand alone before other text are headings."""
    blocks = _paragraphs(clean_text(text).split("\n"))
    if not blocks:
        return Parsed([])
    headings = _headings(blocks)
    elements = partition("text", text="\n".join(block for block, _ in blocks), paragraph_grouper=False)

    def is_heading(element: Element) -> bool:
        return element.text in headings

    return Parsed(parts_of(elements, is_heading))


def _paragraphs(lines: list[str]) -> list[tuple[str, bool]]:
    """Paragraphs, each on one line, and whether it stood alone between blank lines."""
    width = _wrap_width(lines)
    blocks: list[tuple[str, bool]] = []
    current = last = ""  # the paragraph so far, and the line that it ends with
    after_blank = True
    for line in [*lines, ""]:
        if current and line and _continues(last, line, width):
            current, last = join_wrapped(current, line), line
            continue
        if current and not _DRAWN_LINE.fullmatch(current):
            blocks.append((current, after_blank and not line))
        after_blank = not current if line else True
        current = last = line
    return blocks


def _wrap_width(lines: list[str]) -> int:
    """The column at which this text was wrapped, or 0 where it was not: the width that many lines come close to."""
    widths = sorted(width for line in lines if (width := columns(line)))
    if len(widths) < 3:
        return widths[-1] if widths and _SHORTEST_WRAP <= widths[-1] <= _WIDEST_WRAP else 0
    widest = widths[-1 - len(widths) // 50]  # the last two in a hundred may stick out: addresses, formulas
    return widest if widest >= _SHORTEST_WRAP and widths[-1] <= 2 * _WIDEST_WRAP and widest <= _WIDEST_WRAP else 0


def _continues(line: str, following: str, width: int) -> bool:
    """Whether the writer broke `line` only because the next word had no room."""
    if not width or _MARKER.match(following) or _RULE.match(following) or _DRAWN_LINE.fullmatch(following):
        return False
    word = following.split(" ", 1)[0]
    first = following[0] if columns(following[0]) == 2 else word
    return columns(line) + columns(first) + 1 > width - 2


def columns(text: str) -> int:
    """How many columns `text` takes in a fixed-width font: Chinese characters take two."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def _headings(blocks: list[tuple[str, bool]]) -> set[str]:
    found: set[str] = set()
    for (block, alone), (following, _) in pairwise([*blocks, ("", False)]):
        short = columns(block) <= _LONGEST_HEADING and not _SENTENCE_END.search(block)
        if alone and short and following and not _MARKER.match(block) and any(map(str.isalpha, block)):
            found.add(block)
    return found
