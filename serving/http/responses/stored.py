"""Stored responses: asked for again, streamed again, cancelled, deleted; and the items of their input."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response

from kb.home.replies import CANCELLED, IN_PROGRESS, delete_reply
from serving.http.answers.draining import EventStream
from serving.http.declared import streamed
from serving.http.errors import ApiError
from serving.http.responses.background import cancel
from serving.http.responses.following import can_be_followed, current, follow, stored
from serving.http.responses.item_pages import ItemPage, page_of_items
from serving.http.responses.request import RESULTS, check_include
from serving.http.state import services_of

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
    services, with_results = services_of(request), RESULTS in wanted
    body = await asyncio.to_thread(current, services, response_id, with_results=with_results)
    if not stream:
        return JSONResponse(body)
    if body["status"] == IN_PROGRESS and not await asyncio.to_thread(can_be_followed, services, response_id):
        message = "the response is in_progress and was not created with stream=true; stream it when it is completed"
        raise ApiError(400, message, code="invalid_value", param="stream")
    after = -1 if starting_after is None else starting_after
    return EventStream(follow(services, response_id, after, with_results=with_results))


@router.delete("/v1/responses/{response_id}")
async def remove_response(request: Request, response_id: str) -> dict[str, Any]:
    """Forgets a response and its answer for good; one that is being made is ended."""
    services = services_of(request)
    reply = await asyncio.to_thread(stored, services, response_id)
    if reply.status == IN_PROGRESS:
        await cancel(services, reply)
    await asyncio.to_thread(delete_reply, services.home, reply)
    return {"id": response_id, "object": "response", "deleted": True}


@router.post("/v1/responses/{response_id}/cancel")
async def cancel_response(request: Request, response_id: str) -> dict[str, Any]:
    """Ends a response that is being made in the background."""
    services = services_of(request)
    reply = await asyncio.to_thread(stored, services, response_id)
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
    reply = stored(services_of(request), response_id)
    return page_of_items(reply.asked, page)
