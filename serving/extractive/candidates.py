"""The sentences of the hits, each once, with what the scorer needs to know about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from kb.records import Hit
from kb.text.sentences import split_sentences
from serving.extractive.terms import Terms, read_terms

# Longer sentences are quoted by clauses: six lines of print are as much as a reader takes in as one quote.
_LONGEST = 480
_LONGEST_CHINESE = 200  # a Chinese character carries what two to three Latin letters do
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
    """All sentences of the hits in order; one that several overlapping passages hold is taken from the best of them."""
    seen: set[tuple[str, int, int]] = set()
    candidates = []
    for rank, hit in enumerate(hits):
        passage = hit.passage
        for position, (start, end) in enumerate(_spans(passage.text)):
            place = (passage.document_id, passage.start + start, passage.start + end)
            if place in seen:
                continue
            seen.add(place)
            text = passage.text[start:end]
            candidates.append(Candidate(hit, rank, position, place[1], place[2], text, read_terms(text)))
    return candidates


def _spans(text: str) -> list[tuple[int, int]]:
    """Sentences, the very long ones cut into clauses."""
    spans = []
    for start, end in split_sentences(text):
        spans.extend(_clauses(text, start, end))
    return spans


def _clauses(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cuts `text[start:end]` at clause ends into as few pieces as the longest allowed quote permits."""
    longest = _LONGEST_CHINESE if _is_mostly_chinese(text[start:end]) else _LONGEST
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
    return sum("\u3400" <= character <= "\u9fff" for character in text) * 2 > len(text)
