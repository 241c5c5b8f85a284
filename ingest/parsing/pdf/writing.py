"""Rows to the text of a part, with a box for every word."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from ingest.parsing.normalising import joint_between
from ingest.parsing.parts import CELL_GAP
from ingest.parsing.pdf.characters import Word
from ingest.parsing.pdf.segments import Row, joint
from ingest.parsing.pdf.tables import split_words
from kb.records import WordBox

_HYPHENATED = re.compile(r"[^\W\d_]{2,}-$")
_KEPT = re.compile(r"(?:^|-)(?:self|non|so)-$", re.IGNORECASE)  # prefixes that keep their hyphen
_TAIL = re.compile(r"[\w-]+$")
_HEAD = re.compile(r"[\w-]+")


class Writer:
    """Collects the text of one part and where its words stand."""

    def __init__(self, vocabulary: Collection[str] = ()) -> None:
        self.pieces: list[str] = []
        self.words: list[WordBox] = []
        self.breaks: list[tuple[int, int]] = []
        self._length = 0
        self._page = 0
        self._vocabulary = vocabulary  # words, also with hyphens, that stand unbroken elsewhere in the document

    @property
    def text(self) -> str:
        """What has been written so far."""
        return "".join(self.pieces)

    def add_row(self, row: Row) -> None:
        """Writes a row after the last one, as the next line of a paragraph."""
        words = row.words
        if self._length:
            self._join_line(words[0])
        self._turn_to(row.page)
        self._add_words(words, row.page)

    def add_cells(self, row: Row, borders: Sequence[float]) -> None:
        """Writes a row of a table on a line of its own."""
        if self._length:
            self._write("\n")
        self._turn_to(row.page)
        cells = split_words(row, borders)
        while cells and not cells[-1]:
            cells.pop()
        first = True
        for cell in cells:
            if not first:
                self._write(CELL_GAP)
            first = False
            self._add_words(cell, row.page)

    def _add_words(self, words: Iterable[Word], page: int) -> None:
        before: Word | None = None
        for word in words:
            if before is not None:
                self._write(joint(before, word))
            start = self._length
            self._write(word.text)
            self.words.append(WordBox(start, self._length, page, word.x0, word.y0, word.x1, word.y1))
            before = word
        self._hyphen = before is not None and before.hyphen

    def _join_line(self, following: Word) -> None:
        last = self.pieces[-1]
        if following.text[:1].isalpha() and (self._hyphen or _HYPHENATED.search(last)):
            self._join_hyphen(last, following.text)
        elif self._hyphen and not last.endswith("-"):
            self._extend_last("-")
        else:
            self._write(joint_between(last[-1], following.text[0]))

    def _join_hyphen(self, last: str, following: str) -> None:
        """Joins a word parted at a line's end; its hyphen stays where the word has one by itself."""
        found = _HEAD.match(following)
        head = found.group().casefold() if found else ""
        stem = last.rstrip("-")
        start = _TAIL.search(stem)
        beginning = start.group().casefold() if start else ""
        if beginning + head in self._vocabulary:
            keep = False
        elif f"{beginning}-{head}" in self._vocabulary:
            keep = True
        else:
            keep = not following[0].islower() or _KEPT.search(stem + "-") is not None
        if keep and not last.endswith("-"):
            self._extend_last("-")
        elif not keep and last.endswith("-"):
            self.pieces[-1] = last[:-1]
            self._length -= 1
            self.words[-1] = self.words[-1]._replace(end=self._length)

    def _extend_last(self, sign: str) -> None:
        self._write(sign)
        self.words[-1] = self.words[-1]._replace(end=self._length)

    def _turn_to(self, page: int) -> None:
        if self._page and page != self._page:
            self.breaks.append((self._length, page))
        self._page = page

    def _write(self, text: str) -> None:
        if text:
            self.pieces.append(text)
            self._length += len(text)

    _hyphen = False
