"""GET /health."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request

from kb.home.jobs import list_jobs
from kb.records import JobState
from serving.deciding import EXTRACTIVE
from serving.http.state import services_of
from serving.verifiers import health_of

router = APIRouter()


@router.get("/health")
def read_health(request: Request) -> dict[str, Any]:
    """Whether the server answers, and what it answers with."""
    services = services_of(request)
    waiting = sum(job.state in {JobState.QUEUED, JobState.RUNNING} for job in list_jobs(services.home))
    return {
        "status": "ok",
        "collections": len(services.collections.names()),
        "model": services.model.name if services.model is not None else EXTRACTIVE,
        "embedder": services.settings.embedder.model,
        "verifier": health_of(services.verifier)._asdict(),
        "jobs_waiting": waiting,
        "max_file_mb": services.settings.limits.max_file_mb,
        "vllm": services.vllm.report() if services.vllm is not None else None,
    }
