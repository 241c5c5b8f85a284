"""A gate fails a run that is significantly worse than the recorded one, and nothing else."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from eval.own_questions import Gate, check_gate, read_gate
from eval.own_questions.gate import Bounds
from eval.own_questions.printing import gate_lines
from eval.records import QuestionResult, Run
from eval.statistics.intervals import bootstrap_interval
from kb.errors import NotFoundError, UsageError

ROOT = Path(__file__).parents[3]


def run_with(values: Mapping[str, Sequence[float]], *, first: int = 0, expected: str = "x", version: int = 1) -> Run:
    """A run whose question number n has the n-th value of each metric."""
    count = len(next(iter(values.values())))
    queries = tuple(
        QuestionResult(
            str(first + number),
            f"question {first + number}",
            {name: column[number] for name, column in values.items()},
            {"expected": {"answers": [expected]}},
        )
        for number in range(count)
    )
    metrics = {name: bootstrap_interval(column) for name, column in values.items()}
    return Run("c", "own questions", {"answers by": "extractive"}, metrics, queries, {"version": version})


def ones(right: int, of: int = 40) -> list[float]:
    return [1.0] * right + [0.0] * (of - right)


CONTAINS: Gate = {"answer contains": Bounds(may_fall=0.02)}


def test_an_equal_run_passes() -> None:
    run = run_with({"answer contains": ones(30)})
    report = check_gate(CONTAINS, run, run)
    assert report.passed
    assert report.checks[0].p == 1
    assert gate_lines(report)[-1] == "gate passed"


def test_a_few_answers_lost_by_chance_pass() -> None:
    assert check_gate(CONTAINS, run_with({"answer contains": ones(27)}), run_with({"answer contains": ones(30)})).passed


def test_a_significantly_worse_run_fails() -> None:
    now, recorded = run_with({"answer contains": ones(20)}), run_with({"answer contains": ones(30)})
    report = check_gate(CONTAINS, now, recorded)
    assert not report.passed
    (check,) = report.checks
    assert check.before == 0.75
    assert check.p is not None
    assert check.p < 0.05
    assert "fell by 0.250" in check.failure
    assert "FAIL" in gate_lines(report)[-2]
    assert check_gate(CONTAINS, recorded, now).passed  # better is never wrong


def test_what_the_gate_allows_passes_even_if_it_is_certain() -> None:
    now, recorded = run_with({"answer contains": ones(20)}), run_with({"answer contains": ones(30)})
    assert check_gate({"answer contains": Bounds(may_fall=0.25)}, now, recorded).passed


def test_a_cost_that_rises_fails() -> None:
    gate: Gate = {"wrong refusal": Bounds(may_rise=0.0)}
    now, recorded = run_with({"wrong refusal": ones(12)}), run_with({"wrong refusal": ones(2)})
    assert "rose" in check_gate(gate, now, recorded).checks[0].failure
    assert check_gate(gate, recorded, now).passed


def test_bounds_hold_without_a_recorded_run() -> None:
    gate: Gate = {"answer contains": Bounds(minimum=0.5), "seconds": Bounds(maximum=2.0)}
    assert check_gate(gate, run_with({"answer contains": ones(20), "seconds": [1.0] * 40}), None).passed
    report = check_gate(gate, run_with({"answer contains": ones(19), "seconds": [3.0] * 40}), None)
    assert "below the minimum" in report.checks[0].failure
    assert "above the maximum" in report.checks[1].failure


def test_several_metrics_are_corrected_for_being_several() -> None:
    now, recorded = ones(24), ones(30)  # six lost: p = .031 alone
    alone = check_gate(CONTAINS, run_with({"answer contains": now}), run_with({"answer contains": recorded}))
    assert not alone.passed
    gate = {**CONTAINS, "found@5": Bounds(may_fall=0.0)}
    both = check_gate(
        gate,
        run_with({"answer contains": now, "found@5": ones(40)}),
        run_with({"answer contains": recorded, "found@5": ones(40)}),
    )
    assert both.passed


def test_questions_added_removed_and_changed_are_said_and_not_compared() -> None:
    recorded = run_with({"answer contains": ones(40)})
    report = check_gate(CONTAINS, run_with({"answer contains": ones(0)}, first=30), recorded)
    assert report.pairs is not None
    assert (len(report.pairs.compared), len(report.pairs.added), len(report.pairs.removed)) == (10, 30, 30)
    said = "\n".join(gate_lines(report))
    assert "questions added: 30 (40, 41, 42, 43, 44, …)" in said
    assert "questions removed: 30" in said
    changed = run_with({"answer contains": ones(0)}, expected="y")
    with pytest.raises(UsageError, match="--record"):
        check_gate(CONTAINS, changed, recorded)


def test_what_else_changed_is_said() -> None:
    run = run_with({"answer contains": ones(30)})
    report = check_gate(CONTAINS, run, run_with({"answer contains": ones(30)}, version=7))
    assert report.changed == ("version: 7 → 1",)


def test_a_gate_that_cannot_be_held_is_wrong_usage() -> None:
    run = run_with({"answer contains": ones(30)})
    with pytest.raises(UsageError, match="Record one"):
        check_gate(CONTAINS, run, None)
    with pytest.raises(UsageError, match="no metric 'answers contain'"):
        check_gate({"answers contain": Bounds(minimum=0.5)}, run, None)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[metrics.MRR]\nmay_fal = 0.1\n", "unknown key 'may_fal'"),
        ("[metrics.MRR]\nmay_fall = '0.1'\n", "may_fall is '0.1'"),
        ("[metrics.MRR]\nmay_fall = true\n", "may_fall is True"),
        ("[metrics.MRR]\nmay_fall = -0.1\n", "not negative"),
        ("[metrics.MRR]\nmay_rise = 0.1\n", "Write may_fall"),
        ("[metrics.'wrong refusal']\nmay_fall = 0.1\n", "Write may_rise"),
        ("[metrics.MRR]\n", "held to nothing"),
        ("[metric.MRR]\nmay_fall = 0.1\n", "'metric'"),
        ("", "names no metric"),
        ("[metrics", "cannot read the gate"),
    ],
)
def test_what_is_wrong_with_a_gate_is_said(tmp_path: Path, text: str, what: str) -> None:
    (tmp_path / "gate.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        read_gate(tmp_path / "gate.toml")
    assert what in str(caught.value)


def test_the_example_gate_can_be_read() -> None:
    assert read_gate(ROOT / "examples" / "gate.toml")["answer contains"].may_fall is not None
    with pytest.raises(NotFoundError):
        read_gate(ROOT / "no-such-gate.toml")
