"""POST /ibid/citations/check: which cited places still stand in a collection."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from kb.errors import NotFoundError
from kb.home.withdrawals import dated
from kb.records import Citation
from kb.standing import standings_of
from serving.answer_json import standing_as_json
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.state import services_of

router = APIRouter(route_class=JsonRoute)

_MOST_CITATIONS = 1_000  # of a long conversation: in documents of a million characters, looked up in 1.5 s


class CitedPlace(JsonBody):
    """A citation as answers hold it; fields of it that do not matter here are passed over."""

    document_id: str
    document: str = ""  # its name, by which a replacement is found
    start: int = Field(ge=0, lt=2**31)
    end: int = Field(ge=0, lt=2**31)
    quote: str


class CitationCheck(JsonBody):
    """Citations to look up; in the default collection unless one is named."""

    model_config = ConfigDict(extra="forbid")

    collection: str = ""
    citations: list[CitedPlace] = Field(max_length=_MOST_CITATIONS)


@router.post("/ibid/citations/check")
def check_citations(request: Request, asked: CitationCheck) -> dict[str, Any]:
    """What became of each citation, in the order given. In a collection that is gone, nothing stands."""
    services = services_of(request)
    name = asked.collection or services.collections.default
    try:
        catalog = services.collections.catalog(name)
    except NotFoundError:
        catalog = None
    cited = [
        Citation(number, place.document_id, place.document, "", None, place.start, place.end, place.quote)
        for number, place in enumerate(asked.citations, 1)
    ]
    standings = standings_of(cited, catalog)
    if services.access.sees(name):
        standings = dated(services.home, name, standings)
    return {"collection": name, "citations": [standing_as_json(standing) for standing in standings]}
