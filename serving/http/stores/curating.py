"""/ibid/collections/{id}/…: what OpenAI has no place for: describing a collection, and what deleting would take."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from kb.home.answers import answers_citing
from kb.records import Policy
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute
from serving.http.reading.finding import need_document
from serving.http.state import services_of
from serving.http.stores.vector_stores import Description, Name, store_json

router = APIRouter(route_class=RepeatableRoute)


class DescribedCollection(JsonBody):
    """What may be said of a collection: what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    title: Name | None = None
    description: Description | None = None
    policy: Annotated[Policy, Field(strict=False)] | None = None  # JSON has its name alone


@router.post("/ibid/collections/{store_id}/description")
def describe_collection(request: Request, store_id: str, asked: DescribedCollection) -> dict[str, Any]:
    """Changes what a collection is called, what is said of it, and its policy. Its id and its metadata stay."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    catalog.label(title=asked.title, description=asked.description)
    if asked.policy is not None:
        catalog.set_policy(asked.policy)
    return store_json(services, catalog)


@router.get("/ibid/collections/{store_id}/removal")
def read_removal(request: Request, store_id: str, document_id: str = "") -> dict[str, Any]:
    """What deleting a collection, or one document of it, would remove, and how many past answers cite that."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    chosen = [need_document(catalog, document_id)] if document_id else None
    with catalog.snapshot() as snapshot:
        entries = snapshot.documents() if chosen is None else chosen
    return {
        "collection": catalog.name,
        "documents": len(entries),
        "passages": sum(entry.passages for entry in entries),
        "bytes": sum(entry.size for entry in entries),
        "past_answers": len(answers_citing(services.home, catalog.name, [entry.id for entry in entries])),
    }
