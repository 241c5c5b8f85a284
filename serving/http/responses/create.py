"""POST /v1/responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from kb.errors import IbidError
from kb.records import AnswerEvent, Citation, Claimed, Finished, Searched
from serving.http.answers.annotations import claim_annotations
from serving.http.answers.asking import answer_of, begin
from serving.http.answers.chat_response import sentence_as_json
from serving.http.answers.draining import HUNG_UP, EventStream, unless_gone
from serving.http.answers.event_lines import event_line
from serving.http.bodies import JsonRoute
from serving.http.declared import made, streamed
from serving.http.errors import error_body
from serving.http.responses.background import start_in_background
from serving.http.responses.events import ResponseEvents, told_whole
from serving.http.responses.preparing import Prepared, conclude, keep, prepare
from serving.http.responses.request import ResponseRequest
from serving.http.responses.search_results import results_of
from serving.http.responses.shape import Json, search_call, without_results
from serving.http.state import Services, services_of

router = APIRouter(route_class=JsonRoute)


_MADE = made("response_id", "read_response", "list_input_items", "remove_response")


@router.post("/v1/responses", response_model=None, responses={200: streamed("The answer")[200] | _MADE[200]})
async def create_response(request: Request, asked: ResponseRequest) -> Response:
    """Answers from a collection's documents."""
    services = services_of(request)
    prepared = await asyncio.to_thread(prepare, services, asked)
    events = begin(services, prepared.asking)
    if asked.background:
        return JSONResponse(await start_in_background(services, prepared, events))
    try:
        searched = await unless_gone(request, anext(events))  # what fails before that gets its own status
        assert isinstance(searched, Searched)
        if asked.stream:
            return EventStream(_lines(services, prepared, searched, events))
        answer = await unless_gone(request, answer_of(searched, events))
        body = await asyncio.to_thread(conclude, services, prepared, answer, searched.result)
        return JSONResponse(body if asked.wants_results else without_results(body))
    except ClientDisconnect:
        return Response(status_code=HUNG_UP)
    except BaseException:
        await events.aclose()
        raise


async def _lines(
    services: Services, prepared: Prepared, searched: Searched, events: AsyncGenerator[AnswerEvent, None]
) -> AsyncGenerator[str, None]:
    """The response as server-sent events; where it fails, the last one says so."""
    shape = prepared.shape
    made = ResponseEvents(shape.begun(), shape.token)
    try:
        async for told in _told(services, prepared, searched, events, made):
            yield event_line(told, told["type"])
    except Exception as error:  # whatever it is, the client must hear of it
        body = shape.failed(error)
        if shape.store:
            with suppress(IbidError):  # a full disk must not keep the client from hearing of it
                await asyncio.to_thread(keep, services, prepared, body)
        told = made.last(body)
        yield event_line(told, told["type"])
        if error_body(error)[0] == 500:
            raise
    finally:
        await events.aclose()


async def _told(
    services: Services,
    prepared: Prepared,
    searched: Searched,
    events: AsyncGenerator[AnswerEvent, None],
    made: ResponseEvents,
) -> AsyncGenerator[Json, None]:
    """The events of a response that comes about, each as soon as it can be told."""
    asked, result = prepared.shape.asked, searched.result
    call = search_call(prepared.shape.token, "completed", [result.question])
    if asked.wants_results:
        call["results"] = results_of(result.hits)
    for told in [*made.opening([result.question]), *made.searched(call)]:
        yield told
    waits = asked.form is not None  # for JSON, beside which a refusal stands apart: nothing is told before it is whole
    citations: dict[int, Citation] = {}
    length = 0
    async for event in events:
        if isinstance(event, Claimed) and not waits:
            citations |= {citation.marker: citation for citation in event.citations}
            annotations = claim_annotations(event.claim, citations, length)
            length += len(event.claim.text)
            for told in made.sentence(event.claim.text, annotations, sentence_as_json(event)):
                yield told
        elif isinstance(event, Finished):
            body = await asyncio.to_thread(conclude, services, prepared, event.answer, result)
            shown = body if asked.wants_results else without_results(body)
            for told in told_whole(made, shown) if waits else made.closing(shown):
                yield told
