"""The words of one PDF page, read from pdfium with few calls: three for each character, four for each run of a font."""

from __future__ import annotations

import ctypes
import math
import re
import zlib
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ingest.parsing.normalising import UNSPACED, clean_text

_HYPHENS = (0x02, 0xFFFE, 0xAD)  # pdfium writes the first two for a hyphen that parts a word at a line's end
_SCALE = 1000  # PageToDevice answers in whole units: a thousandth of a point is exact enough
_BOLD = re.compile(rb"bold|black|heavy|semibold|demi|CMBX|SFBX|-medi\b|simhei|stheiti|-hei\b|heiti", re.IGNORECASE)
_FORCE_BOLD = 1 << 18  # font flag (PDF 32000-1, table 123)
_JUMP = 0.6  # of the character's height: a step up or down inside a word that ends it (an index, the next line)
_GAP = 0.35  # of the character's height: a gap inside a word that ends it; letter spacing stays below


class Word(NamedTuple):
    """A word, or one character of a script without spaces: clean text, and its box in points from the top left."""

    text: str
    x0: float
    y0: float
    x1: float
    y1: float
    size: float  # of the font, in points
    bold: bool
    font: int  # the same number for the same font
    space: str  # the white space before it in the file: "", " " or an ideographic space
    hyphen: bool  # a hyphen that may only part the word at the line's end stands after it
    turn: int  # quarter turns by which it is rotated clockwise as the page is shown: 0, 1, 2, 3


class PageText(NamedTuple):
    """What stands on a page, in the file's own order."""

    words: list[Word]
    width: float
    height: float


def read_page(raw: Any, page: Any, handles: Functions) -> PageText:
    """The words of `page`, a pdfium page handle. The caller closes it."""
    width, height = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    text_page = raw.FPDFText_LoadPage(page)
    if not text_page:
        return PageText([], width, height)
    try:
        count = raw.FPDFText_CountChars(text_page)
        if count <= 0:
            return PageText([], width, height)
        codes, boxes = handles.codes_and_boxes(text_page, count)
        corners = [_shown(raw, page, width, height, x, y) for x, y in ((0, 0), (100, 0), (0, 100))]
        boxes = _to_top_left(boxes, corners)
        spans = _word_spans(codes, boxes)
        across = (corners[1][0] - corners[0][0], corners[1][1] - corners[0][1])
        up = (corners[2][0] - corners[0][0], corners[2][1] - corners[0][1])
        styles = _styles(raw, text_page, spans, boxes, (across, up))
        return PageText(_words(codes, boxes, spans, styles), width, height)
    finally:
        raw.FPDFText_ClosePage(text_page)


class Functions:
    """pdfium's per-character functions, bound so that a call costs a third of a microsecond (measured)."""

    def __init__(self, raw: Any) -> None:
        pointer, number = ctypes.c_void_p, ctypes.c_int
        # PYFUNCTYPE keeps the interpreter's lock: giving it up and back would cost more than the call.
        self._unicode = ctypes.PYFUNCTYPE(ctypes.c_uint, pointer, number)(_address(raw.FPDFText_GetUnicode))
        self._box = ctypes.PYFUNCTYPE(number, pointer, number, pointer)(_address(raw.FPDFText_GetLooseCharBox))

    def codes_and_boxes(self, text_page: Any, count: int) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """Code points, shape (count,), and boxes left, top, right, bottom in page space, shape (count, 4)."""
        handle = ctypes.cast(text_page, ctypes.c_void_p).value
        boxes = np.zeros((count, 4), dtype=np.float32)
        start = boxes.ctypes.data
        codes = np.fromiter(map(self._unicode, [handle] * count, range(count)), dtype=np.uint32, count=count)
        for _ in map(self._box, [handle] * count, range(count), range(start, start + 16 * count, 16)):
            pass
        return codes, boxes


def _address(function: Any) -> int:
    return ctypes.cast(function, ctypes.c_void_p).value or 0


def _to_top_left(boxes: NDArray[np.float32], corners: list[tuple[float, float]]) -> NDArray[np.float32]:
    """Page space to points from the top left of the page as it is shown (rotated, cropped): x0, y0, x1, y1.

    `corners` are the shown places of (0, 0), (100, 0) and (0, 100).
    """
    (ox, oy), (ax, ay), (bx, by) = corners
    across, up = ((ax - ox) / 100, (ay - oy) / 100), ((bx - ox) / 100, (by - oy) / 100)
    xs, ys = boxes[:, [0, 2]], boxes[:, [1, 3]]
    # Both coordinates may depend on both: a page rotated by a quarter swaps them.
    shown_x = ox + xs * across[0] + ys * up[0]
    shown_y = oy + xs * across[1] + ys * up[1]
    return np.stack([shown_x.min(1), shown_y.min(1), shown_x.max(1), shown_y.max(1)], axis=1)


def _shown(raw: Any, page: Any, width: float, height: float, x: float, y: float) -> tuple[float, float]:
    shown_x, shown_y = ctypes.c_int(), ctypes.c_int()
    raw.FPDF_PageToDevice(page, 0, 0, round(width * _SCALE), round(height * _SCALE), 0, x, y, shown_x, shown_y)
    return shown_x.value / _SCALE, shown_y.value / _SCALE


def _word_spans(codes: NDArray[np.uint32], boxes: NDArray[np.float32]) -> NDArray[np.int64]:
    """First and last index (inclusive) of every word, shape (words, 2)."""
    blank = _is_blank(codes)
    seen = np.flatnonzero(~blank)
    if seen.size == 0:
        return np.zeros((0, 2), dtype=np.int64)
    wide = _is_unspaced(codes[seen])
    before, after = boxes[seen[:-1]], boxes[seen[1:]]
    height = np.maximum(np.maximum(before[:, 3] - before[:, 1], after[:, 3] - after[:, 1]), 1.0)
    upright = np.abs(after[:, 3] - before[:, 3]) > _JUMP * height
    apart = (after[:, 0] - before[:, 2] > _GAP * height) | (after[:, 2] < before[:, 0] - _GAP * height)
    # Rotated text steps up or down with every letter: there only blanks part words.
    turned = (np.abs(after[:, 0] - before[:, 0]) < 0.1 * height) & upright
    parted = (np.diff(seen) > 1) | wide[:-1] | wide[1:] | ((upright | apart) & ~turned)
    starts = seen[np.concatenate([[True], parted])]
    ends = seen[np.concatenate([parted, [True]])]
    return np.stack([starts, ends], axis=1)


def _is_blank(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    blank: NDArray[np.bool_] = (
        (codes <= 0x20) | ((codes >= 0x7F) & (codes <= 0xA0)) | (codes == 0xAD) | (codes == 0x3000) | (codes == 0xFEFF)
        | ((codes >= 0x2000) & (codes <= 0x200F)) | ((codes >= 0x2028) & (codes <= 0x202F)) | (codes >= 0x110000)
        | ((codes >= 0xFFF0) & (codes <= 0xFFFF))
    )  # fmt: skip
    return blank


def _is_unspaced(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Of scripts without spaces: the same ranges as `normalising.UNSPACED`, without a search for each."""
    unspaced: NDArray[np.bool_] = (
        ((codes >= 0x2E80) & (codes <= 0x312F)) | ((codes >= 0x31A0) & (codes <= 0x31BF))
        | ((codes >= 0x3400) & (codes <= 0x9FFF)) | ((codes >= 0xF900) & (codes <= 0xFAFF))
        | ((codes >= 0xFE30) & (codes <= 0xFE4F)) | ((codes >= 0xFF00) & (codes <= 0xFF65)) | (codes >= 0x20000)
    )  # fmt: skip
    return unspaced


_Vector = tuple[float, float]
_Style = tuple[float, bool, int, int]  # size, bold, font, turn


def _styles(
    raw: Any, text_page: Any, spans: NDArray[np.int64], boxes: NDArray[np.float32], axes: tuple[_Vector, _Vector]
) -> list[_Style]:
    """Font size in points, boldness and quarter turns of every word, asked once for neighbours of one height on a line.

    `axes` are the directions in which the page's own x and y run as it is shown.
    """
    matrix, name, flags = raw.FS_MATRIX(), ctypes.create_string_buffer(128), ctypes.c_int()
    (xx, xy), (yx, yy) = axes
    styles: list[_Style] = []
    tops = boxes[spans[:, 0], 1].tolist()
    bottoms = boxes[spans[:, 0], 3].tolist()
    known: tuple[float, float] | None = None
    since = 0
    for first, top, bottom in zip(spans[:, 0].tolist(), tops, bottoms, strict=True):
        if known == (top, bottom) and since < 8:
            styles.append(styles[-1])
            since += 1
            continue
        known, since = (top, bottom), 0
        raw.FPDFText_GetMatrix(text_page, first, matrix)
        scale = math.sqrt(abs(matrix.a * matrix.d - matrix.b * matrix.c)) or 1.0
        size = raw.FPDFText_GetFontSize(text_page, first) * scale
        length = raw.FPDFText_GetFontInfo(text_page, first, name, 128, flags)
        bold = bool(length and _BOLD.search(name.value)) or bool(flags.value & _FORCE_BOLD)
        angle = math.atan2(matrix.a * xy + matrix.b * yy, matrix.a * xx + matrix.b * yx)
        font = zlib.crc32(name.value) if length else 0
        styles.append((round(size, 1), bold, font, round(angle / (math.pi / 2)) % 4))
    return styles


def _words(
    codes: NDArray[np.uint32],
    boxes: NDArray[np.float32],
    spans: NDArray[np.int64],
    styles: list[_Style],
) -> list[Word]:
    if len(spans) == 0:
        return []
    edges = np.empty(len(spans) * 2, dtype=np.int64)
    edges[0::2], edges[1::2] = spans[:, 0], spans[:, 1] + 1
    padded = np.vstack([boxes, boxes[-1:]])
    low = np.minimum.reduceat(padded[:, :2], edges)[0::2].round(2).tolist()
    high = np.maximum.reduceat(padded[:, 2:], edges)[0::2].round(2).tolist()
    characters = codes.tolist()
    words: list[Word] = []
    end = 0
    for (first, last), (x0, y0), (x1, y1), style in zip(spans.tolist(), low, high, styles, strict=True):
        size, bold, font, turn = style
        between = characters[end:first]
        end = last + 1
        text = _text(characters[first:end])
        if not text:
            continue
        hyphen = end < len(characters) and characters[end] in _HYPHENS
        space = "" if not between else "\u3000" if 0x3000 in between else " "
        top = y0 if y1 > y0 else y1 - (size or 1.0)  # some fonts have no height of their own
        words.append(Word(text, x0, top, max(x1, x0), y1, size or y1 - y0, bold, font, space, hyphen, turn))
    return words


def _text(codes: list[int]) -> str:
    text = "".join(map(chr, codes))
    if (text.isascii() and text.isprintable()) or (len(text) == 1 and "\u4e00" <= text <= "\u9fff"):
        return text  # most words: nothing to clean
    return _cleaned(text)


@lru_cache(maxsize=8192)
def _cleaned(text: str) -> str:
    if any("\ud800" <= character <= "\udfff" for character in text):
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "ignore")
    return clean_text(text).replace("\n", "").replace(" ", "")


def is_unspaced(text: str) -> bool:
    """Whether `text` begins with a character of a script without spaces."""
    return text >= "\u2e80" and UNSPACED.match(text) is not None
