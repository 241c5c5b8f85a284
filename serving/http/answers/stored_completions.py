"""Chat completions that were made with `store: true`: listed, read, described and deleted."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict

from kb.home.answers import keep_answer
from kb.home.cursors import Place
from kb.home.replies import KeptReply, change_body, delete_reply, get_reply, keep_reply, reply_places
from kb.records import Answer
from serving.http.answers.chat_request import ChatRequest
from serving.http.answers.kept_answers import answer_again, answer_to_keep
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.errors import ApiError
from serving.http.metadata import Metadata
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.state import Services, services_of

router = APIRouter(route_class=JsonRoute)

Json = dict[str, Any]
Limit = Annotated[int, Query(ge=1, le=100)]
Order = Literal["asc", "desc"]

_METADATA = re.compile(r"metadata\[([^\[\]]*)\]", re.DOTALL)
_COMPLETION = "chat.completion"  # the kind under which they are kept


class NewMetadata(JsonBody):
    """What a stored completion is to have for its metadata."""

    model_config = ConfigDict(extra="forbid")

    metadata: Metadata | None


def keep_completion(services: Services, asked: ChatRequest, whole: Json, answer: Answer) -> None:
    """Keeps a completion and its past answer."""
    past = keep_answer(services.home, asked.conversation()[0], answer, asked.ibid.conversation)
    messages = [
        {"id": f"{whole['id']}-{place}", "content": None, "refusal": None, **message.model_dump(exclude_none=True)}
        for place, message in enumerate(asked.messages)
    ]
    reply = KeptReply(
        id=whole["id"],
        kind=_COMPLETION,
        collection=answer.collection,
        status="completed",
        asked=messages,
        body={**whole, "metadata": asked.metadata or {}, "ibid": answer_to_keep(whole["ibid"])},
        owner=services.access.owner,
        conversation=past.conversation,
        answer=past.number,
    )
    keep_reply(services.home, reply)


_BY_METADATA: Json = {  # which the framework has no way to declare
    "parameters": [
        {
            "name": "metadata",
            "in": "query",
            "style": "deepObject",
            "explode": True,
            "schema": {"type": "object", "additionalProperties": {"type": "string"}},
        }
    ]
}


@router.get("/v1/chat/completions", openapi_extra=_BY_METADATA)
def list_completions(
    request: Request, model: str = "", after: str | None = None, limit: Limit = 20, order: Order = "asc"
) -> Json:
    """A page of the stored completions, the oldest first; `metadata[key]=value` chooses among them."""
    services = services_of(request)
    having = _wanted_metadata(request.query_params.multi_items())
    places = reply_places(services.home, _COMPLETION, services.access.owns, model=model, having=having)
    page = page_of(services.home, "completions", places, PageRequest(after=after, limit=limit, order=order))
    return page_json([_told(services, completion_id) for completion_id in page.ids], has_more=page.has_more)


@router.get("/v1/chat/completions/{completion_id}")
def read_completion(request: Request, completion_id: str) -> Json:
    """A stored completion, its citations with what has become of them."""
    return _told(services_of(request), completion_id)


@router.post("/v1/chat/completions/{completion_id}")
def update_completion(request: Request, completion_id: str, asked: NewMetadata) -> Json:
    """Gives a stored completion this metadata in the place of what it had."""
    services = services_of(request)
    reply = _stored(services, completion_id)
    change_body(services.home, reply.id, {**reply.body, "metadata": asked.metadata or {}})
    return _told(services, completion_id)


@router.delete("/v1/chat/completions/{completion_id}")
def remove_completion(request: Request, completion_id: str) -> Json:
    """Forgets a stored completion and its answer for good."""
    services = services_of(request)
    delete_reply(services.home, _stored(services, completion_id))
    return {"id": completion_id, "object": "chat.completion.deleted", "deleted": True}


@router.get("/v1/chat/completions/{completion_id}/messages")
def list_completion_messages(
    request: Request, completion_id: str, after: str | None = None, limit: Limit = 20, order: Order = "asc"
) -> Json:
    """A page of the messages that a stored completion answers."""
    services = services_of(request)
    messages = {message["id"]: _message(message) for message in _stored(services, completion_id).asked}
    places = [Place(f"{number:06}", message_id) for number, message_id in enumerate(messages)]
    asked = PageRequest(after=after, limit=limit, order=order)
    page = page_of(services.home, completion_id, places, asked)
    return page_json([messages[message_id] for message_id in page.ids], has_more=page.has_more)


def _wanted_metadata(query: list[tuple[str, str]]) -> dict[str, str]:
    """What stands in a query as `metadata[key]=value`.

    Raises:
        ApiError: 400, it stands there in another way.
    """
    having: dict[str, str] = {}
    for name, value in query:
        if not name.startswith("metadata"):
            continue
        match = _METADATA.fullmatch(name)
        if match is None or match[1] in having:
            message = f"metadata: {name[:80]!r} is not understood; write metadata[key]=value, each key once"
            raise ApiError(400, message, code="invalid_value", param="metadata")
        having[match[1]] = value
    return having


def _stored(services: Services, completion_id: str) -> KeptReply:
    return get_reply(services.home, _COMPLETION, completion_id, services.access.owns)


def _told(services: Services, completion_id: str) -> Json:
    reply = _stored(services, completion_id)
    return {**reply.body, "ibid": answer_again(services, reply)}


def _message(message: Json) -> Json:
    """A message as lists show it: its parts, where it has some, beside its text."""
    content = message["content"]
    if not isinstance(content, list):
        return message
    parts = [{"type": "text", "text": part["text"]} for part in content]
    return {**message, "content": "\n".join(part["text"] for part in content), "content_parts": parts}
