"""POST /v1/chat/completions: the answer path as an OpenAI chat model, streamed or whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Iterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from kb.home.answers import keep_answer
from kb.records import Answer, AnswerEvent, Claimed, Finished, Turn
from serving.answering import answer_question, check_question
from serving.cancellation import Cancellation
from serving.deciding import deciding_of
from serving.http.bodies import JsonRoute
from serving.http.chat_request import ChatRequest
from serving.http.chat_response import Completion
from serving.http.draining import Answering, EventStream, events_of, unless_gone
from serving.http.errors import error_body, unsupported
from serving.http.filters import read_filters
from serving.http.models import open_model
from serving.http.state import Services, services_of
from serving.http.tally import Tally

router = APIRouter(route_class=JsonRoute)

_HUNG_UP = 499  # what web servers write into their logs for a client that is gone; nobody receives it


@router.post("/v1/chat/completions", response_model=None)
async def complete_chat(request: Request, asked: ChatRequest) -> Response:
    """Answers the last message from a collection's documents."""
    services = services_of(request)
    question, history = asked.conversation()
    check_question(question, services.settings.limits.question_characters)
    if services.vllm is not None:
        services.vllm.check()  # before a stream begins, so that it has a status of its own, too
    if asked.store and not services.settings.keeps_answers:
        raise unsupported("store", 'store: this server keeps no answers ([history] keep = "no" in its settings)')
    answering = _answering(services, asked, question, history)
    events = events_of(answering, services.places)
    completion = Completion(asked.model, asked.ibid.show_withheld)
    try:
        first = await unless_gone(request, anext(events))  # what fails before anything is found gets its own status
        if asked.stream:
            wants_usage = asked.stream_options is not None and asked.stream_options.include_usage
            return EventStream(_lines(services, asked, completion, events, wants_usage=wants_usage))
        answer = await unless_gone(request, _last(first, events))
        return JSONResponse(completion.whole(answer, await _usage(services, asked, answer)))
    except ClientDisconnect:
        return Response(status_code=_HUNG_UP)
    except BaseException:
        await events.aclose()
        raise


def _answering(services: Services, asked: ChatRequest, question: str, history: tuple[Turn, ...]) -> Answering:
    filters = read_filters(asked.ibid.filters, asked.ibid.as_of, all_versions=asked.ibid.all_versions)

    def answering(cancellation: Cancellation) -> Iterator[AnswerEvent]:
        opened = open_model(services.collections, asked.model)
        events = answer_question(
            question,
            searcher=opened.searcher,
            catalog=opened.catalog,
            verifier=services.verifier,
            model=services.model,
            history=history,
            filters=filters,
            k=asked.ibid.passages,
            max_tokens=asked.max_completion_tokens or asked.max_tokens,
            limits=services.settings.limits,
            deciding=deciding_of(services.settings.answers, opened.catalog, services.model),
            cancellation=cancellation,
        )
        yield from _kept(_counted(events, services.tally), services, asked, question)

    return answering


def _kept(
    events: Iterator[AnswerEvent], services: Services, asked: ChatRequest, question: str
) -> Iterator[AnswerEvent]:
    """The same events; before the last one is handed on, its answer is kept, where the request wants it."""
    for event in events:
        if isinstance(event, Finished) and asked.store:
            keep_answer(services.home, question, event.answer, asked.ibid.conversation)
        yield event


def _counted(events: Iterator[AnswerEvent], tally: Tally) -> Iterator[AnswerEvent]:
    try:
        for event in events:
            if isinstance(event, Finished):
                tally.count(event.answer)
            yield event
    except Exception:
        tally.count_failure()
        raise


async def _last(first: AnswerEvent, events: AsyncGenerator[AnswerEvent, None]) -> Answer:
    last = first
    async for event in events:
        last = event
    assert isinstance(last, Finished)  # only a cancelled answer ends without it
    return last.answer


async def _lines(
    services: Services,
    asked: ChatRequest,
    completion: Completion,
    events: AsyncGenerator[AnswerEvent, None],
    *,
    wants_usage: bool,
) -> AsyncGenerator[str, None]:
    """The answer as server-sent events; a failure is one, too, and then nothing follows, not even [DONE]."""
    try:
        yield _line(completion.opening())
        async for event in events:
            if isinstance(event, Claimed):
                yield _line(completion.sentence(event))
            elif isinstance(event, Finished):
                yield _line(completion.closing(event.answer))
                if wants_usage:
                    yield _line(completion.usage(await _usage(services, asked, event.answer)))
        yield "data: [DONE]\n\n"
    except Exception as error:  # whatever it is, the client must hear of it
        yield _line(error_body(error)[1])
        if not _is_expected(error):
            raise
    finally:
        await events.aclose()


def _is_expected(error: Exception) -> bool:
    return error_body(error)[0] != 500


def _line(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n"


async def _usage(services: Services, asked: ChatRequest, answer: Answer) -> dict[str, int]:
    """Tokens as the embedder counts them: what was asked, and what was answered."""
    question = "\n".join(message.words(place) for place, message in enumerate(asked.messages))
    counts = await asyncio.to_thread(services.collections.embedder.count_tokens, [question, answer.text])
    return {"prompt_tokens": counts[0], "completion_tokens": counts[1], "total_tokens": sum(counts)}
