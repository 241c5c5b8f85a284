"""Pages of items: of a response's input, or of a conversation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Query
from pydantic import BaseModel, Field

from serving.http.errors import ApiError
from serving.http.responses.items import Json


class ItemPageRequest(BaseModel):
    """Which page: at most `limit` items behind `after`, the newest first unless asked otherwise."""

    limit: int = Field(default=20, ge=1, le=100)  # OpenAI's own range
    order: Literal["asc", "desc"] = "desc"
    after: str = ""


ItemPage = Annotated[ItemPageRequest, Query()]


def page_of_items(items: Sequence[Json], asked: ItemPageRequest) -> Json:
    """The page in OpenAI's shape.

    Args:
        items: all of them, the oldest first.
        asked: which page.

    Raises:
        ApiError: 404, there is no item `after`.
    """
    ordered = list(items) if asked.order == "asc" else list(reversed(items))
    if asked.after:
        places = [place for place, item in enumerate(ordered) if item["id"] == asked.after]
        if not places:
            raise ApiError(404, f"no item {asked.after[:80]!r}", code="not_found", param="after")
        ordered = ordered[places[0] + 1 :]
    data = ordered[: asked.limit]
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": "", "last_id": ""}
    return {"object": "list", "data": data, **ends, "has_more": len(ordered) > asked.limit}
