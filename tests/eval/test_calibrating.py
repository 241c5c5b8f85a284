from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.calibrating import fit_calibration
from kb.calibration import Calibration, calibration_from_json, calibration_to_json
from kb.errors import UsageError

_ANSWERS = st.lists(st.tuples(st.floats(0, 1), st.booleans()), min_size=20, max_size=120).filter(
    lambda items: len({right for _, right in items}) == 2
)


def fitted(items: list[tuple[float, bool]]) -> Calibration:
    confidences, right = zip(*items, strict=True)
    return fit_calibration(confidences, right, answered_by="extractive", fitted_on="test").calibration


def drawn(count: int, seed: int = 1) -> tuple[list[float], list[bool]]:
    """Answers whose confidence is twice as sure of itself as it should be."""
    generator = np.random.default_rng(seed)
    logits = generator.normal(0.5, 1.2, count)
    right = generator.random(count) < 1 / (1 + np.exp(-logits))
    return (1 / (1 + np.exp(-2 * logits))).tolist(), right.tolist()


@settings(max_examples=60)
@given(items=_ANSWERS, confidences=st.lists(st.floats(0, 1), min_size=2, max_size=10))
def test_a_surer_answer_never_has_a_lower_chance(items: list[tuple[float, bool]], confidences: list[float]) -> None:
    chances = [fitted(items).chance_of(confidence) for confidence in sorted(confidences)]
    assert all(0 <= chance <= 1 for chance in chances)
    assert all(low <= high + 1e-9 for low, high in pairwise(chances))


@settings(max_examples=60)
@given(items=_ANSWERS, risk=st.floats(0.01, 0.99))
def test_at_most_the_stated_share_of_what_is_answered_is_wrong(items: list[tuple[float, bool]], risk: float) -> None:
    calibration = fitted(items)
    least = calibration.answer_from(risk)
    answered = [right for confidence, right in items if calibration.chance_of(confidence) >= least - 1e-6]
    assert not answered or sum(not right for right in answered) / len(answered) <= risk + 1e-9


@settings(max_examples=30)
@given(items=_ANSWERS)
def test_it_is_read_back_as_it_was_written(items: list[tuple[float, bool]]) -> None:
    calibration = fitted(items)
    assert calibration_from_json(calibration_to_json(calibration), "a file") == calibration


@pytest.mark.parametrize("count", [120, 1500])
def test_a_confidence_that_is_too_sure_of_itself_is_set_right(count: int) -> None:
    fit = fit_calibration(*drawn(count), answered_by="extractive", fitted_on="test")
    assert fit.brier < fit.brier_before
    assert fit.error < fit.error_before
    assert fit.auroc is not None
    assert fit.auroc > 0.7


def test_a_smaller_risk_answers_less() -> None:
    calibration = fit_calibration(*drawn(400), answered_by="extractive", fitted_on="test").calibration
    assert calibration.answer_from(0.1) > calibration.answer_from(0.3) > calibration.answer_from(0.6)
    assert calibration.answer_from(0.0001) > 1  # nobody can promise that after 400 questions


def test_what_cannot_be_fitted_is_said() -> None:
    with pytest.raises(UsageError, match="too few"):
        fit_calibration([0.5] * 19, [True, False] * 9 + [True], answered_by="x", fitted_on="y")
    with pytest.raises(UsageError, match="all 20 answers are right"):
        fit_calibration([0.5] * 20, [True] * 20, answered_by="x", fitted_on="y")


@pytest.mark.parametrize("text", ["", "{}", '{"knots": [[0.5, 0.1], [0.4, 0.2]]}', "[1, 2]", '{"knots": 3}'])
def test_what_is_no_calibration_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"rates\.json is no calibration"):
        calibration_from_json(text, "rates.json")
