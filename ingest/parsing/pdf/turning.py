"""Pages whose text runs sideways: laid out as if turned upright, their boxes turned back afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from ingest.parsing.pdf.characters import PageText, Word
from kb.records import WordBox


def upright(text: PageText) -> tuple[PageText, int]:
    """The page turned so that most of its text runs to the right, and the quarter turns that its text had.

    Words that run otherwise than most (stamps at the margin) are left out.
    """
    weights: Counter[int] = Counter()
    for word in text.words:
        weights[word.turn] += len(word.text)
    turn = weights.most_common(1)[0][0] if weights else 0
    words = [word for word in text.words if word.turn == turn]
    if turn:
        words = [_turned(word, turn, text.width, text.height) for word in words]
    width, height = (text.height, text.width) if turn % 2 else (text.width, text.height)
    return PageText(words, width, height), turn


def _turned(word: Word, turn: int, width: float, height: float) -> Word:
    x0, y0, x1, y1 = word.x0, word.y0, word.x1, word.y1
    if turn == 1:  # runs downwards
        box = (y0, width - x1, y1, width - x0)
    elif turn == 2:  # stands on its head
        box = (width - x1, height - y1, width - x0, height - y0)
    else:  # runs upwards
        box = (height - y1, x0, height - y0, x1)
    return word._replace(x0=box[0], y0=box[1], x1=box[2], y1=box[3])


def turn_back(boxes: Iterable[WordBox], turns: dict[int, tuple[int, float, float]]) -> list[WordBox]:
    """Boxes as the pages are shown. `turns` maps a page to the turn its text had, and to its shown width and height."""
    return [_back(box, *turns[box.page]) if box.page in turns else box for box in boxes]


def _back(box: WordBox, turn: int, width: float, height: float) -> WordBox:
    x0, y0, x1, y1 = box.x0, box.y0, box.x1, box.y1
    if turn == 1:
        corners = (width - y1, x0, width - y0, x1)
    elif turn == 2:
        corners = (width - x1, height - y1, width - x0, height - y0)
    else:
        corners = (y0, height - x1, y1, height - x0)
    left, top, right, bottom = (round(value, 2) for value in corners)
    return box._replace(x0=left, y0=top, x1=right, y1=bottom)
