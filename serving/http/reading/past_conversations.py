"""/ibid/history/{conversation}: the kept answers of one conversation, for whoever knows its name.

Names are given by clients that want to find their answers again (`ibid.conversation` of a request with `store`); there
is no list of them, so that a name of many random bits is as good as a key to that one conversation.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import ConfigDict, Field

from kb.errors import NotFoundError
from kb.home.answers import PastAnswer, answers_in, delete_answers, keep_answer
from kb.home.feedback import Feedback, feedback_in
from kb.home.seals import sealed_answer
from kb.records import collections_named
from serving.answer_json import answer_as_json
from serving.http.answers.asking import check_store
from serving.http.answers.ibid_options import LONGEST_CONVERSATION_NAME
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.state import Services, services_of

router = APIRouter(route_class=JsonRoute)

_LONGEST_QUESTION = 100_000  # characters: beyond any that is answered

Name = Annotated[str, Path(min_length=1, max_length=LONGEST_CONVERSATION_NAME)]


@router.get("/ibid/history/{conversation}")
def read_past_conversation(request: Request, conversation: Name) -> dict[str, Any]:
    """Its answers, the oldest first, those from collections that the key may see."""
    services = services_of(request)
    found, given = past_answers(services, conversation), feedback_in(services.home, conversation)
    return {"conversation": conversation, "answers": [past_as_json(past, given.get(past.number)) for past in found]}


class SealedAnswer(JsonBody):
    """An answer that was given and not kept, as the field `ibid` told it, to the question as it was asked."""

    model_config = ConfigDict(extra="forbid")

    asked: str = Field(max_length=_LONGEST_QUESTION)
    answer: dict[str, Any]


@router.post("/ibid/history/{conversation}")
def keep_after_all(request: Request, conversation: Name, given: SealedAnswer) -> dict[str, Any]:
    """Keeps an answer after all, which this server gave and did not keep; its `seal` says that nothing was changed."""
    services = services_of(request)
    check_store(services, store=True)
    seal = str(given.answer.get("seal") or "")
    answer = sealed_answer(services.home.folder, given.asked, given.answer, seal)
    for name in collections_named(answer.collection):
        with services.collections.catalog(name).snapshot() as snapshot:
            quoted = [one.document_id for one in answer.citations if (one.collection or answer.collection) == name]
            if not all(map(snapshot.has_document, quoted)):
                raise NotFoundError("this is not kept", "it quotes a document that has been deleted since")
    return past_as_json(keep_answer(services.home, given.asked, answer, conversation), None)


@router.delete("/ibid/history/{conversation}")
def forget_past_conversation(request: Request, conversation: Name) -> dict[str, Any]:
    """Forgets these answers for good."""
    services = services_of(request)
    found = past_answers(services, conversation)
    delete_answers(services.home, [past.number for past in found])
    return {"conversation": conversation, "deleted": len(found)}


def past_answers(services: Services, conversation: str) -> list[PastAnswer]:
    """The answers of a conversation that the request may see, the oldest first.

    Raises:
        NotFoundError: there is none.
    """
    found = [
        past
        for past in answers_in(services.home, conversation)
        if all(map(services.access.sees, collections_named(past.answer.collection)))
    ]
    if not found:
        raise NotFoundError(f"no kept conversation {conversation!r}")
    return found


def past_as_json(past: PastAnswer, given: Feedback | None) -> dict[str, Any]:
    """A past answer with the feedback on it."""
    return {
        "number": past.number,
        "created_at": past.created_at,
        "asked": past.question,
        "answer": answer_as_json(past.answer),
        "feedback": {"verdict": given.thumb, "reason": given.reason, "at": given.at} if given else None,
    }
