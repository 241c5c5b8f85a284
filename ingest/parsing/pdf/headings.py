"""Which rows of a PDF are headings: set larger or bolder than the text, short, and apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from ingest.parsing.pdf.segments import Row, dominant_size

_LARGER = 1.12  # of the body's size: less is another font, not a heading
_LONGEST = 160  # characters
_MOST_ROWS = 4
_LEVELS = 6
_COVER_PAGES = 1
_NUMBERED = re.compile(r"(?:\d{1,2}(?:\.\d{1,2}){0,4}\.?|[A-Z]\.(?:\d{1,2}\.?)*|[IVX]{1,5}\.)\s+\S")
_ENDS_SENTENCE = re.compile(r"[.,;:。，；、：]$")
_CAPTION = re.compile(r"(?:Figure|Fig\.|Table|图|表|圖)\s*\d", re.IGNORECASE)


def body_size(rows: Iterable[Row]) -> float:
    """The font size in which most of the document is set."""
    return dominant_size(word for row in rows for word in row.words)


def _dominant_font(rows: Iterable[Row]) -> int:
    weights: Counter[int] = Counter()
    for row in rows:
        for word in row.words:
            weights[word.font] += len(word.text)
    return weights.most_common(1)[0][0] if weights else 0


def is_bold(row: Row) -> bool:
    """Whether most characters of the row are set in a bold font."""
    bold = sum(len(word.text) for word in row.words if word.bold)
    return bold * 10 > sum(len(word.text) for word in row.words) * 9


class HeadingStyles:
    """The sizes of a document's headings, ranked: the largest is level 1."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.body = body_size(rows)
        bold_share = sum(map(is_bold, rows)) / max(len(rows), 1)
        self._bold_counts = bold_share < 0.4  # a document set in bold throughout marks nothing by it
        self._body_font = _dominant_font(rows)
        self._ranks: dict[tuple[float, bool], int] = {}
        self._depths: dict[tuple[float, bool], int] = {}

    def style_of(self, row: Row) -> tuple[float, bool] | None:
        """Size and boldness of a row that looks like a heading, or None."""
        text = row.text
        if len(text) > _LONGEST or sum(map(str.isalpha, text)) < 2 or _CAPTION.match(text):
            return None
        bold = self._bold_counts and is_bold(row)
        size = row.size
        if size >= _LARGER * self.body:
            return (size, False)  # large rows rank by size alone: titles mix fonts
        apart = bold or (self._font_of(row) != self._body_font and _NUMBERED.match(text) is not None)
        if apart and size >= 0.95 * self.body and not _ENDS_SENTENCE.search(text):
            return (round(self.body * 2) / 2, True)
        return None

    def _font_of(self, row: Row) -> int:
        fonts = {word.font for word in row.words}
        return fonts.pop() if len(fonts) == 1 else self._body_font

    def rank(self, headings: Iterable[tuple[tuple[float, bool], str, int]]) -> None:
        """Learns which styles the document's headings have, from the style, text and page of each.

        Styles that only a cover has do not count: a title set in five sizes would push every chapter down.
        """
        found = list(headings)
        inside = {style for style, _, page in found if page > _COVER_PAGES} or {style for style, *_ in found}
        sizes = sorted({size for size, _ in inside}, reverse=True)
        merged = {size: next(other for other in sizes if other - size <= 0.5) for size in sizes}
        keys = sorted({(merged[size], bold) for size, bold in inside}, key=lambda key: (-key[0], not key[1]))
        self._ranks = {(size, bold): min(keys.index((merged[size], bold)) + 1, _LEVELS) for size, bold in inside}
        for style, text, _ in found:
            self._depths[style] = min(self._depths.get(style, 9), _depth(text))

    def level(self, style: tuple[float, bool], text: str) -> int:
        """The level of a heading of this style; "2.1 …" stands one below "2 …" where both are set alike."""
        size, bold = style
        above = [rank for (other, heavy), rank in self._ranks.items() if (other, heavy) > (size, bold)]
        base = self._ranks.get(style, max(above, default=0) + 1)
        return min(base + max(_depth(text) - self._depths.get(style, 0), 0), _LEVELS)


def _depth(text: str) -> int:
    numbered = re.match(r"\d{1,2}((?:\.\d{1,2})*)", text)
    return numbered.group(1).count(".") if numbered else 0


def is_whole(rows: Sequence[Row]) -> bool:
    """Whether rows of one heading's style that stand together are a heading, not a paragraph set large or bold."""
    text = " ".join(row.text for row in rows)
    if len(rows) > _MOST_ROWS or len(text) > _LONGEST:
        return False
    return not _ENDS_SENTENCE.search(text) or bool(_NUMBERED.match(text)) or len(text) < 30
