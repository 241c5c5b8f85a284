"""How good rankings are, by ir-measures: every judged question counts, also one for which nothing was returned.

nDCG@k: Järvelin and Kekäläinen, TOIS 20 (2002), p. 422, gains as graded, logarithm of base 2. MAP, MRR, recall and
success as in trec_eval: a grade of 1 or more is relevant.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

Grades = Mapping[str, Mapping[str, int]]  # question → passage → grade
Rankings = Mapping[str, Sequence[str]]  # question → passages, best first

MEASURES = (
    "nDCG@10",
    "Recall@10",
    "Recall@100",
    "MRR@10",
    "Success@5",
    "MAP@100",
    "Recall@5",
    "Success@1",
    "Success@10",
)
DOCUMENT_MEASURES = ("MRR@10", "Success@5", "Success@1")

_NAMES_IN_IR_MEASURES = {"Recall": "R", "MRR": "RR", "MAP": "AP"}  # people's names; trec_eval's are single questions'
_AT_ONCE = 500  # questions handed over at one time, 100 passages each: 30 MB of its records


def measure_rankings(
    grades: Grades, rankings: Rankings, measures: Sequence[str] = MEASURES
) -> dict[str, dict[str, float]]:
    """Value by measure by question, for every question of `grades`, in its order.

    Measures are written as people write them, with their depth: "nDCG@10", "Recall@100", "MRR@10", "MAP@100",
    "Success@5"; any other notation of ir-measures is understood too.
    """
    import ir_measures

    parsed = {ir_measures.parse_measure(_name_in_ir_measures(name)): name for name in measures}
    values: dict[str, dict[str, float]] = {question: dict.fromkeys(measures, 0.0) for question in grades}
    for questions in _batches(grades, _AT_ONCE):
        judged = [ir_measures.Qrel(key, passage, grade) for key in questions for passage, grade in grades[key].items()]
        ranked = [
            ir_measures.ScoredDoc(key, passage, float(-place))  # places, since ties would be put in order of the ids
            for key in questions
            for place, passage in enumerate(rankings.get(key, ()))
        ]
        metric: Any
        for metric in ir_measures.iter_calc(list(parsed), judged, ranked):
            values[metric.query_id][parsed[metric.measure]] = float(metric.value)
    return values


def by_document(ranking: Sequence[str], document_of: Mapping[str, str]) -> list[str]:
    """The documents of the ranked passages, each at the place of its best passage."""
    return list(dict.fromkeys(document_of[passage] for passage in ranking))


def _name_in_ir_measures(name: str) -> str:
    kind, at, depth = name.partition("@")
    return f"{_NAMES_IN_IR_MEASURES.get(kind, kind)}{at}{depth}"


def _batches(keys: Mapping[str, object], size: int) -> Iterator[list[str]]:
    rest = iter(keys)
    while batch := list(islice(rest, size)):
        yield batch
