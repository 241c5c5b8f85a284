"""The sentences of the hits, each once, with what the scorer needs to know about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from kb.records import Hit
from kb.text.sentences import split_sentences
from serving.extractive.terms import Terms, read_terms

# Longer sentences are quoted by clauses: six lines of print are as much as a reader takes in as one quote.
_LONGEST = 480
_LONGEST_CHINESE = 200  # a Chinese character carries what two to three Latin letters do
_JOINED = 300  # the same for parts of one sentence that a semicolon parts
_JOINED_CHINESE = 150
_CELLS = " | "  # parts the cells of a table's row
_HAN = re.compile("[\u3400-\u9fff]+")
_CLAUSE_END = re.compile(r"[;；。]|[,，:：](?=\s|[\u3400-\u9fff])|\n| \| ")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One sentence that may answer. `start` and `end` are offsets into the document's text."""

    hit: Hit
    rank: int  # of the hit, from 0
    position: int  # of the sentence in its passage, from 0
    start: int
    end: int
    text: str
    terms: Terms


def read_candidates(hits: Sequence[Hit]) -> list[Candidate]:
    """All sentences of the hits in order; one that several overlapping passages hold is taken from the best of them.

    Headings are no candidates, nor is a table's first row; that row counts as said with each of the others.
    """
    seen: set[tuple[str, int, int]] = set()
    candidates = []
    for rank, hit in enumerate(hits):
        passage = hit.passage
        for position, (start, end, header) in enumerate(_without_headings(passage.text, passage.headings)):
            place = (passage.document_id, passage.start + start, passage.start + end)
            if place in seen:
                continue
            seen.add(place)
            text = passage.text[start:end]
            terms = read_terms(f"{header}\n{text}" if header else text)
            candidates.append(Candidate(hit, rank, position, place[1], place[2], text, terms))
    return candidates


@lru_cache(maxsize=4096)  # the passages that many questions find are read again for each; a few MB when full
def _without_headings(text: str, of_passage: tuple[str, ...]) -> tuple[tuple[int, int, str], ...]:
    """The spans to choose from, each with the first row of the table it stands in ("" outside tables).

    Args:
        text: of a passage.
        of_passage: its headings.
    """
    headings = {heading.strip() for heading in of_passage}
    spans = _spans(text)
    kept: list[tuple[int, int, str]] = []
    header, previous_end = "", 0
    for start, end in spans:
        row = text[start:end]
        begins = not header or text[previous_end:start].strip(" \n") != "" or "\n\n" in text[previous_end:start]
        previous_end = end
        if _CELLS not in row:
            header = ""
        elif begins:
            header = row
            continue
        if row.strip() not in headings:
            kept.append((start, end, header))
    return tuple(kept) or tuple((start, end, "") for start, end in spans)


def _spans(text: str) -> list[tuple[int, int]]:
    """Sentences; those cut at a semicolon put together again, the very long ones cut into clauses."""
    whole: list[tuple[int, int]] = []
    for start, end in split_sentences(text):
        if whole and _goes_on(text, whole[-1], start, end):
            whole[-1] = (whole[-1][0], end)
        else:
            whole.append((start, end))
    return [span for start, end in whole for span in _clauses(text, start, end)]


def _goes_on(text: str, before: tuple[int, int], start: int, end: int) -> bool:
    """Whether the span before ends in a semicolon on the same line, and both together are still short."""
    if text[before[1] - 1] not in ";；" or "\n" in text[before[1] : start]:
        return False
    joined = text[before[0] : end]
    return len(joined) <= (_JOINED_CHINESE if _is_mostly_chinese(joined) else _JOINED)


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cuts `text[start:end]` at clause ends into as few pieces as the longest allowed quote permits."""
    longest = _LONGEST
    if end - start > _LONGEST_CHINESE and _is_mostly_chinese(text[start:end]):
        longest = _LONGEST_CHINESE
    pieces = []
    while end - start > longest:
        cut = _last_clause_end(text, start, start + longest)
        pieces.append((start, cut))
        start = cut
        while start < end and text[start].isspace():
            start += 1
    pieces.append((start, end))
    return [(first, _trimmed(text, first, last)) for first, last in pieces if text[first:last].strip(" \n\t|")]


def _last_clause_end(text: str, start: int, limit: int) -> int:
    ends = [match.end() for match in _CLAUSE_END.finditer(text, start, limit)]
    usable = [cut for cut in ends if cut - start > (limit - start) // 3]  # not a stump of a few words
    if usable:
        return usable[-1]
    space = text.rfind(" ", start + 1, limit)
    return space if space > start else limit


def _trimmed(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _is_mostly_chinese(text: str) -> bool:
    return sum(map(len, _HAN.findall(text))) * 2 > len(text)
