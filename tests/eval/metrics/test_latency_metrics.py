from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.latency import MeteredModel, percentile
from kb.records import Turn
from tests.fakes import ScriptedChatModel


def characters(texts: Sequence[str]) -> list[int]:
    return [len(text) for text in texts]


def test_percentiles_lie_between_the_nearest_measurements() -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], 50) == 2.5
    assert percentile([1.0, 2.0], 95) == pytest.approx(1.95)
    assert np.isnan(percentile([], 50))


@settings(max_examples=60)
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=30), st.floats(0, 100))
def test_a_percentile_is_never_outside_the_measurements(values: list[float], percent: float) -> None:
    assert min(values) <= percentile(values, percent) <= max(values)
    assert percentile(values, 50) <= percentile(values, 95)


def test_a_metered_model_says_the_same_and_counts_what_went_in_and_out() -> None:
    meter = MeteredModel(ScriptedChatModel(["ab", "c"], ["第十二条"]), characters)
    assert list(meter.stream("rules", [Turn("user", "why?")])) == ["ab", "c"]
    assert "".join(meter.stream("", [])) == "第十二条"
    assert meter.read() == (9, 7)
    assert meter.read() == (0, 0)
    assert meter.name == "scripted"


def test_a_reply_that_is_broken_off_is_closed_and_counts_as_far_as_it_came() -> None:
    model = ScriptedChatModel(["ab", "cd"])
    meter = MeteredModel(model, characters)
    reply = meter.stream("", [])
    assert next(reply) == "ab"
    reply.close()  # type: ignore[attr-defined]  # a generator
    assert (meter.read().given, model.closed) == (2, 1)
