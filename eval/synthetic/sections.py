"""What stands under a heading or in an article: the sentences that may answer a question about it."""

from __future__ import annotations

import re

from eval.synthetic.records import Span
from kb.records import Document, MarkKind
from kb.text.sentences import split_sentences

_MOST = 5  # sentences: any of the first ones answers what a section says; a longer list is no help to its reader
_SHORTEST = 12  # characters of a sentence that says something; six in Chinese
_SHORTEST_CHINESE = 6
_LETTER = re.compile(r"[^\W\d_]")
_NUMBERING = re.compile(
    r"^\s*(?:(?:Section|Article|Clause|Chapter|Part|§)\s*[\dIVXLC.]+[A-Za-z]?[.:)]?\s*|\d+(?:\.\d+)*[.)、]?\s+|"
    r"\(?[0-9A-Za-z]{1,3}[.)]\s+|第\s?[0-9〇零一二三四五六七八九十百千]+\s?[编編章节節条條篇]\s*|"
    r"[（(]?[一二三四五六七八九十]{1,3}[）)、．.]\s*)"
)


_ITEM_NUMBER = re.compile(
    r"^\s*(?:\d+(?:\.\d+)+\s+|\(?[0-9A-Za-z]{1,3}[.)]\s+|[（(][一二三四五六七八九十]{1,3}[）)]\s*|"
    r"第[0-9〇零一二三四五六七八九十百千]+[条條]\s*|[•·▪◦–—-]\s+)"
)


def sentences_of(document: Document, start: int, end: int, *, is_chinese: bool) -> tuple[Span, ...]:
    """The first sentences of prose in `[start:end]`, as spans without white space around them; no rows of tables."""
    found: list[Span] = []
    for first, last in split_sentences(document.text[start:end]):
        text = document.text[start + first : start + last]
        inner = _ITEM_NUMBER.match(text)
        begin = start + first + (inner.end() if inner and inner.end() < len(text) else 0)
        begin += len(document.text[begin : start + last]) - len(document.text[begin : start + last].lstrip())
        stop = begin + len(document.text[begin : start + last].rstrip())
        said = document.text[begin:stop]
        if " | " not in said and len(said) >= (_SHORTEST_CHINESE if is_chinese else _SHORTEST) and _LETTER.search(said):
            found.append((begin, stop))
        if len(found) == _MOST:
            break
    return tuple(found)


def headings_with_bodies(document: Document) -> list[tuple[str, int, int, int]]:
    """Each heading's words, level, and the span from its end to the next heading (of any level)."""
    marks = [mark for mark in document.marks if mark.kind is MarkKind.HEADING]
    ends = [*(mark.start for mark in marks[1:]), len(document.text)]
    return [
        (" ".join(document.text[mark.start : mark.end].split()), mark.number, mark.end, end)
        for mark, end in zip(marks, ends, strict=False)  # (without marks there is one end and no heading)
    ]


def without_number(heading: str) -> str:
    """A heading without the number in front of it."""
    previous = ""
    while heading != previous:
        previous, heading = heading, _NUMBERING.sub("", heading)
    return heading.strip(" .:：。、-–—")
