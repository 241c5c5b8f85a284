"""/v1/vector_stores: collections."""

from __future__ import annotations

import re
import secrets
from collections import Counter
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from kb.catalog import Catalog
from kb.home.cursors import Place
from kb.home.jobs import cancel_jobs, forget_jobs
from kb.records import Policy
from serving.http.bodies import JsonRoute
from serving.http.declared import made
from serving.http.errors import ApiError, unsupported
from serving.http.models import timestamp
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.state import Services, services_of
from serving.http.store_files import store_files
from serving.http.vector_store_files import add_file_job

router = APIRouter(route_class=JsonRoute)


class NewVectorStore(BaseModel):
    """A vector store to make. Its name becomes its id, so that it is also the model `ibid/NAME`."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    description: str = ""
    file_ids: list[str] = Field(default_factory=list, max_length=500)
    metadata: dict[str, Any] | None = None
    chunking_strategy: Any = None  # passages are cut along the document's own structure
    expires_after: None = None


class ChangedVectorStore(BaseModel):
    """What may be changed of a vector store: `metadata.policy`."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    metadata: dict[str, Any] | None = None
    expires_after: None = None


@router.post(
    "/v1/vector_stores",
    responses=made(
        "store_id", "read_vector_store", "change_vector_store", "search_vector_store", "remove_vector_store"
    ),
)
def create_vector_store(request: Request, asked: NewVectorStore) -> dict[str, Any]:
    """Makes an empty collection. `metadata.policy` ("strict" or "flag") says what happens to unsupported sentences."""
    services = services_of(request)
    policy = _policy_in(asked.metadata)
    name = re.sub(r"\s+", "-", asked.name.strip()) if asked.name else f"vs_{secrets.token_hex(6)}"
    if name in services.collections.names():
        raise ApiError(409, f"there is a vector store {name!r} already", code="already_exists", param="name")
    catalog = services.collections.create(name, asked.description, policy or Policy.FLAG)
    for file_id in asked.file_ids:
        add_file_job(services, catalog, file_id, {})
    return _store(services, catalog)


@router.get("/v1/vector_stores")
def list_vector_stores(request: Request, asked: Annotated[PageRequest, Query()]) -> dict[str, Any]:
    """A page of the collections."""
    services = services_of(request)
    catalogs = {name: services.collections.catalog(name) for name in services.collections.names()}
    places = [Place(catalog.collection().created_at, name) for name, catalog in catalogs.items()]
    page = page_of(services.home, "vector_stores", places, asked)
    return page_json([_store(services, catalogs[name]) for name in page.ids], has_more=page.has_more)


@router.get("/v1/vector_stores/{store_id}")
def read_vector_store(request: Request, store_id: str) -> dict[str, Any]:
    """One collection."""
    services = services_of(request)
    return _store(services, services.collections.catalog(store_id))


@router.post("/v1/vector_stores/{store_id}")
def change_vector_store(request: Request, store_id: str, asked: ChangedVectorStore) -> dict[str, Any]:
    """Changes a collection's policy. Its name is its id and stays."""
    services = services_of(request)
    catalog = services.collections.catalog(store_id)
    if asked.name not in (None, catalog.name):
        raise unsupported("name", "name: a vector store's name is its id and cannot be changed")
    policy = _policy_in(asked.metadata)
    if policy is not None:
        catalog.set_policy(policy)
    return _store(services, catalog)


@router.delete("/v1/vector_stores/{store_id}")
def remove_vector_store(request: Request, store_id: str) -> dict[str, Any]:
    """Removes a collection with everything in it."""
    services = services_of(request)
    services.collections.catalog(store_id)  # raises where there is none
    cancel_jobs(services.home, store_id)
    services.collections.delete(store_id)
    forget_jobs(services.home, store_id)
    return {"id": store_id, "object": "vector_store.deleted", "deleted": True}


def _policy_in(metadata: dict[str, Any] | None) -> Policy | None:
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


def _store(services: Services, catalog: Catalog) -> dict[str, Any]:
    collection = catalog.collection()
    with catalog.snapshot() as snapshot:
        entries = snapshot.documents()
    counts = Counter(file.status for file in store_files(services.home, catalog).values())
    states = ("in_progress", "completed", "failed", "cancelled")
    return {
        "id": catalog.name,
        "object": "vector_store",
        "created_at": timestamp(collection.created_at),
        "name": catalog.name,
        "usage_bytes": sum(entry.size for entry in entries),
        "file_counts": {**{state: counts[state] for state in states}, "total": counts.total()},
        "status": "in_progress" if counts["in_progress"] else "completed",
        "expires_after": None,
        "expires_at": None,
        "last_active_at": timestamp(max((entry.added_at for entry in entries), default=collection.created_at)),
        "metadata": {"policy": collection.policy.value},
        "ibid": {
            "description": collection.description,
            "documents": collection.documents,
            "passages": collection.passages,
            "version": collection.version,
            "policy": collection.policy.value,
        },
    }
