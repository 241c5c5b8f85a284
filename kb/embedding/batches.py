"""Batches of texts of like length, so that hardly any padding is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int64]


def plan_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions in `lengths`, longest first, in batches whose padded size (count x longest) stays within `budget`.

    A text longer than the budget is a batch of its own. Every position comes exactly once.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    start = 0
    while start < len(order):
        count = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + count]
        start += count


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tokens, Tokens]:
    """Token numbers and attention mask, both of shape (len(rows), longest row), padded on the right."""
    longest = max(len(row) for row in rows)
    numbers = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for place, row in enumerate(rows):
        numbers[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return numbers, mask
