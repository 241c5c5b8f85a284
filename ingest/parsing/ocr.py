"""Pictures of text to words with boxes, by rapidocr, whose models come in its own package. Needs the extra `ocr`."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import lru_cache
from importlib.util import find_spec
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ingest.parsing.confinement import grant
from ingest.parsing.normalising import clean_text
from ingest.parsing.pdf.characters import Word, is_unspaced
from kb.errors import MissingPartError

ADVICE = "To read scans and pictures: pip install 'ibid[ocr]'"
_THREADS = 1  # a second one waits spinning: 11 CPU seconds a page instead of 8 (measured)
_SECONDS_A_PAGE = 20  # of CPU time: twice what a dense page took on a busy machine
_LEAST_SURE = 0.5  # mean probability of a line's characters; below it rapidocr reads patterns as letters
_FONT_OF_BOX = 0.8  # of a line box's height is the font's size


def is_installed() -> bool:
    """Whether the extra `ocr` is there."""
    if "rapidocr" in sys.modules:
        return sys.modules["rapidocr"] is not None  # None: its import is blocked
    return find_spec("rapidocr") is not None and find_spec("onnxruntime") is not None


def read_picture(picture: NDArray[np.uint8], points_per_pixel: float) -> list[Word]:
    """The words of a picture, shape (height, width, 3), blue green red; boxes in points.

    Raises:
        MissingPartError: the extra is not installed.
    """
    grant(_SECONDS_A_PAGE)
    found = _engine()(picture, return_word_box=True)
    if found.boxes is None:
        return []
    words: list[Word] = []
    for score, line in zip(found.scores, found.word_results, strict=True):
        if score >= _LEAST_SURE:
            words.extend(_words_of(line, points_per_pixel))
    return _with_even_sizes(words)


@lru_cache(maxsize=1)
def _engine() -> Any:
    if not is_installed():
        raise MissingPartError("pictures cannot be read", "the part for text recognition is not installed", ADVICE)
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "EngineConfig.onnxruntime.intra_op_num_threads": _THREADS,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "EngineConfig.onnxruntime.enable_cpu_mem_arena": False,  # it would keep each page's memory
        }
    )


def _words_of(line: Iterable[tuple[str, float, list[list[float]]]], scale: float) -> list[Word]:
    """The words of one line, all with the line's own upper and lower edge."""
    pieces = [(text, box) for raw, _, box in line if (text := clean_text(raw).replace(" ", ""))]
    if not pieces:
        return []
    top = min(point[1] for _, box in pieces for point in box) * scale
    bottom = max(point[1] for _, box in pieces for point in box) * scale
    middles = [sum(point[1] for point in box) / len(box) for _, box in pieces]
    if max(middles) - min(middles) > 0.25 * (bottom - top) / scale:  # a slanted line: each word where it stands
        edges = [(min(p[1] for p in box) * scale, max(p[1] for p in box) * scale) for _, box in pieces]
    else:
        edges = [(top, bottom)] * len(pieces)
    words: list[Word] = []
    for (text, box), (y0, y1) in zip(pieces, edges, strict=True):
        x0, x1 = min(point[0] for point in box) * scale, max(point[0] for point in box) * scale
        if words and x0 < words[-1].x1:  # neighbours overlap by a pixel or two
            x0 = min(words[-1].x1, x1)
        space = "" if is_unspaced(text) and words and is_unspaced(words[-1].text) else " "
        size = (y1 - y0) * _FONT_OF_BOX
        corners = (round(x0, 2), round(y0, 2), round(x1, 2), round(y1, 2))
        words.append(Word(text, *corners, size, bold=False, font=0, space=space, hyphen=False, turn=0))
    return words


def _with_even_sizes(words: list[Word]) -> list[Word]:
    """Heights of recognised lines vary by a fifth with their letters: near the page's usual one they are equal."""
    if not words:
        return words
    usual = median(word.size for word in words)
    return [
        word._replace(size=round(usual, 1) if 0.7 * usual < word.size < 1.35 * usual else word.size) for word in words
    ]
