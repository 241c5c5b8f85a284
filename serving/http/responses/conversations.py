"""/v1/conversations: turns that are kept here, so that a response can follow them without being sent them again."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from kb.home.conversations import (
    Conversation,
    add_items,
    create_conversation,
    delete_conversation,
    delete_item,
    describe_conversation,
    get_item,
)
from serving.http.answers.asking import check_store
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.declared import made
from serving.http.metadata import Metadata
from serving.http.models import timestamp
from serving.http.responses.conversation_items import kept_items, own_conversation
from serving.http.responses.item_pages import ItemPage, page_of_items
from serving.http.responses.items import InputItem, Json, items_of
from serving.http.responses.preparing import find_item
from serving.http.state import Services, services_of

router = APIRouter(route_class=JsonRoute)

_MOST_ITEMS = 20  # at a time; OpenAI's own limit

_MADE = made("conversation_id", "read_conversation", "change_conversation", "list_items", "add_to_conversation")


class NewConversation(JsonBody):
    """A conversation to begin."""

    model_config = ConfigDict(extra="forbid")

    items: list[InputItem] | None = Field(default=None, max_length=_MOST_ITEMS)
    metadata: Metadata | None = None


class ChangedConversation(JsonBody):
    """What a conversation is to have for its metadata."""

    model_config = ConfigDict(extra="forbid")

    metadata: Metadata | None


class NewItems(JsonBody):
    """Items to add at the end."""

    model_config = ConfigDict(extra="forbid")

    items: list[InputItem] = Field(min_length=1, max_length=_MOST_ITEMS)


@router.post("/v1/conversations", responses=_MADE)
def begin_conversation(request: Request, asked: NewConversation | None = None) -> dict[str, Any]:
    """Begins a conversation, with items that were said elsewhere before if they are given."""
    services = services_of(request)
    check_store(services, store=True)
    given = asked or NewConversation()
    items = _complete(services, given.items) if given.items else []
    kept = create_conversation(services.home, items, given.metadata, services.access.owner)
    return _conversation_json(kept)


@router.get("/v1/conversations/{conversation_id}")
def read_conversation(request: Request, conversation_id: str) -> dict[str, Any]:
    """One conversation, without its items."""
    return _conversation_json(own_conversation(services_of(request), conversation_id))


@router.post("/v1/conversations/{conversation_id}")
def change_conversation(request: Request, conversation_id: str, asked: ChangedConversation) -> dict[str, Any]:
    """Gives a conversation other metadata."""
    services = services_of(request)
    kept = own_conversation(services, conversation_id)
    return _conversation_json(describe_conversation(services.home, kept.id, asked.metadata or {}))


@router.delete("/v1/conversations/{conversation_id}")
def remove_conversation(request: Request, conversation_id: str) -> dict[str, Any]:
    """Forgets a conversation and its items for good. Responses that were stored stay."""
    services = services_of(request)
    delete_conversation(services.home, own_conversation(services, conversation_id).id)
    return {"id": conversation_id, "object": "conversation.deleted", "deleted": True}


@router.get("/v1/conversations/{conversation_id}/items")
def list_items(request: Request, conversation_id: str, page: ItemPage) -> dict[str, Any]:
    """A page of what was said, the last item first."""
    return page_of_items(kept_items(services_of(request), conversation_id), page)


@router.post("/v1/conversations/{conversation_id}/items")
def add_to_conversation(request: Request, conversation_id: str, asked: NewItems) -> dict[str, Any]:
    """Adds items at the end; returns them as they are kept."""
    services = services_of(request)
    kept = own_conversation(services, conversation_id)
    items = _complete(services, asked.items)
    add_items(services.home, kept.id, items)
    ends = {"first_id": items[0]["id"], "last_id": items[-1]["id"]}
    return {"object": "list", "data": items, **ends, "has_more": False}


@router.get("/v1/conversations/{conversation_id}/items/{item_id}")
def read_item(request: Request, conversation_id: str, item_id: str) -> dict[str, Any]:
    """One item."""
    services = services_of(request)
    return get_item(services.home, own_conversation(services, conversation_id).id, item_id)


@router.delete("/v1/conversations/{conversation_id}/items/{item_id}")
def remove_item(request: Request, conversation_id: str, item_id: str) -> dict[str, Any]:
    """Forgets one item; returns the conversation."""
    services = services_of(request)
    kept = own_conversation(services, conversation_id)
    delete_item(services.home, kept.id, item_id)
    return _conversation_json(kept)


def _complete(services: Services, given: list[InputItem]) -> list[Json]:
    """The items under ids of their own: in a conversation, an id that a client chose might be another item's, too."""
    token = secrets.token_hex(24)
    items = items_of(given, token, partial(find_item, services))
    return [{**item, "id": f"msg_{token}_{place}"} for place, item in enumerate(items)]


def _conversation_json(conversation: Conversation) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "object": "conversation",
        "created_at": timestamp(conversation.created_at),
        "metadata": dict(conversation.metadata),
    }
