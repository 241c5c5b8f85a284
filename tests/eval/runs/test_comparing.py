import numpy as np
import pytest

from eval.runs import compare_runs, comparison_table, run_table
from eval.runs.directions import lower_is_better
from eval.statistics.paired import Verdict
from kb.errors import UsageError
from tests.eval.making_runs import make_run

GENERATOR = np.random.default_rng(6)
EASY = GENERATOR.uniform(0.2, 0.8, 60).tolist()
NOISE = GENERATOR.normal(0, 0.02, 60)
BETTER = [min(1.0, value + 0.1 + noise) for value, noise in zip(EASY, NOISE, strict=True)]


def test_a_run_does_not_differ_from_itself() -> None:
    run = make_run({"nDCG@10": EASY, "Success@5": [0.0, 1.0] * 30})
    comparison = compare_runs(run, run)
    assert {change.verdict for change in comparison.metrics} == {Verdict.NOT_SHOWN}
    assert {change.p for change in comparison.metrics} == {1.0}
    assert (comparison.better, comparison.worse, comparison.settings) == ((), (), ())


def test_what_got_better_is_worse_the_other_way_round() -> None:
    first, second = make_run({"nDCG@10": EASY}), make_run({"nDCG@10": BETTER})
    forth, back = compare_runs(first, second), compare_runs(second, first)
    assert (forth.metrics[0].verdict, back.metrics[0].verdict) == (Verdict.BETTER, Verdict.WORSE)
    assert [change.after.id for change in forth.better] == [change.after.id for change in back.worse]
    assert forth.better[0].change == max(change.change for change in forth.better)
    assert back.worse[0].change == min(change.change for change in back.worse)


def test_a_cost_is_better_when_it_falls() -> None:
    comparison = compare_runs(make_run({"CER": BETTER}), make_run({"CER": EASY}))
    assert comparison.metrics[0].difference is not None
    assert comparison.metrics[0].difference.mean < 0
    assert comparison.metrics[0].verdict is Verdict.BETTER
    assert len(comparison.better) > len(comparison.worse)


@pytest.mark.parametrize(
    "name", ["CER", "AURC", "E-AURC", "seconds", "answer ms", "search p95", "tokens", "wrong refusal"]
)
def test_costs_are_known_by_their_names(name: str) -> None:
    assert lower_is_better(name)


@pytest.mark.parametrize(
    "name", ["nDCG@10", "Recall@5", "token recall", "F1", "right refusal", "span precision@4", "MRR", "AUROC right"]
)
def test_gains_are_known_by_their_names(name: str) -> None:
    assert not lower_is_better(name)


def test_p_values_are_corrected_for_the_number_of_metrics() -> None:
    values = {f"metric {number}": [0.0, 1.0] * 30 for number in range(7)}
    first = make_run({"nDCG@10": EASY, **values})
    second = make_run({"nDCG@10": BETTER, **values})
    alone = compare_runs(make_run({"nDCG@10": EASY}), make_run({"nDCG@10": BETTER})).metrics[0]
    among = compare_runs(first, second).metrics[0]
    assert alone.p is not None
    assert among.p == pytest.approx(8 * alone.p)


def test_runs_with_other_questions_are_compared_on_the_common_ones_and_that_is_said() -> None:
    first = make_run({"F1": [1, 0, 0.5, 0]}, ids=["a", "b", "c", "d"])
    second = make_run({"F1": [0.5, 1, 1]}, ids=["c", "b", "new"])
    comparison = compare_runs(first, second)
    assert (comparison.questions, comparison.only_before, comparison.only_after) == (2, 2, 1)
    assert (comparison.metrics[0].before, comparison.metrics[0].after) == (0.25, 0.75)
    text = comparison_table(comparison)
    assert "2 questions in both runs" in text
    assert "only these are compared: 2 are in the first run alone, 1 in the second alone" in text


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (make_run({"F1": [1.0]}, name="another"), "sets 'tiny' and 'another'"),
        (make_run({"F1": [1.0]}, task="answers"), "tasks 'retrieval' and 'answers'"),
        (make_run({"F1": [1.0]}, ids=["elsewhere"]), "no question in common"),
        (make_run({"EM": [1.0]}), "do not both have any metric"),
    ],
)
def test_runs_that_cannot_be_compared_are_refused(other, said: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UsageError, match=said):
        compare_runs(make_run({"F1": [1.0]}), other)
    with pytest.raises(UsageError, match="nDCG"):
        compare_runs(make_run({"F1": [1.0]}), make_run({"F1": [1.0]}), "nDCG@10")


def test_what_was_set_differently_is_named() -> None:
    first = make_run({"F1": EASY}, config={"mode": "lexical", "model": "x", "part": ""})
    second = make_run({"F1": EASY}, config={"mode": "hybrid", "model": "x", "sample": 5})
    comparison = compare_runs(first, second)
    assert {name: (one, other) for name, one, other in comparison.settings} == {
        "mode": ("lexical", "hybrid"),
        "part": ("", None),
        "sample": (None, 5),
    }
    assert "mode: lexical → hybrid" in comparison_table(comparison)


def test_a_metric_of_the_whole_run_is_shown_and_never_said_to_differ() -> None:
    values = {"right": [0.0, 1.0], "AURC": [0.1, 0.1]}
    first = make_run(values)
    second = make_run({"right": [1.0, 1.0], "AURC": [0.9, 0.9]})
    for run in (first, second):
        for query in run.queries:
            del query.values["AURC"]  # type: ignore[attr-defined]
    change = compare_runs(first, second).metrics[1]
    assert (change.name, change.difference, change.p, change.verdict) == ("AURC", None, None, Verdict.NOT_SHOWN)
    assert "not tested" in comparison_table(compare_runs(first, second))


def test_the_table_is_aligned_also_where_names_are_chinese() -> None:
    run = make_run({"nDCG@10": EASY, "拒答": EASY})
    lines = run_table(run).splitlines()
    assert lines[0] == "tiny · retrieval · mode hybrid"
    places = [line.index("[") + sum(ord(letter) > 0x2E80 for letter in line[: line.index("[")]) for line in lines[1:]]
    assert len(set(places)) == 1


def test_a_comparison_prints_every_metric_and_the_questions_that_moved_most() -> None:
    first, second = make_run({"nDCG@10": EASY}), make_run({"nDCG@10": BETTER}, question="什么时候\n开门？")
    text = comparison_table(compare_runs(first, second))
    assert "better" in text
    assert "corrected for 1 metrics (Holm)" in text
    assert text.count("什么时候 开门？") == 5 + min(5, sum(b < a for a, b in zip(EASY, BETTER, strict=True)))
