"""Questions asked to be calibrated with: every one is answered, however unsure, and each answer is right or not."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from eval.calibrating import Fit, fit_calibration
from eval.own_questions.measuring import evaluate_collection
from eval.records import QuestionResult
from eval.set_collection import Progress
from eval.sets import take_sample
from eval.tasks.abstention import is_rightly_answered, questions_of_another_set
from eval.tasks.asking import ask_all, opened
from eval.tasks.questions import read_answer_set
from kb.ports import ChatModel, Embedder
from kb.questions.records import OwnQuestion
from kb.settings import Settings
from retriever import Searcher
from serving.deciding import EXTRACTIVE, Deciding

# Raw confidence, and nothing refused: what would have been refused says most about where refusing should begin.
_WHATEVER = Deciding(whatever=True)


class Outcome(NamedTuple):
    """One answer: its confidence, 0 to 1, and whether it is right."""

    confidence: float
    right: bool


def outcomes_of_set(
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
) -> list[Outcome]:
    """Asks the questions of a set, the unanswerable ones among them. Arguments and errors as in the task "abstention".

    A quarter as many of another set's questions are mixed in: people ask what their documents do not say, but seldom.
    """
    content = read_answer_set(folder, part)
    known = [item for item in content.questions if not item.answerable or item.answers or item.parts]
    questions = take_sample(known, sample)
    if out_of_scope:
        questions = [*questions, *questions_of_another_set(out_of_scope, len(questions) // 4)]
    with opened(content, settings, cache, embedder=embedder, model=model, progress=progress) as asking:
        replies = ask_all(asking, questions, progress, _WHATEVER)
        return [Outcome(reply.answer.confidence, is_rightly_answered(reply)) for reply in replies if reply.answer]


def outcomes_of_collection(
    settings: Settings,
    name: str,
    questions: Sequence[OwnQuestion],
    progress: Progress | None = None,
    *,
    searcher: Searcher | None = None,
    model: ChatModel | None = None,
) -> tuple[list[Outcome], str]:
    """Asks a collection its own questions.

    An answer is right when it holds the expected words or, where only a document is expected, cites it; never where the
    question has to be refused.

    Returns:
        The outcomes, and who answered: the model's name, or "extractive".
    """
    run = evaluate_collection(settings, name, questions, progress, searcher=searcher, model=model, deciding=_WHATEVER)
    found = [_outcome(result) for result in run.queries]
    return [outcome for outcome in found if outcome is not None], run.config["answers by"]


def fit_outcomes(outcomes: Sequence[Outcome], *, answered_by: str = EXTRACTIVE, fitted_on: str) -> Fit:
    """The calibration that these answers give; see `fit_calibration` for what is raised."""
    confidences, right = [item.confidence for item in outcomes], [item.right for item in outcomes]
    return fit_calibration(confidences, right, answered_by=answered_by, fitted_on=fitted_on)


def _outcome(result: QuestionResult) -> Outcome | None:
    """None where the model failed, or nothing is expected."""
    values = result.values
    if "confidence" not in values:
        return None
    if "right refusal" in values:
        return Outcome(values["confidence"], right=False)
    told = values.get("answer contains", values.get("cites document"))
    return None if told is None else Outcome(values["confidence"], told == 1.0)
