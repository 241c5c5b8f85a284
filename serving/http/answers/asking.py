"""One question over HTTP, whichever endpoint it came to: from what was asked for to the events of its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Protocol

from kb.chat.asking import takes_options
from kb.chat.spending import Spending
from kb.errors import UsageError
from kb.records import NO_FILTERS, Answer, AnswerEvent, Filters, Finished, Turn
from serving.answer_sources import Documents, Search
from serving.answering import PASSAGES, answer_question, check_question
from serving.cancellation import Cancellation
from serving.deciding import deciding_of
from serving.http.answers.draining import events_of
from serving.http.errors import unsupported
from serving.http.operating.observing.notes import notes_of_request
from serving.http.state import Services
from serving.http.stores.adding import check_not_expired
from serving.structured import JsonForm
from serving.wishes import NO_WISHES, Wishes

Json = dict[str, Any]


class Opened(Protocol):
    """A collection ready to be asked, or several."""

    @property
    def catalog(self) -> Documents:
        """Where the documents stand."""
        ...

    @property
    def searcher(self) -> Search:
        """Which finds passages in them."""
        ...


@dataclass(frozen=True, slots=True)
class Asking:
    """A question and everything about it that a request may say.

    Attributes:
        question: as asked.
        open: the collection to ask; called in the answer's own thread, since opening one reads the disk.
        history: the conversation so far, the oldest turn first.
        filters: which passages may be read.
        passages: how many are read.
        wishes: of the answer's form.
    """

    question: str
    open: Callable[[], Opened]
    history: tuple[Turn, ...] = ()
    filters: Filters = NO_FILTERS
    passages: int = PASSAGES
    wishes: Wishes = NO_WISHES


@dataclass(frozen=True, slots=True)
class Told:
    """The end of an answer, with the response that tells all of it."""

    answer: Answer
    whole: Json


def begin(services: Services, asking: Asking) -> AsyncGenerator[AnswerEvent, None]:
    """The events of the answer; closing them stops it.

    Raises:
        UsageError: the question is empty or too long, or the instructions are.
        ModelError: our own vLLM cannot be asked now.
        ApiError: there are tools and no model to call them; 429, when no place is free, raised by the first event.
    """
    _check(services, asking)
    return events_of(_answering(services, asking), services.places, services.closing, services.place)


def begin_telling(
    services: Services, asking: Asking, tell: Callable[[Answer], Json]
) -> AsyncGenerator[AnswerEvent | Told, None]:
    """The same, the last event being `Told`: what `tell` makes of the answer, in the answer's own thread.

    Raises:
        Exception: as `begin`, and what `tell` raises in the place of the last event.
    """
    _check(services, asking)
    answering = _answering(services, asking)

    def telling(cancellation: Cancellation) -> Iterator[AnswerEvent | Told]:
        with closing(answering(cancellation)) as events:
            for event in events:
                yield Told(event.answer, tell(event.answer)) if isinstance(event, Finished) else event

    return events_of(telling, services.places, services.closing, services.place)


def _check(services: Services, asking: Asking) -> None:
    limit = services.settings.limits.question_characters
    check_question(asking.question, limit)
    if len(asking.wishes.instructions) > limit:
        raise UsageError(
            f"the instructions have {len(asking.wishes.instructions):,} characters",
            f"{limit:,} are the most",
            "Put long texts into a document and ask about it",
        )
    if asking.wishes.toolbox is not None and not takes_options(services.model):
        raise unsupported("tools", "tools: answers are quotes here; a chat model that calls tools is set under [model]")
    if services.vllm is not None:
        services.vllm.check()  # before a stream begins, so that it has a status of its own, too


def check_store(services: Services, *, store: bool) -> None:
    """Refuses to keep an answer where the server keeps none.

    Raises:
        ApiError: 400.
    """
    if store and not services.settings.keeps_answers:
        raise unsupported("store", 'store: this server keeps no answers ([history] keep = "no" in its settings)')


def check_form(services: Services, form: JsonForm | None, param: str) -> None:
    """Refuses to write JSON where no model is there to do so.

    Raises:
        ApiError: 400.
    """
    if form is not None and services.model is None:
        message = "an answer as JSON is written by a chat model, and none is set; the field `ibid` holds quotes as JSON"
        raise unsupported(param, f"{param}: {message}")


async def answer_of(first: AnswerEvent, events: AsyncGenerator[AnswerEvent, None]) -> Answer:
    """The answer that the events end with, `first` being the one that was already read."""
    last = first
    async for event in events:
        last = event
    assert isinstance(last, Finished)  # only a cancelled answer ends without it
    return last.answer


@dataclass(frozen=True, slots=True)
class Usage:
    """How many tokens were read and written."""

    prompt: int
    completion: int

    def as_json(self) -> dict[str, int]:
        """As completions have it."""
        total = self.prompt + self.completion
        return {"prompt_tokens": self.prompt, "completion_tokens": self.completion, "total_tokens": total}


def count_usage(services: Services, asked: str, answer: Answer) -> Usage:
    """The model's tokens, where its server tells them; otherwise those of question and answer, as the embedder counts.

    Args:
        services: with the embedder.
        asked: all that the request says.
        answer: to it.
    """
    usage = Usage(*(answer.tokens or count_tokens(services, asked, answer.text)))
    services.meters.count_tokens(usage.prompt, usage.completion)
    notes = notes_of_request()
    notes.prompt_tokens, notes.completion_tokens = usage.prompt, usage.completion
    return usage


def count_tokens(services: Services, *texts: str) -> list[int]:
    """The tokens of texts, as the embedder counts them."""
    return services.collections.embedder.count_tokens(texts)


def _answering(services: Services, asking: Asking) -> Callable[[Cancellation], Generator[AnswerEvent, None, None]]:
    def answering(cancellation: Cancellation) -> Generator[AnswerEvent, None, None]:
        notes = notes_of_request()
        spending = Spending(lambda texts: count_tokens(services, *texts))
        opened = asking.open()
        check_not_expired(opened.catalog)
        events = answer_question(
            asking.question,
            searcher=opened.searcher,
            catalog=opened.catalog,
            verifier=services.verifier,
            model=services.model,
            history=asking.history,
            filters=asking.filters,
            k=asking.passages,
            wishes=asking.wishes,
            limits=services.settings.limits,
            deciding=deciding_of(services.settings.answers, opened.catalog, services.model),
            cancellation=cancellation,
            stages=notes.stages,
            spending=spending,
        )
        finished = False
        try:
            for event in services.meters.watch(events, notes):
                finished = isinstance(event, Finished)
                yield event
        finally:
            if not finished and (took := spending.tokens()) is not None:  # nobody is told of it, but it was spent
                services.meters.count_tokens(*took)

    return answering
