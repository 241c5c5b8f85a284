"""Thumbs up and down: given by whoever knows a kept answer's conversation, read by whoever reads its collection."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from pydantic import ConfigDict, Field

from kb.errors import NotFoundError
from kb.home.feedback import Thumb, give_feedback, list_feedback, take_back_feedback
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.reading.past_conversations import Name, past_answers, past_as_json
from serving.http.state import Services, services_of

router = APIRouter(route_class=JsonRoute)

_LONGEST_REASON = 2_000  # characters: a page; what is longer is a document
_HIGHEST_NUMBER = 2**63 - 1  # that SQLite counts to

Number = Annotated[int, Path(ge=1, le=_HIGHEST_NUMBER)]


class NewFeedback(JsonBody):
    """What somebody thinks of an answer."""

    model_config = ConfigDict(extra="forbid")

    verdict: Annotated[Thumb, Field(strict=False)]  # JSON has its name alone
    reason: str = Field("", max_length=_LONGEST_REASON)


@router.put("/ibid/history/{conversation}/{number}/feedback")
def judge_answer(request: Request, conversation: Name, number: Number, given: NewFeedback) -> dict[str, Any]:
    """Says what somebody thinks of one of the answers, in the place of what was said before."""
    services = services_of(request)
    _check_known(services, conversation, number)
    kept = give_feedback(services.home, number, given.verdict, given.reason.strip())
    return {"number": number, "verdict": kept.thumb, "reason": kept.reason, "at": kept.at}


@router.delete("/ibid/history/{conversation}/{number}/feedback")
def take_judgement_back(request: Request, conversation: Name, number: Number) -> dict[str, Any]:
    """Takes back what was said of one of the answers, if anything was."""
    services = services_of(request)
    _check_known(services, conversation, number)
    take_back_feedback(services.home, number)
    return {"number": number, "deleted": True}


@router.get("/ibid/collections/{store_id}/feedback")
def list_judgements(
    request: Request,
    store_id: str,
    verdict: Thumb | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    before: Annotated[int | None, Query(ge=1, le=_HIGHEST_NUMBER)] = None,
) -> dict[str, Any]:
    """The judged answers from a collection, the newest first; `before` is the number of the last one of a page."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    found = list_feedback(services.home, name, verdict, at_most=limit + 1, before=before)
    data = [past_as_json(past, given) for given, past in found[:limit]]
    return {"object": "list", "data": data, "has_more": len(found) > limit}


def _check_known(services: Services, conversation: str, number: int) -> None:
    if number not in {past.number for past in past_answers(services, conversation)}:
        raise NotFoundError(f"no answer {number} in this conversation")
