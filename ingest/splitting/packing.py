"""From units to passages: where a passage must end, and where a run of units that is too long is best cut."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import accumulate

from ingest.splitting.units import Border, Unit

# What a cut at a border is worth, in units of the distance from the even cut to the beginning of the passage.
_WORTH = {
    Border.AFTER_HEADING: -3.0,  # a heading alone says nothing
    Border.INSIDE_SENTENCE: -1.0,
    Border.AFTER_LEAD: -0.4,
    Border.SENTENCE: 0.0,
    Border.LIST_ITEM: 0.25,
    Border.PARAGRAPH: 0.35,
    Border.HEADING: 0.6,
}


def pack(units: Sequence[Unit], max_tokens: int) -> Iterator[Sequence[Unit]]:
    """Cuts a group of units into passages of at most `max_tokens`, even in size, at the best borders.

    Only a unit that is larger by itself makes a larger passage. Takes time linear in the number of units.
    """
    sums = [0, *accumulate(unit.tokens for unit in units)]
    start = 0
    while sums[-1] - sums[start] > max_tokens and start + 1 < len(units):
        cut = _best_cut(units, sums, start, max_tokens)
        yield units[start:cut]
        start = cut
    yield units[start:]


def _best_cut(units: Sequence[Unit], sums: Sequence[int], start: int, max_tokens: int) -> int:
    remaining = sums[-1] - sums[start]
    passages = -(-remaining // max_tokens)
    ideal = remaining / passages
    best, best_score = start + 1, float("-inf")
    for cut in range(start + 1, len(units)):
        size = sums[cut] - sums[start]
        if size > max_tokens:
            break
        score = _WORTH[units[cut].border] - abs(size - ideal) / ideal
        if score > best_score:
            best, best_score = cut, score
    return best
