"""/v1/batches: files of requests, worked off in the background."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field

from kb.errors import NotFoundError
from kb.home.batches import Batch, BatchState, add_batch, cancel_batch, get_batch, list_batches
from kb.home.cursors import Place
from kb.home.files import get_file
from serving.http.batches.lines import ENDPOINTS
from serving.http.batches.running import WINDOW_SECONDS
from serving.http.bodies import JsonBody
from serving.http.border.repeating import RepeatableRoute
from serving.http.declared import made, one_of
from serving.http.errors import ApiError
from serving.http.metadata import Metadata
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.state import Services, services_of
from serving.http.uploaded.file_access import sees_file
from serving.http.uploaded.received_files import ExpiresAfter

router = APIRouter(route_class=RepeatableRoute)

_MOMENTS = {  # the states of which a batch says when it came into them, under OpenAI's names
    BatchState.IN_PROGRESS: "in_progress_at",
    BatchState.FINALIZING: "finalizing_at",
    BatchState.COMPLETED: "completed_at",
    BatchState.FAILED: "failed_at",
    BatchState.EXPIRED: "expired_at",
    BatchState.CANCELLING: "cancelling_at",
    BatchState.CANCELLED: "cancelled_at",
}


class NewBatch(JsonBody):
    """A batch to work off: an uploaded file with one request a line."""

    model_config = ConfigDict(extra="forbid")

    input_file_id: str
    endpoint: str = Field(json_schema_extra=one_of(ENDPOINTS))
    completion_window: Literal["24h"] = "24h"
    metadata: Metadata | None = None
    output_expires_after: ExpiresAfter | None = None  # counted from when the batch's files are there


@router.post("/v1/batches", responses=made("batch_id", "read_batch", "stop_batch"))
def create_batch(request: Request, asked: NewBatch) -> dict[str, Any]:
    """Queues a batch. Its file is read in the background: what is wrong with a line stands in `errors` then."""
    services = services_of(request)
    if asked.endpoint not in ENDPOINTS:
        message = f"endpoint must be one of {', '.join(ENDPOINTS)}"
        raise ApiError(400, message, code="invalid_value", param="endpoint")
    file = get_file(services.home, asked.input_file_id)
    if not sees_file(services, file.id):
        raise NotFoundError(f"no file {asked.input_file_id}")
    seconds = asked.output_expires_after.seconds if asked.output_expires_after else 0
    batch = add_batch(services.home, asked.endpoint, file.id, asked.metadata, services.access.owner, seconds)
    request.app.state.batches.wake()
    return _batch_json(batch)


@router.get("/v1/batches")
def list_all_batches(request: Request, asked: Annotated[PageRequest, Query()]) -> dict[str, Any]:
    """A page of the batches, the newest first."""
    services = services_of(request)
    home = services.home
    batches = {batch.id: batch for batch in list_batches(home) if services.access.owns(batch.owner)}
    places = (Place(_place(batch), batch.id) for batch in batches.values())
    page = page_of(home, "batches", places, asked)
    return page_json([_batch_json(batches[batch_id]) for batch_id in page.ids], has_more=page.has_more)


@router.get("/v1/batches/{batch_id}")
def read_batch(request: Request, batch_id: str) -> dict[str, Any]:
    """One batch."""
    return _batch_json(_own_batch(services_of(request), batch_id))


@router.post("/v1/batches/{batch_id}/cancel")
def stop_batch(request: Request, batch_id: str) -> dict[str, Any]:
    """Ends a batch; what is done by then stands in its files."""
    services = services_of(request)
    batch = _own_batch(services, batch_id)
    if batch.state in {BatchState.COMPLETED, BatchState.FAILED, BatchState.EXPIRED}:
        raise ApiError(409, f"the batch has ended: it is {batch.state}", code="batch_ended")
    return _batch_json(cancel_batch(services.home, batch_id))


def _own_batch(services: Services, batch_id: str) -> Batch:
    """A batch of whoever asks.

    Raises:
        NotFoundError: there is none of that id, or it is somebody else's.
    """
    batch = get_batch(services.home, batch_id)
    if not services.access.owns(batch.owner):
        raise NotFoundError(f"no batch {batch_id[:80]!r}")
    return batch


def _place(batch: Batch) -> str:
    """When it was made, as text that sorts."""
    return f"{batch.moments[BatchState.VALIDATING]:012d}"


def _batch_json(batch: Batch) -> dict[str, Any]:
    created = batch.moments[BatchState.VALIDATING]
    errors = [{"code": one.code, "message": one.message, "param": None, "line": one.line} for one in batch.errors]
    known_later = {
        "errors": {"object": "list", "data": errors} if errors else None,
        "output_file_id": batch.output_file_id or None,
        "error_file_id": batch.error_file_id or None,
        **{name: batch.moments.get(state) for state, name in _MOMENTS.items()},
    }
    return {
        "id": batch.id,
        "object": "batch",
        "endpoint": batch.endpoint,
        "input_file_id": batch.input_file_id,
        "completion_window": "24h",
        "status": batch.state.value,
        "created_at": created,
        "expires_at": created + WINDOW_SECONDS,
        **{name: value for name, value in known_later.items() if value is not None},  # none of them may be null
        "request_counts": {"total": batch.total, "completed": batch.completed, "failed": batch.failed},
        "metadata": dict(batch.metadata) or None,
    }
