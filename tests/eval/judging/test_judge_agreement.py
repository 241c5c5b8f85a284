"""How far judges agree with people, on small sets laid out like the real ones."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.judging import Judge, measure_judge, measure_verifier
from eval.judging.agreement import balanced_accuracy, cohens_kappa, preference_accuracy, spearman, with_interval
from eval.judging.human_sets import read_judged_claims, read_preferences
from kb.errors import ModelError, NotFoundError, UsageError
from kb.ports import JsonSchema
from kb.settings import Settings
from serving.verification import LexicalVerifier
from tests.fakes import ScriptedChatModel

YES, NO = json.dumps({"verdicts": [1]}), json.dumps({"verdicts": [0]})


def preference(number: int, first: str, second: str, *labels: int) -> list[dict[str, Any]]:
    return [
        {
            "instance_id": number,
            "query": f"question {number}",
            "gt_answer": "gold",
            "model1": {"response": first},
            "model2": {"response": second},
            "correctness_label": label,
            "completeness_label": label,
            "overall_label": label,
        }
        for label in labels
    ]


def claim(text: str, evidence: str, support: str) -> dict[str, Any]:
    return {
        "claim": text,
        "evidence": [f"[1] https://example.org/a\n\n{evidence}"] if evidence else [],
        "support": support,
    }


CLAIMS = [
    claim("The library opens at 8:00 [1].", "The library opens at 8:00 on working days.", "Complete"),
    claim("The fee is 40 euros [1].", "The fee for a resit is 30 euros.", "Incomplete"),
    claim("The fee is 30 euros [1].", "The fee for a resit is 30 euros.", "Partial"),
    claim("Nobody could open this [2].", "x", "N/A"),
    claim("Its words are not in the set [2].", "", "Complete"),
]


@pytest.fixture
def sets(tmp_path: Path) -> Path:
    pairs = [
        *preference(1, "bad", "good", 2, 1),
        *preference(2, "good", "bad", -1, -1),
        *preference(3, "same", "same", 0),
    ]
    for name, lines in (("ragchecker-meta-en", pairs), ("expertqa-attribution-en", CLAIMS)):
        folder = tmp_path / "sets" / name
        folder.mkdir(parents=True)
        (folder / "data.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return tmp_path / "sets"


class KnowingModel:
    """Judges "good" answers right and "bad" ones wrong, and bears every claim out that says "opens" or "40"."""

    name = "knowing"

    def stream(
        self, system: str, turns: Any, *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Any:
        text = turns[0].text
        if '{"claims"' in text:
            said = re.search(r"<text-(\w+)>\n(.*)\n</text-\1>", text, re.DOTALL)
            yield json.dumps({"claims": [said[2] if said else ""]})
        elif '{"nuggets"' in text:
            yield json.dumps({"nuggets": ["gold"]})
        elif '"stated"' in text:
            yield '{"verdicts": [2]}' if "good" in text else '{"verdicts": [0]}'
        elif "gold" in text:
            yield NO if "bad" in text else YES
        else:
            yield YES if "opens" in text or "40" in text else NO


def test_a_judge_is_measured_against_people(sets: Path, tmp_path: Path) -> None:
    judge = Judge(KnowingModel(), tmp_path / "judging")
    better, fuller, support = measure_judge(Settings(home=tmp_path), sets, 0, judge=judge, at_once=2)
    assert better.figures["accuracy"].mean == fuller.figures["accuracy"].mean == 1
    assert better.figures["Spearman"].mean == pytest.approx(1)
    assert (better.judged, better.not_judged) == (3, 0)
    # One of one supported claim is found, and one of two unsupported ones: (1 + 1/2) / 2.
    assert support.figures["balanced accuracy"].mean == 0.75
    assert "knowing on expertqa-attribution-en" in support.line()


def test_what_a_judge_could_not_judge_does_not_count_for_or_against_it(sets: Path, tmp_path: Path) -> None:
    judge = Judge(ScriptedChatModel(*[ModelError("down")] * 9), tmp_path / "judging")
    agreements = measure_judge(Settings(home=tmp_path), sets, 0, judge=judge, at_once=1)
    assert [(one.judged, one.not_judged) for one in agreements] == [(0, 3), (0, 3), (0, 3)]
    assert all(not one.figures for one in agreements)
    assert "nothing (0 judged, 3 not judged)" in agreements[0].line()


def test_the_verifier_is_measured_without_a_model(sets: Path) -> None:
    agreement = measure_verifier(LexicalVerifier(), sets)
    assert (agreement.judge, agreement.judged) == ("LexicalVerifier", 3)
    assert agreement.figures["balanced accuracy"].mean == 0.75  # it takes the partly supported claim for supported


def test_human_judgements_are_read_as_they_are_meant(sets: Path) -> None:
    first, second, third = read_preferences(sets)
    assert (first.overall, second.overall, third.overall) == (1.5, -1, 0)
    kept = read_judged_claims(sets)
    assert [item.supported for item in kept] == [True, False, False]
    assert kept[0].claim == "The library opens at 8:00."
    assert kept[0].evidence == ("The library opens at 8:00 on working days.",)


def test_a_sample_is_the_same_every_time(sets: Path) -> None:
    assert read_preferences(sets, 2) == read_preferences(sets, 2)
    assert len(read_preferences(sets, 2)) == 2
    assert len(read_judged_claims(sets, 99)) == 3


def test_a_missing_or_damaged_set_is_named(sets: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"ragchecker-meta-en"):
        read_preferences(tmp_path)
    (sets / "expertqa-attribution-en" / "data.jsonl").write_text("{broken")
    with pytest.raises(UsageError, match="cannot read"):
        read_judged_claims(sets)


@given(st.lists(st.tuples(st.integers(-2, 2), st.integers(-2, 2)), min_size=4, max_size=30))
@settings(max_examples=50)
def test_figures_are_those_of_independent_implementations(pairs: list[tuple[int, int]]) -> None:
    metrics = pytest.importorskip("sklearn.metrics")
    stats = pytest.importorskip("scipy.stats")
    gold, said = (np.array(column, dtype=float) for column in zip(*pairs, strict=True))
    if len(set(gold)) > 1 and len(set(said)) > 1:
        assert spearman(gold, said) == pytest.approx(stats.spearmanr(gold, said).statistic)
    yes, found = gold > 0, said > 0
    if yes.any() and not yes.all():
        assert balanced_accuracy(gold, said) == pytest.approx(metrics.balanced_accuracy_score(yes, found))
        assert cohens_kappa(gold, said) == pytest.approx(metrics.cohen_kappa_score(yes, found))


def test_a_tie_of_the_judge_is_half_right() -> None:
    gold, said = np.array([1.0, -2.0, 0.0, 1.0]), np.array([0.5, 0.0, 3.0, -1.0])
    assert preference_accuracy(gold, said) == 0.5


def test_figures_that_cannot_be_computed_are_not_numbers() -> None:
    one_kind = np.array([1.0, 1.0])
    assert np.isnan(balanced_accuracy(one_kind, one_kind))
    assert np.isnan(spearman(one_kind, one_kind))
    assert np.isnan(cohens_kappa(one_kind, one_kind))
    assert np.isnan(with_interval(spearman, [], []).mean)
    interval = with_interval(balanced_accuracy, [1, 0] * 30, [1, 0, 1, 0, 0, 0] * 10)
    assert interval.low < interval.mean < interval.high
