"""Notices when a model says the same thing again and again, which small models do until their tokens are spent."""

from __future__ import annotations

import re

# Endless is what stands there four times in a row and fills a line and a half: a list of four short entries, a rule
# of dashes, or a refrain asked for are less.
_TIMES = 4
_CHARACTERS = 120
_LONGEST_UNIT = 400  # characters repeated as one: two long sentences
_LOOK_EVERY = 40  # characters: one look costs some 0.4 ms, and an answer has some 3,000

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

    By the Z-function (Gusfield, Algorithms on Strings, 1997, ch. 1) of the text read backwards: where its suffix from
    `period` on shares `length` characters with its beginning, the end of the text has this period for that long.
    """
    backwards = text[::-1]
    lengths = _z_function(backwards)
    for period in range(1, min(_LONGEST_UNIT, len(text) - 1) + 1):
        if lengths[period] + period >= max(_TIMES * period, _CHARACTERS):
            return text[-period:]
    return ""


def _z_function(text: str) -> list[int]:
    """For each place, how many characters from it on are those that the text begins with."""
    lengths = [0] * len(text)
    left = right = 0
    for place in range(1, len(text)):
        length = min(right - place, lengths[place - left]) if place < right else 0
        while place + length < len(text) and text[length] == text[place + length]:
            length += 1
        lengths[place] = length
        if place + length > right:
            left, right = place, place + length
    return lengths
