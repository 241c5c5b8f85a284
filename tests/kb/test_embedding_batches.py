from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as some

from kb.embedding.batches import LENGTH_STEP, pad, plan_batches

LENGTHS = some.lists(some.integers(0, 600), max_size=200)


@given(LENGTHS, some.integers(1, 4096))
def test_every_text_is_in_exactly_one_batch(lengths: list[int], budget: int) -> None:
    batches = list(plan_batches(lengths, budget))
    assert sorted(place for batch in batches for place in batch) == list(range(len(lengths)))


@given(LENGTHS, some.integers(1, 4096))
def test_a_batch_keeps_to_its_budget_unless_it_is_a_single_text(lengths: list[int], budget: int) -> None:
    for batch in plan_batches(lengths, budget):
        longest = max(lengths[place] for place in batch)
        rounded = max(LENGTH_STEP, -(-longest // LENGTH_STEP) * LENGTH_STEP)
        assert len(batch) == 1 or len(batch) * rounded <= budget


@given(LENGTHS)
def test_batches_come_from_long_to_short(lengths: list[int]) -> None:
    order = [lengths[place] for batch in plan_batches(lengths, 1024) for place in batch]
    assert order == sorted(order, reverse=True)


def test_rows_are_padded_on_the_right_to_the_step() -> None:
    numbers, mask = pad([[5, 6, 7], [8]], pad_id=1, most=512)
    assert numbers.shape == mask.shape == (2, LENGTH_STEP)
    assert numbers[0, :4].tolist() == [5, 6, 7, 1]
    assert mask.sum(axis=1).tolist() == [3, 1]
    assert numbers.dtype == np.int64


def test_rows_are_never_padded_past_the_window() -> None:
    numbers, _ = pad([list(range(20))], pad_id=0, most=20)
    assert numbers.shape == (1, 20)
