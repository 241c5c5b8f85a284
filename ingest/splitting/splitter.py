"""Cuts a document into passages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from ingest.splitting.groups import group_units
from ingest.splitting.packing import pack
from ingest.splitting.regions import Region, RegionKind, find_regions
from ingest.splitting.units import TokenCounter, Unit, find_units
from kb.records import MOST_PASSAGE_TOKENS, Document, MarkKind, Passage

# Names the rules of this package in a collection's embedding space: change it whenever passages come out differently.
SPLITTER_VERSION = "ibid-1"


def split_document(
    document: Document, count_tokens: TokenCounter, max_tokens: int = MOST_PASSAGE_TOKENS
) -> list[Passage]:
    """Cuts a document into passages: exact, ordered, disjoint spans that cover all of its text but white space.

    A passage never crosses a slide or the border of an article, never mixes a large table with prose, and begins with
    the heading it stands under. Under one heading, small pieces are packed together up to `max_tokens`, and what is
    longer is cut evenly, at paragraphs rather than list items rather than sentences. Tables are cut between rows. Only
    a sentence that is too long by itself is cut inside, at a clause or, failing that, between words.

    Args:
        document: with the marks its parser made.
        count_tokens: the embedder's `count_tokens`. It is called with thousands of texts at once.
        max_tokens: the size of a passage as the sum over its sentences. Only a single word (of up to 1,000 characters)
            may exceed it.
    """
    if max_tokens < 1:
        raise ValueError(f"max_tokens is {max_tokens}; it must be at least 1")
    text = document.text
    regions = find_regions(document)
    item_starts = frozenset(mark.start for mark in document.marks if mark.kind is MarkKind.LIST_ITEM)
    units = find_units(text, regions, item_starts, count_tokens, max_tokens)
    pages = _Pages(document)
    passages: list[Passage] = []
    for group in group_units(text, regions, units, max_tokens):
        for run in pack(group, max_tokens):
            start, end = run[0].start, run[-1].end
            passages.append(
                Passage(
                    document_id=document.id,
                    order=len(passages),
                    start=start,
                    end=end,
                    text=text[start:end],
                    headings=_headings_of(run, regions),
                    first_page=pages.at(start),
                    last_page=pages.at(end - 1),
                )
            )
    return passages


def _headings_of(run: Sequence[Unit], regions: Sequence[Region]) -> tuple[str, ...]:
    """The path of headings in force where the passage's own text begins."""
    for unit in run:
        if regions[unit.region].kind is not RegionKind.HEADING:
            return regions[unit.region].headings
    return regions[run[-1].region].headings


class _Pages:
    """Tells on which page a character stands."""

    def __init__(self, document: Document) -> None:
        marks = sorted((mark.start, mark.number) for mark in document.marks if mark.kind is MarkKind.PAGE)
        self._starts = [start for start, _ in marks]
        self._numbers = [number for _, number in marks]

    def at(self, position: int) -> int:
        """The page's number; text before the first page counts as on it; 0 where there are no pages."""
        if not self._starts:
            return 0
        return self._numbers[max(0, bisect_right(self._starts, position) - 1)]
