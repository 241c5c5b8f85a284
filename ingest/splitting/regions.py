"""From a document's marks to regions: stretches of text that are one heading, one table, or prose under one heading."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from kb.records import Document, Mark, MarkKind

# Media types whose pages are slides: each says one thing, so passages do not cross them.
_SLIDE_TYPES = ("presentation", "powerpoint")

_LONGEST_HEADING = 300  # characters; a longer "heading" is a paragraph that a parser took for one


class RegionKind(Enum):
    """What a region is made of."""

    HEADING = "heading"
    TABLE = "table"
    PROSE = "prose"


@dataclass(frozen=True, slots=True)
class Region:
    """A stretch of text between two borders that marks draw. `headings` is the path in force for text in it."""

    start: int
    end: int
    kind: RegionKind
    headings: tuple[str, ...]
    article: Mark | None = None
    slide: int = 0


def find_regions(document: Document) -> list[Region]:
    """Cuts the document at every border of a heading, table, article and slide.

    Where marks overlap, the one that begins last wins; marks that reach beyond the text are passed over. Regions are in
    order, disjoint, never white, and leave out nothing but white space.
    """
    text = document.text
    length = len(text)
    tables = _Cover(_usable(document.marks, MarkKind.TABLE, length))
    articles = _Cover(_usable(document.marks, MarkKind.ARTICLE, length))
    headings = _Cover(
        mark for mark in _usable(document.marks, MarkKind.HEADING, length) if mark.end - mark.start <= _LONGEST_HEADING
    )
    slides = _Cover(_usable(document.marks, MarkKind.PAGE, length) if _has_slides(document) else ())
    cuts = sorted({0, length}.union(*(cover.borders for cover in (tables, articles, headings, slides))))
    path: list[_Heading] = []
    regions: list[Region] = []
    for start, end in pairwise(cuts):
        piece = text[start:end]
        if not piece or piece.isspace():
            continue
        article, heading, slide = articles.at(start), headings.at(start), slides.at(start)
        kind = RegionKind.PROSE
        if heading is not None:
            kind = RegionKind.HEADING
            _enter_heading(path, heading, " ".join(text[heading.start : heading.end].split()))
        elif tables.at(start) is not None:
            kind = RegionKind.TABLE
        slide_number = slide.number if slide else 0
        regions.append(Region(start, end, kind, _names(path, article), article, slide_number))
    return regions


def _has_slides(document: Document) -> bool:
    return any(word in document.media_type for word in _SLIDE_TYPES)


def _usable(marks: Iterable[Mark], kind: MarkKind, length: int) -> list[Mark]:
    found = [mark for mark in marks if mark.kind is kind and 0 <= mark.start < mark.end <= length]
    return sorted(found, key=lambda mark: (mark.start, -mark.end))


class _Heading(NamedTuple):
    level: int
    name: str
    start: int


def _enter_heading(path: list[_Heading], mark: Mark, name: str) -> None:
    heading = _Heading(max(1, mark.number), name, mark.start)
    if path and path[-1] == heading:
        return  # the same heading, cut in two by the border of another mark
    while path and path[-1].level >= heading.level:
        path.pop()
    path.append(heading)


def _names(path: list[_Heading], article: Mark | None) -> tuple[str, ...]:
    """The path's names, with the article's number before the headings inside it, unless one of them says it already."""
    names = [heading.name for heading in path]
    if article is not None and article.label and not any(article.label in name for name in names):
        names.insert(sum(heading.start < article.start for heading in path), article.label)
    return tuple(names)


class _Cover:
    """Tells which mark covers a position; positions must be asked in rising order."""

    def __init__(self, marks: Iterable[Mark]) -> None:
        self._marks = list(marks)
        self.borders = {border for mark in self._marks for border in (mark.start, mark.end)}
        self._next = 0
        self._open: list[Mark] = []

    def at(self, position: int) -> Mark | None:
        """The mark around `position` that begins last, if any."""
        while self._next < len(self._marks) and self._marks[self._next].start <= position:
            self._open.append(self._marks[self._next])
            self._next += 1
        while self._open and self._open[-1].end <= position:
            self._open.pop()
        return self._open[-1] if self._open else None
