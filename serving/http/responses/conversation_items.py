"""What a conversation holds, for whoever may know of it."""

from __future__ import annotations

from kb.errors import NotFoundError
from kb.home.conversations import Conversation, get_conversation, items_of
from serving.http.responses.items import Json
from serving.http.state import Services


def own_conversation(services: Services, conversation_id: str) -> Conversation:
    """A conversation of whoever asks.

    Raises:
        NotFoundError: there is none of that id, or it is somebody else's.
    """
    conversation = get_conversation(services.home, conversation_id)
    if not services.access.owns(conversation.owner):
        raise NotFoundError(f"no conversation {conversation_id[:80]!r}")
    return conversation


def kept_items(services: Services, conversation_id: str) -> list[Json]:
    """Its items, the oldest first.

    Raises:
        NotFoundError: there is none of that id, or it is somebody else's.
    """
    return items_of(services.home, own_conversation(services, conversation_id).id)
