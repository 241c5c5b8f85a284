"""GET /metrics, in Prometheus' text format."""

from __future__ import annotations

import os

from fastapi import APIRouter, Request
from fastapi.responses import Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from serving.counters_folder import SHARED_FOLDER
from serving.http.declared import file_bytes
from serving.http.operating.observing.gauges import Gauges
from serving.http.state import services_of

router = APIRouter()


@router.get("/metrics", response_class=Response, responses=file_bytes("text/plain"))
def read_metrics(request: Request) -> Response:
    """The counters since the server started, of all its processes, and how things stand now."""
    services = services_of(request)
    now = CollectorRegistry()
    now.register(Gauges(services))
    counted = services.meters.registry
    if SHARED_FOLDER in os.environ:
        from prometheus_client.multiprocess import MultiProcessCollector

        counted = CollectorRegistry()
        MultiProcessCollector(counted)  # type: ignore[no-untyped-call]  # it has no annotations
    return Response(generate_latest(counted) + generate_latest(now), media_type=CONTENT_TYPE_LATEST)
