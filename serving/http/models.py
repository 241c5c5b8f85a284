"""GET /v1/models: a collection is a model, "ibid" the default one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Request

from kb.errors import NotFoundError
from serving.http.errors import ApiError
from serving.http.readable import where_readable
from serving.http.state import Collections, OpenCollection, services_of

router = APIRouter()

_NAME = "ibid"


def model_id(collections: Collections, collection: str) -> str:
    """The id of the model that answers from a collection."""
    return _NAME if collection == collections.default else f"{_NAME}/{collection}"


def collection_name(collections: Collections, model: str) -> str:
    """The collection that a model id names, whether or not it exists.

    Raises:
        ApiError: 404, model_not_found.
    """
    name, slash, collection = model.partition("/")
    if name != _NAME or (slash and not collection):
        raise model_not_found(collections, model)
    return collection or collections.default


def open_model(collections: Collections, model: str) -> OpenCollection:
    """The collection behind a model id.

    Raises:
        ApiError: 404, model_not_found.
    """
    try:
        return collections.get(collection_name(collections, model))
    except NotFoundError:
        raise model_not_found(collections, model) from None


def model_not_found(collections: Collections, model: str) -> ApiError:
    """The error of a model id that is none."""
    known = ", ".join(model_id(collections, name) for name in collections.names()) or "none yet"
    return ApiError(
        404, f"the model {model!r} does not exist; there are: {known}", code="model_not_found", param="model"
    )


def timestamp(moment: str) -> int:
    """Seconds since 1970 of an ISO 8601 moment."""
    return int(datetime.fromisoformat(moment).timestamp()) if moment else 0


@router.get("/v1/models")
def list_models(request: Request) -> dict[str, Any]:
    """Every collection as a model."""
    collections = services_of(request).collections
    data = []
    for name in collections.names():
        with where_readable(name):
            data.append(_model(collections, name))
    return {"object": "list", "data": data}


@router.get("/v1/models/{model:path}")
def get_model(request: Request, model: str) -> dict[str, Any]:
    """One collection as a model."""
    collections = services_of(request).collections
    name = collection_name(collections, model)
    if name not in collections.names():
        raise model_not_found(collections, model)
    return _model(collections, name)


def _model(collections: Collections, name: str) -> dict[str, Any]:
    collection = collections.catalog(name).collection()
    return {
        "id": model_id(collections, name),
        "object": "model",
        "created": timestamp(collection.created_at),
        "owned_by": "ibid",
        "ibid": {
            "collection": name,
            "description": collection.description,
            "documents": collection.documents,
            "passages": collection.passages,
            "version": collection.version,
        },
    }
