"""Notices when a model says the same thing again and again, which small models do until their tokens are spent."""

from __future__ import annotations

import re

# Endless is what stands there four times in a row and fills a line and a half: a list of four short entries, a rule
# of dashes, or a refrain asked for are less.
_TIMES = 4
_CHARACTERS = 120
_LONGEST_UNIT = 400  # characters repeated as one: two long sentences
_LOOK_EVERY = 40  # characters
_TAIL = 8  # characters, of which few texts have the same ones twice in a line; fewer than any length looked for

# Numbering is new with every round of a loop, and changes nothing about its being one.
_NUMBERING = re.compile(r"\s*\[\d+(?:\s*[,，、-]\s*\d+)*\]|(?:(?<=\n)|^)\s*\d+[.)、．]\s*")


class RepetitionWatch:
    """Reads a reply as it streams, and says whether its end is one thing over and over."""

    def __init__(self) -> None:
        self._tail = ""
        self._unread = 0

    def read(self, piece: str) -> str:
        """Takes the next piece; returns what is repeated without end, "" as long as nothing is."""
        self._tail = (self._tail + piece)[-_TIMES * _LONGEST_UNIT * 2 :]
        self._unread += len(piece)
        if self._unread < _LOOK_EVERY:
            return ""
        self._unread = 0
        return _repeated_end(_NUMBERING.sub("", self._tail)[-_TIMES * _LONGEST_UNIT - 1 :])


def _repeated_end(text: str) -> str:
    """The unit that `text` ends in often enough, "" where there is none.

    A text whose end has a period for that long ends as it does one period earlier: only such places are looked at.
    """
    if len(text) < _CHARACTERS:
        return ""
    tail = text[-_TAIL:]
    place = text.rfind(tail, 0, len(text) - 1)
    while place >= 0 and (period := len(text) - _TAIL - place) <= _LONGEST_UNIT:
        length = max(_TIMES * period, _CHARACTERS)
        if length <= len(text) and text[-length:-period] == text[period - length :]:
            return text[-period:]
        place = text.rfind(tail, 0, place + _TAIL - 1)
    return ""
