"""Stored responses: asked for again, streamed again, cancelled, deleted; and the items of their input."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from kb.home.replies import CANCELLED, IN_PROGRESS, KeptReply, delete_reply, get_reply
from serving.http.answers.draining import EventStream
from serving.http.answers.event_lines import event_line
from serving.http.answers.kept_answers import answer_again, hits_still_there
from serving.http.declared import streamed
from serving.http.errors import ApiError
from serving.http.responses.background import as_of_now, cancel
from serving.http.responses.events import events_again
from serving.http.responses.item_pages import ItemPage, page_of_items
from serving.http.responses.preparing import RESPONSE
from serving.http.responses.request import RESULTS, check_include
from serving.http.responses.search_results import result_of
from serving.http.responses.shape import Json, without_results
from serving.http.state import Services, services_of

router = APIRouter()

Include = Annotated[list[str], Query(default_factory=list)]
BracketedInclude = Annotated[list[str], Query(alias="include[]", default_factory=list)]  # as OpenAI's clients write it


@router.get("/v1/responses/{response_id}", response_model=None, responses=streamed("The response"))
async def read_response(
    request: Request,
    response_id: str,
    include: Include,
    bracketed: BracketedInclude,
    *,
    stream: bool = False,
    starting_after: Annotated[int | None, Query(ge=0)] = None,
) -> Response:
    """A stored response, its citations with what has become of them; as a stream, the same events as the first time."""
    wanted = [*include, *bracketed]
    check_include(wanted)
    body = await asyncio.to_thread(_current, services_of(request), response_id)
    shown = body if RESULTS in wanted else without_results(body)
    if not stream:
        return JSONResponse(shown)
    if body["status"] in {IN_PROGRESS, CANCELLED}:
        message = f"the response is {body['status']}; stream it when it is completed"
        raise ApiError(400, message, code="invalid_value", param="stream")
    return EventStream(_lines(shown, -1 if starting_after is None else starting_after))


@router.delete("/v1/responses/{response_id}")
async def remove_response(request: Request, response_id: str) -> dict[str, Any]:
    """Forgets a response and its answer for good; one that is being made is ended."""
    services = services_of(request)
    reply = await asyncio.to_thread(_stored, services, response_id)
    if reply.status == IN_PROGRESS:
        await cancel(services, reply)
    await asyncio.to_thread(delete_reply, services.home, reply)
    return {"id": response_id, "object": "response", "deleted": True}


@router.post("/v1/responses/{response_id}/cancel")
async def cancel_response(request: Request, response_id: str) -> dict[str, Any]:
    """Ends a response that is being made in the background."""
    services = services_of(request)
    reply = await asyncio.to_thread(_stored, services, response_id)
    if not reply.body["background"]:
        raise ApiError(400, "only a response that was created with background=true can be cancelled")
    if reply.status == CANCELLED:
        return reply.body
    if reply.status != IN_PROGRESS:
        raise ApiError(400, f"the response is {reply.status} already and cannot be cancelled")
    return await cancel(services, reply)


@router.get("/v1/responses/{response_id}/input_items")
def list_input_items(
    request: Request,
    response_id: str,
    include: Include,
    bracketed: BracketedInclude,
    page: ItemPage,
) -> dict[str, Any]:
    """What a response was asked, the last item first."""
    check_include([*include, *bracketed])
    reply = _stored(services_of(request), response_id)
    return page_of_items(reply.asked, page)


def _stored(services: Services, response_id: str) -> KeptReply:
    reply = get_reply(services.home, RESPONSE, response_id, services.access.owns)
    return as_of_now(reply, services.settings.limits.answer_seconds)


def _current(services: Services, response_id: str) -> Json:
    """The response with the words of what it read, where they still stand, and what became of what it cites."""
    reply = _stored(services, response_id)
    if "ibid" not in reply.body:
        return reply.body
    still = hits_still_there(services, reply)
    results = [result_of(document, hit["score"], hit["text"]) for hit, document in still]
    call, *rest = reply.body["output"]
    return {**reply.body, "output": [{**call, "results": results}, *rest], "ibid": answer_again(services, reply)}


async def _lines(body: Json, starting_after: int) -> AsyncGenerator[str, None]:
    for event in events_again(body):
        if event["sequence_number"] > starting_after:
            yield event_line(event, event["type"])
