"""/ibid/audit: the audit log, for whoever may look after the whole server."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from kb.home.audit import list_entries, verify
from serving.http.state import services_of

router = APIRouter()

_PAGE, _MOST = 50, 200  # entries of one page: a screen or two, and what a program may ask for


@router.get("/ibid/audit")
def read_audit(
    request: Request,
    limit: Annotated[int, Query(ge=1, le=_MOST)] = _PAGE,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    collection: Annotated[str | None, Query(max_length=64)] = None,
) -> dict[str, Any]:
    """Changes, the newest first: those with a smaller number than `before`, of one collection where it is given."""
    # One more than is shown tells whether there are others.
    found = list_entries(services_of(request).home, collection, before=before, at_most=limit + 1)
    shown = found[:limit]
    return {"object": "list", "data": [asdict(entry) for entry in shown], "has_more": len(found) > limit}


@router.get("/ibid/audit/check")
def check_audit(request: Request) -> dict[str, Any]:
    """Checks every entry against the one before. `fault` is "" where the log is whole; `head` is worth noting."""
    return asdict(verify(services_of(request).home))
