"""How good rankings are, by ir-measures: every judged question counts, also one for which nothing was returned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Grades = Mapping[str, Mapping[str, int]]  # question → passage → grade
Rankings = Mapping[str, Sequence[str]]  # question → passages, best first

MEASURES = ("nDCG@10", "Recall@10", "Recall@100", "MRR@10", "Success@5")
DOCUMENT_MEASURES = ("MRR@10", "Success@5")

_NAMES_IN_IR_MEASURES = {"Recall@10": "R@10", "Recall@100": "R@100", "MRR@10": "RR@10"}


def measure_rankings(
    grades: Grades, rankings: Rankings, measures: Sequence[str] = MEASURES
) -> dict[str, dict[str, float]]:
    """Value by measure by question, for every question of `grades`, in its order."""
    import ir_measures

    parsed = {ir_measures.parse_measure(_NAMES_IN_IR_MEASURES.get(name, name)): name for name in measures}
    judged = [
        ir_measures.Qrel(question, passage, grade)
        for question, passages in grades.items()
        for passage, grade in passages.items()
    ]
    ranked = [
        ir_measures.ScoredDoc(question, passage, float(-place))  # places, since ties would be put in order of the ids
        for question, passages in rankings.items()
        for place, passage in enumerate(passages)
    ]
    values: dict[str, dict[str, float]] = {question: dict.fromkeys(measures, 0.0) for question in grades}
    metric: Any
    for metric in ir_measures.iter_calc(list(parsed), judged, ranked):
        if metric.query_id in values:
            values[metric.query_id][parsed[metric.measure]] = float(metric.value)
    return values


def by_document(ranking: Sequence[str], document_of: Mapping[str, str]) -> list[str]:
    """The documents of the ranked passages, each at the place of its best passage."""
    return list(dict.fromkeys(document_of[passage] for passage in ranking))
