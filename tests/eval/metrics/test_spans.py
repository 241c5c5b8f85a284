"""Span metrics against sets of single characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.metrics.spans import measure_spans
from eval.sets import Span

a_span = st.builds(
    lambda doc, start, length: Span(doc, start, start + length),
    st.sampled_from(["nda", "lease", "合同"]),
    st.integers(0, 40),
    st.integers(0, 25),
)
some_spans = st.lists(a_span, max_size=6)


def characters(spans: list[Span]) -> set[tuple[str, int]]:
    return {(span.doc, place) for span in spans for place in range(span.start, span.end)}


@given(some_spans, some_spans, st.integers(0, 7))
def test_precision_and_recall_count_every_character_once(gold: list[Span], retrieved: list[Span], k: int) -> None:
    wanted, found = characters(gold), characters(retrieved[:k])
    if not wanted:
        with pytest.raises(ValueError, match="no span recall"):
            measure_spans(gold, retrieved, k)
        return
    score = measure_spans(gold, retrieved, k)
    assert score.precision == (len(wanted & found) / len(found) if found else 0)
    assert score.recall == len(wanted & found) / len(wanted)


@given(some_spans.filter(characters), some_spans)
def test_neither_the_order_nor_the_way_of_cutting_counts(gold: list[Span], retrieved: list[Span]) -> None:
    letters = [Span(doc, place, place + 1) for doc, place in sorted(characters(retrieved))]
    assert measure_spans(gold, retrieved, len(retrieved)) == measure_spans(gold, letters, len(letters))
    assert measure_spans(gold, retrieved[::-1], len(retrieved)) == measure_spans(gold, retrieved, len(retrieved))


def test_the_values_are_those_computed_by_hand() -> None:
    gold = [Span("nda", 100, 200), Span("nda", 400, 450)]
    retrieved = [Span("nda", 150, 250), Span("nda", 220, 300), Span("lease", 100, 200), Span("nda", 0, 500)]
    assert measure_spans(gold, retrieved, 1) == (50 / 100, 50 / 150)
    assert measure_spans(gold, retrieved, 2) == (50 / 150, 50 / 150)  # 220 to 250 counts once
    assert measure_spans(gold, retrieved, 3) == (50 / 250, 50 / 150)  # another document's characters are others
    assert measure_spans(gold, retrieved, 4) == (150 / 600, 1)
    assert measure_spans(gold, [], 4) == (0, 0)


def test_a_span_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(ValueError, match="ends at 3"):
        measure_spans([Span("nda", 5, 3)], [], 1)
