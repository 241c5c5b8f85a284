"""Asks a collection every question of a set, through the answer path that terminal, server and app use."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Any

from eval.own_questions.scoring import details_of, missing_documents, values_of
from eval.records import QuestionResult, Run
from eval.runs import moment, stamped
from eval.statistics.intervals import bootstrap_interval
from kb.chat.openai_compatible import open_chat_model
from kb.errors import ModelError
from kb.ports import ChatModel, Verifier
from kb.questions.records import OwnQuestion
from kb.records import Answer, Finished, Hit, Searched
from kb.settings import LimitSettings, Settings
from retriever import Searcher, open_searcher
from serving.answering import PASSAGES, answer_question
from serving.deciding import EXTRACTIVE, Deciding, deciding_of
from serving.verifiers import verifier_of

TASK = "own questions"

Progress = Callable[[str, int, int], None]  # stage, done, of

# A model that fails this often in a row is down: going on would measure nothing and take hours of time limits.
_FAILURES_IN_A_ROW = 3

_ORDER = (  # what a person cares for most stands first: reports sort questions by it
    "answer contains",
    "cites document",
    "cites page",
    "found@5",
    "found@5 on page",
    "MRR",
    "right refusal",
    "wrong refusal",
    "confidence",
    "seconds",
)


def evaluate_collection(
    settings: Settings,
    name: str,
    questions: Sequence[OwnQuestion],
    progress: Progress | None = None,
    *,
    searcher: Searcher | None = None,
    model: ChatModel | None = None,
    deciding: Deciding | None = None,
) -> Run:
    """Asks every question and says what each answer is worth.

    A question on which the model fails counts as not answered; its details say why.

    Args:
        settings: whose home holds the collection and which model answers, if any.
        name: the collection's.
        questions: at least one.
        progress: told what is done.
        searcher: instead of one opened from the settings.
        model: instead of the settings' one.
        deciding: when to answer, instead of as the settings have it.

    Raises:
        NotFoundError: there is no such collection.
        ModelError: the model failed on several questions in a row.
        EmbeddingSpaceError: the collection was made with another embedder.
    """
    started = moment()
    searcher = searcher or open_searcher(settings, name)
    model = model or open_chat_model(settings.model)
    verifier = verifier_of(settings, model, lambda: searcher.embedder)
    deciding = deciding or deciding_of(settings.answers, searcher.catalog, model)
    with closing(searcher.catalog):
        with searcher.catalog.snapshot() as snapshot:
            collection = snapshot.collection()
            missing = missing_documents(questions, [entry.name for entry in snapshot.documents()])
        results: list[QuestionResult] = []
        failed = 0
        for number, own in enumerate(questions):
            if progress:
                progress("asking", number, len(questions))
            result, error = _ask(own, searcher, verifier, model, settings.limits, deciding)
            failed = failed + 1 if error else 0
            if error and failed == min(_FAILURES_IN_A_ROW, len(questions)):
                raise error
            results.append(result)
        if progress:
            progress("asking", len(questions), len(questions))
    config: dict[str, Any] = {
        "answers by": model.name if model else EXTRACTIVE,
        "embedding": collection.space.model if collection.space else "",
        "reranker": settings.reranker.model,
        "passages read": PASSAGES,
        "questions": len(questions),
        "missing documents": missing,
    }
    about = {"name": name, "version": collection.version, "documents": collection.documents}
    about |= {"passages": collection.passages, "space": collection.space.id if collection.space else ""}
    metrics = _means(results)
    return stamped(Run(name, TASK, config, metrics, tuple(results), about), started)


def _ask(
    own: OwnQuestion,
    searcher: Searcher,
    verifier: Verifier,
    model: ChatModel | None,
    limits: LimitSettings,
    deciding: Deciding,
) -> tuple[QuestionResult, ModelError | None]:
    hits: tuple[Hit, ...] = ()
    answer: Answer | None = None
    failure: ModelError | None = None
    begun = time.perf_counter()
    try:
        events = answer_question(
            own.question,
            searcher=searcher,
            catalog=searcher.catalog,
            verifier=verifier,
            model=model,
            limits=limits,
            deciding=deciding,
        )
        for event in events:
            if isinstance(event, Searched):
                hits = event.result.hits
            elif isinstance(event, Finished):
                answer = event.answer
    except ModelError as error:
        failure = error
    seconds = time.perf_counter() - begun
    details = details_of(own, hits, answer)
    if failure:
        details["failure"] = str(failure)
    return QuestionResult(own.id, own.question, values_of(own, hits, answer, seconds), details), failure


def _means(results: Sequence[QuestionResult]) -> dict[str, Any]:
    """Each metric's mean over the questions that define it."""
    found = {name: [item.values[name] for item in results if name in item.values] for name in _ORDER}
    return {name: bootstrap_interval(values) for name, values in found.items() if values}
