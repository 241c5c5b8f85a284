"""Figures of whole runs: computed as the tasks compute them, and compared with the promises of the paired tests."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.records import QuestionResult, Run
from eval.runs import compare_runs
from eval.runs.whole_runs import figure_of, rows_of
from eval.statistics.paired import Verdict, paired_difference
from eval.statistics.whole_runs import difference_of
from eval.tasks.abstention import evaluate_abstention
from eval.tasks.latency import evaluate_latency
from tests.eval.tasks.small_sets import settings_at, write_set
from tests.fakes import HashEmbedder


def mean(rows: np.ndarray) -> float:
    return float(rows[:, 0].mean())


@settings(max_examples=5)
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1)), min_size=2, max_size=12))
def test_a_mean_differs_as_the_paired_test_says(both: list[tuple[float, float]]) -> None:
    first, second = (np.array(values) for values in zip(*both, strict=True))
    found = difference_of(mean, first[:, None], second[:, None])
    expected = paired_difference(first, second)
    assert found.interval.mean == pytest.approx(expected.interval.mean)
    assert found.p == pytest.approx(0 if expected.p < 0.02 else expected.p, abs=0.06)  # 2,000 draws against 10,000


def test_identical_runs_never_differ_and_swapping_them_turns_the_difference_around() -> None:
    generator = np.random.default_rng(2)
    first, second = generator.random((40, 1)), generator.random((40, 1))
    assert difference_of(mean, first, first) == ((0, 0, 0), 1)
    forth, back = difference_of(mean, first, second), difference_of(mean, second, first)
    assert forth.interval.mean == pytest.approx(-back.interval.mean)
    assert forth.p == back.p
    with pytest.raises(ValueError, match="40 and 39"):
        difference_of(mean, first, second[:-1])


@pytest.mark.parametrize("task", ["abstention", "latency"])
def test_every_figure_of_a_task_is_computed_again_as_the_task_computes_it(task: str, tmp_path: Path) -> None:
    measure = {"abstention": evaluate_abstention, "latency": evaluate_latency}[task]
    folder, home = write_set(tmp_path / "set"), settings_at(tmp_path / "home")
    run = measure(folder, home, cache=tmp_path / "cache", embedder=HashEmbedder())  # type: ignore[operator]
    values = {name for query in run.queries for name in query.values}
    figures = [name for name in run.metrics if name not in values]
    assert figures
    for name in figures:
        figure = figure_of(name)
        assert figure is not None, name
        rows = rows_of(figure, run.queries)
        assert rows is not None, name
        assert figure.statistic(rows) == pytest.approx(run.metrics[name].mean, nan_ok=True), name


def abstention(confidences: np.ndarray) -> Run:
    """120 questions, every second one rightly answered, none refused."""
    queries = tuple(
        QuestionResult(
            str(number), "?", {"confidence": float(confidence), "right": number % 2.0}, {"kind": "answerable"}
        )
        for number, confidence in enumerate(confidences)
    )
    run = Run("tiny", "abstention", {}, {}, queries)
    figures = [figure_of(name) for name in ("AURC", "AUROC right")]
    found = [figure.statistic(rows) for figure in figures if figure and (rows := rows_of(figure, queries)) is not None]
    interval = (found[0], found[0], found[0])
    return replace(run, metrics={"AURC": interval, "AUROC right": interval})  # type: ignore[dict-item]


def test_a_confidence_that_knows_more_is_better_in_both_areas() -> None:
    generator = np.random.default_rng(1)
    right = np.arange(120) % 2
    blind, sharp = abstention(generator.random(120)), abstention(right + generator.random(120))
    verdicts = {change.name: change.verdict for change in compare_runs(blind, sharp).metrics}
    assert verdicts == {"AURC": Verdict.BETTER, "AUROC right": Verdict.BETTER}
    again = abstention(generator.random(120))
    assert {change.verdict for change in compare_runs(blind, again).metrics} == {Verdict.NOT_SHOWN}


def test_a_slower_run_is_worse_in_its_percentiles() -> None:
    generator = np.random.default_rng(1)
    fast = generator.gamma(4, 5, 80)
    runs = []
    for times in (fast, fast * 1.5):
        queries = tuple(QuestionResult(str(i), "?", {"answer ms": float(value)}) for i, value in enumerate(times))
        interval = (0.0, 0.0, 0.0)
        runs.append(Run("tiny", "latency", {}, {"answer ms p50": interval}, queries))  # type: ignore[dict-item]
    change = compare_runs(*runs).metrics[0]
    assert change.before == pytest.approx(np.median(fast))
    assert change.verdict is Verdict.WORSE


def test_a_figure_that_nobody_knows_is_none() -> None:
    assert figure_of("something else") is None
