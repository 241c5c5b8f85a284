"""The task "abstention": whether what cannot be answered is refused, and whether confidence tells right from wrong.

A question is `right` when it is answerable and rightly answered (a gold answer stands in the answer), or unanswerable
and refused. Unanswerable is what the set calls so (for the passages that may be read), and every question of another
set that is mixed in. For the risk-coverage curve nothing is refused: a refused question is asked again, to be answered
however unsure, and "right if answered" says whether that would have been right (never where it is unanswerable, nor
where a model says that it cannot). "AUROC answerable" is that of the confidence against being answerable, over all
questions; "AUROC right" against being rightly answered, over those answered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from eval.metrics.refusals import measure_refusals
from eval.metrics.risk_coverage import (
    Values,
    area_under_risk,
    area_under_roc,
    excess_area_under_risk,
)
from eval.records import QuestionResult, Run
from eval.set_collection import Progress
from eval.sets import take_sample
from eval.statistics.intervals import Interval
from eval.tasks.answer_sets import AnsweredQuestion
from eval.tasks.answers import is_right
from eval.tasks.asking import Asking, Reply, ask_all, details_of, opened, run_of, statements_of
from eval.tasks.questions import read_answer_set
from eval.tasks.resampling import Places, interval_of
from kb.errors import UsageError
from kb.ports import ChatModel, Embedder
from kb.settings import Settings

_KIND = "kind"
_ANSWERABLE, _UNANSWERABLE, _OUT_OF_SCOPE = "answerable", "unanswerable", "out of scope"


def evaluate_abstention(
    folder: Path,
    settings: Settings,
    *,
    cache: Path,
    sample: int = 0,
    part: str = "",
    out_of_scope: Path | None = None,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    progress: Progress | None = None,
) -> Run:
    """Measures refusals and confidence over answerable and unanswerable questions.

    Args:
        folder: the set's folder.
        settings: the embedder and, where it names one, the chat model.
        cache: where collections and vectors of sets are kept.
        sample: how many of the set's own questions; 0 for all.
        part: only questions of this part of the set.
        out_of_scope: another set, whose questions this one's documents cannot answer; as many of them are mixed in as
            there are answerable ones.
        embedder: instead of the settings' one.
        model: instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: a file of a set is missing.
        UsageError: there are no unanswerable questions or no answerable ones, or a file cannot be read.
        ModelError: the model failed several times in a row.
    """
    content = read_answer_set(folder, part)
    known = [item for item in content.questions if not item.answerable or item.answers or item.parts]
    own = take_sample(known, sample)
    answerable = sum(question.answerable for question in own)
    mixed_in = questions_of_another_set(out_of_scope, answerable) if out_of_scope else []
    _check(folder, answerable, len(own) - answerable + len(mixed_in))
    with opened(content, settings, cache, embedder=embedder, model=model, progress=progress) as asking:
        kinds = [_ANSWERABLE if item.answerable else _UNANSWERABLE for item in own] + [_OUT_OF_SCOPE] * len(mixed_in)
        replies = ask_all(asking, own + mixed_in, progress)
        results = [_result(reply, kind, asking) for reply, kind in zip(replies, kinds, strict=True)]
        config = {"part": part, "sample": sample, "out of scope": out_of_scope.name if out_of_scope else ""}
        run = run_of("abstention", content, asking, results, config=config)
    means = {name: run.metrics[name] for name in ("right", "refused")}  # a mean confidence says nothing
    return replace(run, metrics=means | _metrics(results))


def questions_of_another_set(folder: Path, count: int) -> list[AnsweredQuestion]:
    """As many of its questions, as ones that cannot be answered here."""
    questions = take_sample(read_answer_set(folder).questions, count)
    return [AnsweredQuestion(f"{folder.name}/{item.id}", item.text, answerable=False) for item in questions]


def _check(folder: Path, answerable: int, unanswerable: int) -> None:
    if not answerable:
        raise UsageError(f"{folder} has no answerable questions with written answers", "refusing all would be perfect")
    if not unanswerable:
        raise UsageError(
            f"{folder} has no unanswerable questions",
            "answering all would be perfect",
            "Mix in the questions of another set",
        )


def _result(reply: Reply, kind: str, asking: Asking) -> QuestionResult:
    refused = reply.answer is not None and not reply.answered  # a failure is neither answer nor refusal
    said = _whatever(reply.question, asking) if refused else reply
    right_if_answered = is_rightly_answered(said)
    values = {
        "confidence": said.answer.confidence if said.answer else 0.0,
        "right": float((right_if_answered and not refused) if reply.question.answerable else refused),
        "right if answered": float(right_if_answered),
        "refused": float(refused),
    }
    return QuestionResult(reply.question.id, reply.question.text, values, details_of(reply, asking) | {_KIND: kind})


def is_rightly_answered(reply: Reply) -> bool:
    """Whether a question that can be answered was, and rightly."""
    sentences = [statement.text for statement in statements_of(reply.answer)]
    return reply.question.answerable and reply.answered and is_right(reply.question, sentences)


def _whatever(question: AnsweredQuestion, asking: Asking) -> Reply:
    """What would be said to a question that was refused, and how sure it would be."""
    return next(ask_all(asking, [question], deciding=replace(asking.deciding, whatever=True)))


def _metrics(results: Sequence[QuestionResult]) -> dict[str, Interval]:
    kinds = np.array([result.details[_KIND] for result in results])
    confidence, right, refused, right_if_answered = (
        np.array([result.values[name] for result in results])
        for name in ("confidence", "right", "refused", "right if answered")
    )
    wrong = 1.0 - right_if_answered
    answerable = kinds == _ANSWERABLE

    def refusals(field: int) -> Callable[[Places], float]:
        return lambda at: measure_refusals((refused[at] > 0).tolist(), answerable[at].tolist())[field]

    def answered_rightly(places: Places) -> float | None:
        shown = places[refused[places] == 0]
        return area_under_roc(confidence[shown], right[shown] > 0)

    everything = len(results)
    metrics = {
        f"refusal {name}": interval_of(refusals(field), everything)
        for field, name in enumerate(("precision", "recall", "F1"))
    }
    for kind in (_UNANSWERABLE, _OUT_OF_SCOPE):
        if 0 < (kinds == kind).sum() < (~answerable).sum():
            own = refused[kinds == kind]
            metrics[f"refusal recall, {kind}"] = interval_of(_mean_of(own), own.size)
    return metrics | {
        "AURC": interval_of(lambda places: area_under_risk(confidence[places], wrong[places]), everything),
        "E-AURC": interval_of(lambda places: excess_area_under_risk(confidence[places], wrong[places]), everything),
        "AUROC answerable": interval_of(lambda at: area_under_roc(confidence[at], answerable[at]), everything),
        "AUROC right": interval_of(answered_rightly, everything),
    }


def _mean_of(values: Values) -> Callable[[Places], float]:
    return lambda places: float(values[places].mean())
