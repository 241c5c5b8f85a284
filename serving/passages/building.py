"""From ranked hits to what is read for an answer.

The same text is read once; neighbours are joined; one long document leaves room for others; all of it fits a budget of
tokens; and what stands in one document is read in its order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from kb.records import Hit, HitSource
from serving.answer_sources import Documents, DocumentsNow
from serving.passages.duplicates import fold_duplicates
from serving.passages.joining import goes_on, joined, touches
from serving.passages.records import Reading
from serving.passages.tokens import estimated_tokens

# Tokens of all passages together. With instructions (450), a question and a reply (800) that fits the 4,096 tokens that
# local servers start with, and ten passages of the packaged embedder's size fill it in English.
MOST_TOKENS = 2_500
_FRAME = 45  # tokens of the tags around a passage with its source and the key, which is some five tokens each time
_SHARE = 0.6  # of the tokens for one document, as long as another has something as good to say
_AS_GOOD = 0.5  # of the best score: what scores less is found for a word or two
# Of the best score, below which nothing is read: on six question sets none of 2,700 answering passages of the same
# language lies there, but two in ten of the first ten passages for a Chinese question.
_WORTH_READING = 0.25
_MOST_ADDED = 2  # passages before and after a hit: a table's head, a list's end
_LONGEST = 800  # tokens of a joined text: a model finds the sentence to cite, and a reader the place, in less


def build_readings(
    hits: Sequence[Hit], catalog: Documents, *, at_most: int = 10, most_tokens: int = MOST_TOKENS
) -> tuple[Reading, ...]:
    """What to read of `hits`: documents in the order of their best hits, each in its own order.

    The best hit is always among them, however long it is. A document that has been deleted or read anew since the
    search keeps its hits as they were found.

    Args:
        hits: of one search, best first.
        catalog: where neighbours stand.
        at_most: so many hits are read; what is joined to them does not count.
        most_tokens: of all texts together, by `estimated_tokens`.
    """
    read = [Reading(hit, rank) for rank, hit in enumerate(hits) if _is_as_good(hit, hits[0], _WORTH_READING)]
    unique = fold_duplicates(read)
    chosen, left = _within_budget(unique, at_most, most_tokens)
    with catalog.snapshot() as snapshot:
        return tuple(_joined_by_document(chosen, snapshot, left))


def _within_budget(readings: Sequence[Reading], at_most: int, most_tokens: int) -> tuple[list[Reading], int]:
    """The best readings that fit, those of a document that has had its share last; and the tokens that are left."""
    costs = [estimated_tokens(reading.hit.passage.text) + _FRAME for reading in readings]
    spent: dict[str, int] = {}
    first: list[int] = []
    later: list[int] = []
    for index, reading in enumerate(readings):
        document = reading.hit.passage.document_id
        had = spent.get(document, 0)
        over = had > 0 and had + costs[index] > _SHARE * most_tokens
        (later if over else first).append(index)
        if not over:
            spent[document] = had + costs[index]
    good = [index for index in first if _is_as_good(readings[index].hit, readings[0].hit, _AS_GOOD)]
    order = [*good, *later, *(index for index in first if index not in good)]
    chosen: list[Reading] = []
    left = most_tokens
    for index in order:
        if len(chosen) < at_most and (costs[index] <= left or not chosen):
            chosen.append(readings[index])
            left -= costs[index]
    return chosen, left


def _is_as_good(hit: Hit, best: Hit, share: float) -> bool:
    """Whether a hit scores `share` of the best one. A reranker's scores have no zero to measure from."""
    return hit.source is HitSource.RERANKED or hit.score >= share * best.score


def _joined_by_document(chosen: Sequence[Reading], snapshot: DocumentsNow, left: int) -> list[Reading]:
    documents: dict[str, list[Reading]] = {}
    for reading in sorted(chosen, key=lambda reading: reading.rank):
        documents.setdefault(reading.hit.passage.document_id, []).append(reading)
    built: list[Reading] = []
    for readings in documents.values():
        whole, left = _completed(readings, snapshot, left)
        built += _joined_neighbours(sorted(whole, key=lambda reading: reading.hit.passage.start), snapshot)
    return built


def _completed(readings: Sequence[Reading], snapshot: DocumentsNow, left: int) -> tuple[list[Reading], int]:
    """The readings of one document, those that are a part of something with its rest, as far as `left` tokens go."""
    there = {reading.hit.passage.order for reading in readings}
    whole: list[Reading] = []
    for reading in readings:
        hit = reading.hit
        for hit_added in _rest_of(hit, snapshot, there):
            longer = joined(hit_added, hit, snapshot) if _precedes(hit_added, hit) else joined(hit, hit_added, snapshot)
            cost = estimated_tokens(hit_added.passage.text)
            if longer is None or cost > left or estimated_tokens(longer.passage.text) > _LONGEST:
                continue
            there.add(hit_added.passage.order)
            hit, left = longer, left - cost
        whole.append(replace(reading, hit=hit))
    return whole, left


def _rest_of(hit: Hit, snapshot: DocumentsNow, there: set[int]) -> list[Hit]:
    """What goes on before and after a hit, the nearest first, as hits; none that is read already."""
    own = hit.passage
    around = snapshot.passages_between(own.document_id, own.order - _MOST_ADDED, own.order + _MOST_ADDED)
    by_order = {passage.order: passage for passage in around}
    if by_order.get(own.order) != own:  # read anew since the search, and cut elsewhere
        return []
    rest: list[Hit] = []
    for step in (-1, 1):
        nearest = own
        for order in range(own.order + step, own.order + step * (_MOST_ADDED + 1), step):
            passage = by_order.get(order)
            if passage is None or order in there:
                break
            if not (goes_on(passage, nearest) if step < 0 else goes_on(nearest, passage)):
                break
            rest.append(replace(hit, passage=passage))
            nearest = passage
    return rest


def _joined_neighbours(readings: Sequence[Reading], snapshot: DocumentsNow) -> list[Reading]:
    """Readings of one document in its order; those that touch are one."""
    whole: list[Reading] = []
    for reading in readings:
        longer = _as_one(whole[-1], reading, snapshot) if whole else None
        if longer is None:
            whole.append(reading)
        else:
            whole[-1] = longer
    return whole


def _as_one(one: Reading, two: Reading, snapshot: DocumentsNow) -> Reading | None:
    """Both as one, if they touch under one heading; what stands elsewhere too stays alone."""
    if one.also_at or two.also_at or not touches(one.hit.passage, two.hit.passage):
        return None
    if estimated_tokens(one.hit.passage.text) + estimated_tokens(two.hit.passage.text) > _LONGEST:
        return None
    hit = joined(one.hit, two.hit, snapshot)
    return Reading(hit, min(one.rank, two.rank)) if hit else None


def _precedes(one: Hit, two: Hit) -> bool:
    return one.passage.start < two.passage.start
