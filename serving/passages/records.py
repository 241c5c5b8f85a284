"""What is read for an answer."""

from __future__ import annotations

from dataclasses import dataclass

from kb.records import Hit


@dataclass(frozen=True, slots=True)
class Reading:
    """A text to read for an answer: a hit, perhaps joined with its neighbours, and where else it stands.

    `hit.passage` is an exact span of its document, as every passage is: `document.text[start:end] == text`. `rank` is
    the best place, from 0, that any part of it had among the hits.
    """

    hit: Hit
    rank: int
    also_at: tuple[Hit, ...] = ()
