"""Judges the answers of a run and puts the verdicts beside its other values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from eval.judging.asking import Judge, NotJudgedError
from eval.judging.correctness import judge_correctness
from eval.judging.faithfulness import judge_faithfulness
from eval.judging.nuggets import judge_nuggets
from eval.records import QuestionResult, Run
from eval.statistics.intervals import bootstrap_interval
from serving.markers import without_markers

FAITHFULNESS, CORRECTNESS, NUGGETS = "faithfulness", "answer correctness", "nugget recall"

Progress = Callable[[str, int, int], None]  # stage, done, of

_AT_ONCE = 4  # calls to the judge: enough to keep a served model busy, few enough for a hosted one's limits


def judge_run(run: Run, judge: Judge, progress: Progress | None = None, *, at_once: int = _AT_ONCE) -> Run:
    """The run with faithfulness, answer correctness and nugget recall of every answer.

    Only answers are judged: a refusal claims nothing. What the judge could not judge is left out of the means, and the
    question's details say why under "not judged".

    Args:
        run: its questions' details hold "answer", "status", "citations" with their quotes, and "expected" with answers.
        judge: is asked about two to six times a question.
        progress: told what is done.
        at_once: questions judged at the same time.
    """
    queries: list[QuestionResult] = []
    with ThreadPoolExecutor(max_workers=at_once) as pool:
        for number, judged in enumerate(pool.map(lambda query: _judged(query, judge), run.queries), start=1):
            queries.append(judged)
            if progress:
                progress("judging", number, len(run.queries))
    metrics = dict(run.metrics)
    for name in (FAITHFULNESS, CORRECTNESS, NUGGETS):
        values = [query.values[name] for query in queries if name in query.values]
        if values:
            metrics[name] = bootstrap_interval(values)
    missed = sum("not judged" in query.details for query in queries)
    config = {**run.config, "judge": judge.name, "not judged": missed}
    return replace(run, queries=tuple(queries), metrics=metrics, config=config)


def _judged(query: QuestionResult, judge: Judge) -> QuestionResult:
    """The question with what the judge says of its answer."""
    details = query.details
    answer = without_markers(str(details.get("answer") or "")).strip()
    if not answer or details.get("status") == "refused":
        return query
    quotes = [str(cited.get("quote", "")) for cited in details.get("citations") or ()]
    golds = _golds(details)
    asked: dict[str, Callable[[], float]] = {
        FAITHFULNESS: lambda: judge_faithfulness(judge, query.question, answer, quotes)
    }
    if golds:
        asked[CORRECTNESS] = lambda: judge_correctness(judge, query.question, answer, golds)
        asked[NUGGETS] = lambda: max(judge_nuggets(judge, query.question, answer, gold) for gold in golds)
    values, failures = dict(query.values), {}
    for name, score in asked.items():
        try:
            values[name] = score()
        except NotJudgedError as error:
            failures[name] = str(error)
    return replace(query, values=values, details={**details, "not judged": failures} if failures else details)


def _golds(details: Mapping[str, Any]) -> Sequence[str]:
    expected = details.get("expected")
    return [str(gold) for gold in expected.get("answers") or ()] if isinstance(expected, Mapping) else []
