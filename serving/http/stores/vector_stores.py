"""/v1/vector_stores: collections."""

from __future__ import annotations

import re
import secrets
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field

from kb.catalog import Catalog
from kb.catalog.expiry import expires_at, last_used
from kb.home.cursors import Place
from kb.home.evaluations import forget_evaluations
from kb.home.file_batches import forget_batches
from kb.home.jobs import cancel_jobs, forget_jobs
from kb.records import Collection, Policy
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute
from serving.http.declared import made
from serving.http.errors import ApiError
from serving.http.metadata import Metadata
from serving.http.models import timestamp
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.readable import where_readable
from serving.http.state import Services, services_of
from serving.http.stores.adding import FileToAdd, add_files, check_not_expired
from serving.http.stores.chunking import ChunkingStrategy
from serving.http.stores.store_files import counts_json

router = APIRouter(route_class=RepeatableRoute)

Name = Annotated[str, Field(max_length=256)]
Description = Annotated[str, Field(max_length=4096)]


class StoreExpiry(JsonBody):
    """After how many days without use a vector store is emptied."""

    model_config = ConfigDict(extra="forbid")

    anchor: Literal["last_active_at"]
    days: int = Field(ge=1, le=365)  # OpenAI's own range


class NewVectorStore(JsonBody):
    """A vector store to make. Its name becomes its id where it can, so that it is also the model `ibid/NAME`."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    description: Description | None = None
    file_ids: list[str] = Field(default_factory=list, max_length=500)
    metadata: Metadata | None = None
    chunking_strategy: ChunkingStrategy | None = None
    expires_after: StoreExpiry | None = None


class ChangedVectorStore(JsonBody):
    """What may be changed of a vector store: what is left out stays, null removes."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    metadata: Metadata | None = None
    expires_after: StoreExpiry | None = None


@router.post(
    "/v1/vector_stores",
    responses=made(
        "store_id", "read_vector_store", "change_vector_store", "search_vector_store", "remove_vector_store"
    ),
)
def create_vector_store(request: Request, asked: NewVectorStore) -> dict[str, Any]:
    """Makes an empty collection. `metadata.policy` ("strict" or "flag") says what happens to unsupported sentences."""
    services = services_of(request)
    policy = _policy_in(asked.metadata) or Policy.FLAG
    files = [FileToAdd(file_id=file_id, chunking_strategy=asked.chunking_strategy) for file_id in asked.file_ids]
    add_files(services, None, files)  # what cannot be is refused before anything is made
    catalog = services.collections.catalog(_made_id(services, asked.name, asked.description or "", policy))
    keep_days = asked.expires_after.days if asked.expires_after else 0
    catalog.label(title=asked.name or "", labels=asked.metadata or {}, keep_days=keep_days)
    add_files(services, catalog, files)
    return store_json(services, catalog)


@router.get("/v1/vector_stores")
def list_vector_stores(request: Request, asked: Annotated[PageRequest, Query()]) -> dict[str, Any]:
    """A page of the collections."""
    services = services_of(request)
    places = []
    for name in services.collections.names():
        with where_readable(name):
            places.append(Place(services.collections.created_at(name), name))
    page = page_of(services.home, "vector_stores", places, asked)
    data = []
    for name in page.ids:
        with where_readable(name):
            data.append(store_json(services, services.collections.catalog(name)))
    return page_json(data, has_more=page.has_more)


@router.get("/v1/vector_stores/{store_id}")
def read_vector_store(request: Request, store_id: str) -> dict[str, Any]:
    """One collection."""
    services = services_of(request)
    return store_json(services, services.collections.catalog(store_id))


@router.post("/v1/vector_stores/{store_id}")
def change_vector_store(request: Request, store_id: str, asked: ChangedVectorStore) -> dict[str, Any]:
    """Changes what a collection is called, its metadata and policy, and when it expires. Its id stays."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    policy = _policy_in(asked.metadata)
    keep_days = None
    if "expires_after" in asked.model_fields_set:
        keep_days = asked.expires_after.days if asked.expires_after else 0
        check_not_expired(catalog)
    labels = (asked.metadata or {}) if "metadata" in asked.model_fields_set else None
    catalog.label(title=asked.name, labels=labels, keep_days=keep_days)
    if policy is not None:
        catalog.set_policy(policy)
    return store_json(services, catalog)


@router.delete("/v1/vector_stores/{store_id}")
def remove_vector_store(request: Request, store_id: str) -> dict[str, Any]:
    """Removes a collection with everything in it."""
    services = services_of(request)
    services.collections.require(store_id)
    cancel_jobs(services.home, store_id)
    services.collections.delete(store_id)
    forget_jobs(services.home, store_id)
    forget_batches(services.home, store_id)
    forget_evaluations(services.home, store_id)
    return {"id": store_id, "object": "vector_store.deleted", "deleted": True}


def _made_id(services: Services, name: str | None, description: str, policy: Policy) -> str:
    """Makes a collection: under its name where that can be an id and is not taken, else under an id of its own."""
    readable = re.sub(r"\s+", "-", (name or "").strip())
    if readable and services.collections.make(readable, description, policy):
        return readable
    own = f"vs_{secrets.token_hex(12)}"  # 96 bits: no two share one
    services.collections.make(own, description, policy)
    return own


def _policy_in(metadata: dict[str, str] | None) -> Policy | None:
    """The policy that metadata names, None where they name none.

    Raises:
        ApiError: there is no such policy.
    """
    wanted = (metadata or {}).get("policy")
    if wanted is None:
        return None
    if wanted not in set(Policy):
        message = f"metadata.policy: {wanted!r} is no policy, only {' and '.join(Policy)} are"
        raise ApiError(400, message, code="invalid_value", param="metadata")
    return Policy(wanted)


def store_json(services: Services, catalog: Catalog) -> dict[str, Any]:
    """A collection in OpenAI's shape of a vector store."""
    collection = catalog.collection()
    with catalog.snapshot() as snapshot:
        size, _ = snapshot.size()
    counts = services.listings.of(catalog).counts
    expiry = {"expires_after": {"anchor": "last_active_at", "days": collection.keep_days}}
    moment = expires_at(catalog, collection)
    return {
        "id": catalog.name,
        "object": "vector_store",
        "created_at": timestamp(collection.created_at),
        "name": collection.title or catalog.name,
        "description": collection.description,
        "usage_bytes": size,
        "file_counts": counts_json(counts),
        "status": "expired" if collection.expired_at else "in_progress" if counts["in_progress"] else "completed",
        **(expiry if collection.keep_days else {}),
        "expires_at": timestamp(moment) if moment else None,
        "last_active_at": timestamp(last_used(catalog, collection)),
        "metadata": _metadata_of(collection),
        "ibid": {
            "description": collection.description,
            "documents": collection.documents,
            "passages": collection.passages,
            "version": collection.version,
            "policy": collection.policy.value,
        },
    }


def _metadata_of(collection: Collection) -> dict[str, str]:
    """What was given, with the policy as it is now; the usual one is told only to whoever named it."""
    told = dict(collection.labels)
    if "policy" in told or collection.policy is not Policy.FLAG:
        told["policy"] = collection.policy.value
    return told
