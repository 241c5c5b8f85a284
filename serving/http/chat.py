"""POST /v1/chat/completions: the answer path as an OpenAI chat model, streamed or whole."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from kb.records import Answer, AnswerEvent, Claimed, Finished
from serving.http.asking import Asking, answer_of, begin, check_store, count_usage
from serving.http.bodies import JsonRoute
from serving.http.chat_request import ChatRequest
from serving.http.chat_response import Completion, Json
from serving.http.declared import streamed
from serving.http.draining import HUNG_UP, EventStream, unless_gone
from serving.http.errors import error_body
from serving.http.event_lines import DONE, event_line
from serving.http.filters import read_filters
from serving.http.models import open_model
from serving.http.state import Services, services_of
from serving.http.stored_completions import keep_completion

router = APIRouter(route_class=JsonRoute)


@router.post("/v1/chat/completions", response_model=None, responses=streamed("A checked, cited answer"))
async def complete_chat(request: Request, asked: ChatRequest) -> Response:
    """Answers the last message from a collection's documents."""
    services = services_of(request)
    asking = _asking(services, asked)
    check_store(services, store=bool(asked.store))
    events = begin(services, asking)
    completion = Completion(asked.model, asked.ibid.show_withheld, asked.metadata)
    try:
        first = await unless_gone(request, anext(events))  # what fails before anything is found gets its own status
        if asked.stream:
            return EventStream(_lines(services, asked, completion, events))
        answer = await unless_gone(request, answer_of(first, events))
        return JSONResponse(await asyncio.to_thread(_finish, services, asked, completion, answer))
    except ClientDisconnect:
        return Response(status_code=HUNG_UP)
    except BaseException:
        await events.aclose()
        raise


def _asking(services: Services, asked: ChatRequest) -> Asking:
    question, history = asked.conversation()
    return Asking(
        question,
        partial(open_model, services.collections, asked.model),
        history,
        filters=read_filters(asked.ibid.filters, asked.ibid.as_of, all_versions=asked.ibid.all_versions),
        passages=asked.ibid.passages,
        wishes=asked.wishes(
            max_tokens=asked.max_completion_tokens or asked.max_tokens, instructions=asked.instructions()
        ),
    )


def _finish(services: Services, asked: ChatRequest, completion: Completion, answer: Answer) -> Json:
    """The whole completion. It is kept, where the request wants it, before anybody is told that it is finished."""
    whole = completion.whole(answer, count_usage(services, asked.words(), answer).as_json())
    if asked.store:
        keep_completion(services, asked, whole, answer)
    return whole


async def _lines(
    services: Services, asked: ChatRequest, completion: Completion, events: AsyncGenerator[AnswerEvent, None]
) -> AsyncGenerator[str, None]:
    """The answer as server-sent events; a failure is one, too, and then nothing follows, not even [DONE]."""
    try:
        yield event_line(completion.opening())
        async for event in events:
            if isinstance(event, Claimed):
                yield event_line(completion.sentence(event))
            elif isinstance(event, Finished):
                whole = await asyncio.to_thread(_finish, services, asked, completion, event.answer)
                yield event_line(completion.closing(event.answer))
                if asked.wants_usage:
                    yield event_line(completion.usage(whole["usage"]))
        yield DONE
    except Exception as error:  # whatever it is, the client must hear of it
        status, body = error_body(error)
        yield event_line(body)
        if status == 500:
            raise
    finally:
        await events.aclose()
