"""The one answer path: terminal, HTTP, browser app and evaluation all drain `answer_question`."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace

from kb.chat.spending import Spending
from kb.errors import ModelError, QuestionError
from kb.ports import ChatModel, Verifier
from kb.records import NO_FILTERS, Answer, AnswerEvent, Claimed, Filters, Finished, Searched, Turn
from kb.settings import LimitSettings
from serving.answer_sources import Documents, Search
from serving.attempts import PASSAGES, Asked, claims_of
from serving.cancellation import Cancellation
from serving.claims import Claims, Outcome
from serving.deciding import EXTRACTIVE, Deciding
from serving.follow_ups import standalone_question
from serving.stages import SEARCH, UNDERSTANDING, Stages
from serving.stopping import until_stop
from serving.verifiers.checked import counted
from serving.wishes import NO_WISHES, Wishes

__all__ = ["PASSAGES", "answer_question", "check_question"]

_CANDIDATES_TO_A_PASSAGE = 2  # searched for where a model reads


def answer_question(
    question: str,
    *,
    searcher: Search,
    catalog: Documents,
    verifier: Verifier,
    model: ChatModel | None = None,
    history: Sequence[Turn] = (),
    filters: Filters = NO_FILTERS,
    k: int = PASSAGES,
    wishes: Wishes = NO_WISHES,
    limits: LimitSettings | None = None,
    deciding: Deciding | None = None,
    cancellation: Cancellation | None = None,
    stages: Stages | None = None,
    spending: Spending | None = None,
) -> Iterator[AnswerEvent]:
    """Answers from the documents of a collection: `Searched`, then `Claimed` for each sentence, then `Finished`.

    Args:
        question: as asked; with `history` it may be a follow-up.
        searcher: finds passages in `catalog`.
        catalog: where citations find their pages and boxes, and the collection its policy.
        verifier: judges each sentence against what it cites.
        model: writes the answer; without one it is made of quotes.
        history: the conversation so far, the oldest turn first.
        filters: which passages may be read.
        k: how many passages are read.
        wishes: of the answer's form.
        limits: how long a question may be, and how long its answer may take.
        deciding: from how sure an answer on there is one; unless given, as the packaged weights have it.
        cancellation: ends the answer from another thread; then no `Finished` comes.
        stages: is told when each part of the answer was made, for those who want to know more than its timings.
        spending: counts what all calls to chat models take; without it, the answer does not tell its tokens.

    Raises:
        QuestionError: the question is empty or too long; raised by the call itself, everything else while iterating.
        ModelError: the model failed, or the answer took too long.
        EmbeddingSpaceError: the collection was made with another embedder.
    """
    limits = limits or LimitSettings()
    check_question(question, limits.question_characters)
    stop = cancellation or Cancellation()
    if spending is not None:
        model = spending.counting(model) if model is not None else None
        verifier = counted(verifier, spending)
    asked = Asked(
        question,
        searcher,
        catalog,
        verifier,
        model,
        tuple(history),
        filters,
        k,
        wishes,
        deciding or Deciding(),
        stop,
        stages or Stages(),
        spending,
    )
    return _in_time(_answer(asked), stop, limits.answer_seconds)


def check_question(question: str, limit: int) -> None:
    """Refuses questions that nobody can answer.

    Raises:
        QuestionError: empty, or longer than `limit` characters.
    """
    if not question.strip():
        raise QuestionError("the question is empty", advice="Ask something")
    if len(question) > limit:
        raise QuestionError(
            f"the question has {len(question):,} characters",
            f"{limit:,} are the most",
            "Put long texts into a document and ask about it",
        )


def _in_time(
    events: Generator[AnswerEvent, None, None], cancellation: Cancellation, seconds: float
) -> Iterator[AnswerEvent]:
    """The events; when the time is over, the answer ends with an error, and the model call that it waits for, too."""
    event: AnswerEvent | None = None
    with cancellation.within(seconds), closing(events):
        for event in events:
            yield event
    if cancellation.expired and not isinstance(event, Finished):
        raise ModelError(
            "the answer took too long",
            f"it was not finished within {seconds:g} s",
            "IBID_LIMITS_ANSWER_SECONDS sets how long it may take",
        )


def _answer(asked: Asked) -> Generator[AnswerEvent, None, None]:
    started = time.perf_counter()
    timings: dict[str, float] = {}
    with asked.stages.during(UNDERSTANDING):
        question = standalone_question(asked.question, asked.history, asked.model, asked.cancellation)
    if asked.cancellation.cancelled:
        return
    with asked.stages.during(SEARCH):
        found = asked.searcher.search(question, k=_candidates(asked), filters=asked.filters)
    timings |= found.timings
    result = replace(found, hits=found.hits[: asked.k])
    yield Searched(result)

    written: list[Claimed] = []
    moments: list[float] = []
    claims = claims_of(asked, question, result, found.hits, timings)
    policy, model = asked.catalog.collection().policy, asked.model.name if asked.model else EXTRACTIVE
    with closing(until_stop(claims, asked.wishes.stop, policy, model)) as making:
        outcome = yield from _released(making, written, moments, asked.cancellation)
    if outcome is None:
        return
    timings |= asked.stages.seconds()
    if moments:  # a stop sequence may leave none
        timings["first_claim"] = moments[0] - started
    timings["total"] = time.perf_counter() - started
    yield Finished(
        Answer(
            question=asked.question,
            collection=result.collection,
            version=result.version,
            status=outcome.status,
            confidence=round(outcome.confidence, 3),
            model=outcome.model,
            claims=tuple(claimed.claim for claimed in written),
            citations=tuple(citation for claimed in written for citation in claimed.citations),
            timings={stage: round(seconds, 4) for stage, seconds in timings.items()},
            looked_at=result.hits,
            withheld=outcome.withheld,
            prompts=outcome.prompts,
            conflicts=outcome.conflicts,
            cut=outcome.cut,
            tokens=asked.spending.tokens() if asked.spending is not None else None,
            calls=outcome.calls,
        )
    )


def _released(
    making: Claims, written: list[Claimed], moments: list[float], cancellation: Cancellation
) -> Generator[Claimed, None, Outcome | None]:
    """Hands the claims on and notes them and their moments; returns how they ended, None when cancelled."""
    while not cancellation.cancelled:
        try:
            claimed = next(making)
        except StopIteration as end:
            outcome: Outcome = end.value
            return None if cancellation.cancelled else outcome
        written.append(claimed)
        moments.append(time.perf_counter())
        yield claimed
    return None


def _candidates(asked: Asked) -> int:
    """How many passages to search for: a model's are chosen from more, since copies of one text are read once."""
    return asked.k if asked.model is None else _CANDIDATES_TO_A_PASSAGE * asked.k
