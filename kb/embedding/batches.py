"""Batches of texts of like length, so that hardly any padding is computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Tokens = NDArray[np.int64]

# Lengths are rounded up to a multiple of this. OpenVINO generates code for every new shape (3 to 10 ms), so that few
# shapes cost less than the 3 % of padding; nearly every question then has one of two shapes.
LENGTH_STEP = 16


def plan_batches(lengths: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Positions in `lengths`, longest first, in batches whose padded size (count x longest) stays within `budget`.

    Lengths count as rounded up to `LENGTH_STEP`, as `pad` does. A text longer than the budget is a batch of its own.
    Every position comes exactly once.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    start = 0
    while start < len(order):
        count = max(1, budget // _rounded(lengths[order[start]]))
        yield order[start : start + count]
        start += count


def pad(rows: Sequence[Sequence[int]], pad_id: int, most: int) -> tuple[Tokens, Tokens]:
    """Token numbers and attention mask, padded on the right: (len(rows), longest row rounded up to the step).

    Rounding never goes past `most`, the model's window.
    """
    longest = min(_rounded(max(len(row) for row in rows)), most)
    numbers = np.full((len(rows), longest), pad_id, dtype=np.int64)
    mask = np.zeros((len(rows), longest), dtype=np.int64)
    for place, row in enumerate(rows):
        numbers[place, : len(row)] = row
        mask[place, : len(row)] = 1
    return numbers, mask


def _rounded(length: int) -> int:
    return max(1, -(-length // LENGTH_STEP)) * LENGTH_STEP
