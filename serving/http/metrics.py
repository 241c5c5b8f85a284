"""GET /metrics."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from serving.http.declared import file_bytes
from serving.http.state import services_of

router = APIRouter()


@router.get("/metrics", response_class=Response, responses=file_bytes("text/plain"))
def read_metrics(request: Request) -> PlainTextResponse:
    """The counters since the server started."""
    return PlainTextResponse(services_of(request).tally.as_text(), media_type="text/plain; version=0.0.4")
