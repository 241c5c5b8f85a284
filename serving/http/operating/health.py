"""GET /health: what the server answers with; /health/live and /health/ready: for whatever starts and watches it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from kb.home.jobs import count_jobs
from kb.models import chosen_profile
from kb.records import JobState
from serving.deciding import EXTRACTIVE
from serving.http.operating.readiness import reasons_against
from serving.http.state import services_of
from serving.verifiers import health_of

router = APIRouter()

_RETRY_SECONDS = "1"  # models are loaded in a few


@router.get("/health")
def read_health(request: Request) -> dict[str, Any]:
    """Whether the server answers, and what it answers with."""
    services = services_of(request)
    jobs = count_jobs(services.home)
    settings = services.settings
    return {
        "status": "ok",
        "collections": len(services.collections.names()),
        "model": services.model.name if services.model is not None else EXTRACTIVE,
        "profile": chosen_profile(settings) or None,
        "embedder": settings.embedder.model,
        "reranker": settings.reranker.model or None,
        "verifier": health_of(services.verifier)._asdict(),
        "jobs_waiting": jobs.get(JobState.QUEUED, 0) + jobs.get(JobState.RUNNING, 0),
        "jobs": {state.value: jobs.get(state, 0) for state in JobState},
        "max_file_mb": settings.limits.max_file_mb,
        "vllm": services.vllm.report() if services.vllm is not None else None,
    }


@router.get("/health/live")
async def read_liveness() -> dict[str, str]:
    """Answers as long as the event loop turns; where it does not, this process is better started again."""
    return {"status": "alive"}


@router.get("/health/ready")
def read_readiness(request: Request) -> JSONResponse:
    """200 where questions can be answered ("degraded" where something else fails), 503 where not, with the reasons."""
    reasons = reasons_against(services_of(request))
    blocked = any(reason.blocks for reason in reasons)
    told = {
        "status": "not_ready" if blocked else "degraded" if reasons else "ready",
        "reasons": [{"code": reason.code, "message": reason.message} for reason in reasons],
    }
    return JSONResponse(told, 503 if blocked else 200, {"Retry-After": _RETRY_SECONDS} if blocked else None)
