"""POST /v1/responses."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from kb.errors import IbidError
from kb.records import AnswerEvent, Searched
from serving.http.answers.asking import answer_of, begin
from serving.http.answers.draining import HUNG_UP, EventStream, unless_gone
from serving.http.answers.event_lines import event_line
from serving.http.bodies import JsonRoute
from serving.http.declared import made, streamed
from serving.http.errors import error_body
from serving.http.responses.background import start_in_background
from serving.http.responses.events import ResponseEvents
from serving.http.responses.following import follow
from serving.http.responses.preparing import Prepared, conclude, keep, prepare
from serving.http.responses.request import ResponseRequest
from serving.http.responses.shape import without_results
from serving.http.responses.telling import told
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
        body = await start_in_background(services, prepared, events)
        if not asked.stream:
            return JSONResponse(body)
        return EventStream(follow(services, prepared.shape.id, -1, with_results=asked.wants_results))
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
        async for moment in told(services, prepared, searched, events, made):
            for event in moment:
                yield event_line(event, event["type"])
    except Exception as error:  # whatever it is, the client must hear of it
        body = shape.failed(error)
        if shape.store:
            with suppress(IbidError):  # a full disk must not keep the client from hearing of it
                await asyncio.to_thread(keep, services, prepared, body)
        last = made.last(body)
        yield event_line(last, last["type"])
        if error_body(error)[0] == 500:
            raise
    finally:
        await events.aclose()
