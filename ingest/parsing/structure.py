"""Chapters and articles of statutes, regulations and contracts, found in any text by how their lines begin.

A line is only taken for an article if its number stands in a sequence with others: a cross-reference at the beginning
of a wrapped line ("第三条规定的…", "Section 5 of the Act") does not.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.parsing.numbering import number_of
from ingest.parsing.parts import order_marks
from kb.records import Mark, MarkKind

_DIGITS = "0-9０-９〇零一二三四五六七八九十百千两"
_CHAPTER = re.compile(
    rf"第\s?[{_DIGITS}]{{1,8}}\s?(分编|編|编|章|節|节|篇)(?=[\s\u3000:：]|$|[^\s的第、和或及至规規所])"
)
_ENGLISH_CHAPTER = re.compile(
    r"(?:(part)|(?:chapter|appendix|schedule|annex))\s+(?:\d{1,3}|[IVXLC]{1,7}|[A-Z])\b(?:\s*[.:–—-]\s*\S.*|\s+[A-Z].*)?$",
    re.IGNORECASE,
)
_RANKS = {"part": 0, "编": 0, "編": 0, "篇": 0, "分编": 1, "章": 2, "节": 3, "節": 3}
_LONGEST_HEADING = 45  # characters of a chapter's line; a longer one is a sentence that begins with a reference
_SENTENCE_END = re.compile(r"[。；;，,、.!！？?]$")
_CONTENTS_ENTRY = re.compile(r"(?:\.{3,}|…+|·{3,}|\s)\s*\d{1,4}$")  # "第一章 总则 …… 3" in a table of contents

_ARTICLE = re.compile(rf"(第\s?([{_DIGITS}]{{1,8}})\s?[条條](?:之([{_DIGITS}]{{1,3}}))?)(.?)(.?)")
_REFERENCE = "的规規第、和或及与與至到所中以款项項，,。；;）)"
_ENGLISH = re.compile(
    r"((Article|ARTICLE|Section|SECTION|Sec\.|§§?)\s?((?:\d{1,4}[A-Za-z]?(?:\.\d{1,4})*)|[IVXLC]{1,7}))(?=([^\w]?)(.{0,24}))"
)
_ENGLISH_REFERENCE = re.compile(
    r"\s*(?:,|;|\)|of\b|and\b|or\b|to\b|through\b|shall\b|above\b|below\b|hereof\b|is\b|are\b|was\b|does\b|applies\b|"
    r"requires\b|provides\b|states\b|may\b|in\b|\([a-z0-9]+\)\s*(?:of|and|or|,|shall|is)\b)"
)


@dataclass(frozen=True, slots=True)
class _Candidate:
    start: int
    label: str
    number: tuple[int, ...]
    kind: str
    line_end: int


def add_structure(text: str, marks: Sequence[Mark]) -> list[Mark]:
    """`marks` and, in order, HEADING marks of chapters and ARTICLE marks of articles that they do not have yet."""
    lines = _lines_outside_tables(text, marks)
    headings = _chapter_headings(text, lines, marks)
    headings_known = sorted(
        [*headings, *(mark for mark in marks if mark.kind is MarkKind.HEADING)], key=lambda m: m.start
    )
    candidates = _chinese_candidates(text, lines) + _english_candidates(text, lines)
    kinds = sorted({candidate.kind for candidate in candidates})
    sequences = {kind: _in_sequence([c for c in candidates if c.kind == kind]) for kind in kinds}
    containers = _containers(sequences)
    articles: list[Mark] = []
    for kind, sequence in sequences.items():
        if kind in containers:
            headings.extend(_as_headings(sequence, headings_known))
    headings_known = sorted({*headings_known, *headings}, key=lambda mark: mark.start)
    for kind, sequence in sequences.items():
        if kind not in containers:
            articles.extend(_article_marks(text, sequence, headings_known))
    return order_marks([*marks, *headings, *articles])


def _lines_outside_tables(text: str, marks: Sequence[Mark]) -> list[tuple[int, int]]:
    tables = [(mark.start, mark.end) for mark in marks if mark.kind is MarkKind.TABLE]
    lines: list[tuple[int, int]] = []
    position = 0
    for line in text.split("\n"):
        end = position + len(line)
        inside = bisect_right(tables, (position, len(text) + 1)) - 1
        if line and (inside < 0 or tables[inside][1] <= position):
            lines.append((position, end))
        position = end + 1
    return lines


def _chapter_headings(text: str, lines: Sequence[tuple[int, int]], marks: Sequence[Mark]) -> list[Mark]:
    known = {mark.start for mark in marks if mark.kind is MarkKind.HEADING}
    found: list[tuple[int, int, int]] = []  # start, end, rank
    for start, end in lines:
        match = _CHAPTER.match(text, start, end)
        line = text[start:end]
        if (
            match
            and len(line) <= _LONGEST_HEADING
            and not _SENTENCE_END.search(line)
            and not _CONTENTS_ENTRY.search(line)
        ):
            found.append((start, end, _RANKS.get((match.group(1) or "").lower(), 2)))
    following = {start: next_start for (start, _), (next_start, _) in itertools.pairwise(lines)}
    starts = {start: rank for start, _, rank in found}
    titles = [text[start:end].replace(" ", "") for start, end, _ in found]
    ranks = sorted({rank for *_, rank in found})
    result = []
    for (start, end, rank), title in zip(found, titles, strict=True):
        after = following.get(start, -1)
        listed = titles.count(title) > 1 and (after < 0 or starts.get(after, 9) <= 3)
        if start not in known and not listed:
            result.append(Mark(MarkKind.HEADING, start, end, 2 + ranks.index(rank)))
    return result


def _chinese_candidates(text: str, lines: Sequence[tuple[int, int]]) -> list[_Candidate]:
    found = []
    for start, end in lines:
        match = _ARTICLE.match(text, start, end)
        if match is None or (match.group(4) and match.group(4) in _REFERENCE):
            continue
        if match.group(4).isspace() and match.group(5) and match.group(5) in "规規的、和或款":
            continue
        number = number_of(match.group(2))
        if number:
            sub = number_of(match.group(3) or "") or 0
            found.append(_Candidate(start, match.group(1), (number, sub), "条", end))
    return found


def _english_candidates(text: str, lines: Sequence[tuple[int, int]]) -> list[_Candidate]:
    found = []
    for start, end in lines:
        match = _ENGLISH.match(text, start, end)
        if match is None or _ENGLISH_REFERENCE.match(match.group(4) + match.group(5)):
            continue
        if re.match(r"\s[a-z]", match.group(4) + match.group(5)):
            continue  # a sentence goes on in small letters: no title stands there
        parts = [number_of(re.sub(r"(?<=\d)[A-Za-z]$", "", piece)) or 0 for piece in match.group(3).split(".")]
        kind = "article" if match.group(2).lower() == "article" else "section"
        found.append(_Candidate(start, match.group(1), tuple(parts), kind, end))
    return found


def _in_sequence(candidates: list[_Candidate]) -> list[_Candidate]:
    """Those whose numbers rise, run by run; a run begins at every number 1. A run of one proves nothing."""
    runs: list[list[_Candidate]] = []
    for candidate in candidates:
        if not runs or (candidate.number[0] == 1 and candidate.number <= (1, 1) and runs[-1][-1].number[0] > 1):
            runs.append([])
        runs[-1].append(candidate)
    kept: list[_Candidate] = []
    for run in runs:
        rising = _longest_rising(run)
        if len(rising) >= 2 and any(b.number[0] - a.number[0] <= 1 for a, b in itertools.pairwise(rising)):
            kept.extend(rising)
    return kept


def _longest_rising(run: list[_Candidate]) -> list[_Candidate]:
    """The longest subsequence with strictly rising numbers (patience sorting)."""
    tails: list[tuple[int, ...]] = []
    ends: list[int] = []
    before: list[int] = []
    for index, candidate in enumerate(run):
        place = bisect_left(tails, candidate.number)
        before.append(ends[place - 1] if place else -1)
        if place == len(tails):
            tails.append(candidate.number)
            ends.append(index)
        else:
            tails[place], ends[place] = candidate.number, index
    chain = []
    index = ends[-1] if ends else -1
    while index >= 0:
        chain.append(run[index])
        index = before[index]
    return chain[::-1]


def _containers(sequences: dict[str, list[_Candidate]]) -> set[str]:
    """Where most articles hold two or more numbered sections, they are chapters: their sections are the rules."""
    articles, sections = sequences.get("article", []), sequences.get("section", [])
    starts = [candidate.start for candidate in articles]
    held = [bisect_right(starts, candidate.start) for candidate in sections]
    holding = sum(held.count(place) >= 2 for place in set(held) if place)
    return {"article"} if holding > len(articles) / 2 else set()


def _as_headings(sequence: list[_Candidate], known: Sequence[Mark]) -> list[Mark]:
    starts = {mark.start for mark in known}
    short = [c for c in sequence if c.line_end - c.start <= 2 * _LONGEST_HEADING and c.start not in starts]
    return [Mark(MarkKind.HEADING, candidate.start, candidate.line_end, 2) for candidate in short]


def _article_marks(text: str, sequence: list[_Candidate], headings: Sequence[Mark]) -> list[Mark]:
    marks = []
    level_at = {mark.start: mark.number for mark in headings}
    for index, candidate in enumerate(sequence):
        limit = sequence[index + 1].start if index + 1 < len(sequence) else len(text)
        own_level = level_at.get(candidate.start, 99)
        for heading in headings:
            if candidate.start < heading.start < limit and (own_level == 99 or heading.number <= own_level):
                limit = heading.start
                break
        end = candidate.start + len(text[candidate.start : limit].rstrip())
        marks.append(Mark(MarkKind.ARTICLE, candidate.start, end, candidate.number[0], candidate.label))
    return marks
