"""/ibid/history/{conversation}: the kept answers of one conversation, for whoever knows its name.

Names are given by clients that want to find their answers again (`ibid.conversation` of a request with `store`); there
is no list of them, so that a name of many random bits is as good as a key to that one conversation.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request

from kb.errors import NotFoundError
from kb.home.answers import PastAnswer, answers_in, delete_answers
from serving.answer_json import answer_as_json
from serving.http.ibid_options import LONGEST_CONVERSATION_NAME
from serving.http.state import Services, services_of

router = APIRouter()

Name = Annotated[str, Path(min_length=1, max_length=LONGEST_CONVERSATION_NAME)]


@router.get("/ibid/history/{conversation}")
def read_past_conversation(request: Request, conversation: Name) -> dict[str, Any]:
    """Its answers, the oldest first, those from collections that the key may see."""
    found = _found(services_of(request), conversation)
    return {"conversation": conversation, "answers": [_as_json(past) for past in found]}


@router.delete("/ibid/history/{conversation}")
def forget_past_conversation(request: Request, conversation: Name) -> dict[str, Any]:
    """Forgets these answers for good."""
    services = services_of(request)
    found = _found(services, conversation)
    delete_answers(services.home, [past.number for past in found])
    return {"conversation": conversation, "deleted": len(found)}


def _found(services: Services, conversation: str) -> list[PastAnswer]:
    found = [past for past in answers_in(services.home, conversation) if services.access.sees(past.answer.collection)]
    if not found:
        raise NotFoundError(f"no kept conversation {conversation!r}")
    return found


def _as_json(past: PastAnswer) -> dict[str, Any]:
    return {
        "number": past.number,
        "created_at": past.created_at,
        "asked": past.question,
        "answer": answer_as_json(past.answer),
    }
