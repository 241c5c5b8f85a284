"""Pages of lists. A page begins after an item's place, its moment and its id, and never after a number of items.

So what is added or removed while a client walks the pages moves nothing: what was there all the time comes once.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from kb.errors import IbidError
from kb.home.cursors import Place, recall_place, remember_place
from kb.home.home import Home
from serving.http.errors import ApiError


class PageRequest(BaseModel):
    """Which page of a list: at most `limit` items behind `after` and in front of `before`, which are ids of items."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(default=20, ge=1, le=100)  # OpenAI's own range
    order: Literal["asc", "desc"] = "desc"  # by the moment at which items were made, then by id
    after: str | None = None
    before: str | None = None


class Page(NamedTuple):
    """The ids on a page, in order. `has_more`: whether others follow in the direction in which the client walks."""

    ids: tuple[str, ...]
    has_more: bool


def page_of(home: Home, list_name: str, places: Iterable[Place], asked: PageRequest) -> Page:
    """Cuts one page out of a list.

    Args:
        home: remembers where pages ended, so that the next one is found also when the last item was deleted meanwhile.
        list_name: tells this list's cursors from those of others.
        places: of every item of the list, in any order.
        asked: which page.

    Raises:
        ApiError: 400, `after` or `before` is no item of the list.
    """
    return page_in(home, list_name, sorted(places), asked)


def page_in(home: Home, list_name: str, ordered: Sequence[Place], asked: PageRequest) -> Page:
    """The same of a list whose items' places are in order: of a long one that is kept so.

    Raises:
        ApiError: 400, `after` or `before` is no item of the list.
    """
    after, before = (_cursor(home, list_name, ordered, asked, name) for name in ("after", "before"))
    if asked.order == "desc":
        after, before = before, after
    first = bisect_right(ordered, after) if after is not None else 0
    last = bisect_left(ordered, before) if before is not None else len(ordered)
    inside = max(0, last - first)
    has_more = inside > asked.limit
    walks_back = asked.before is not None and asked.after is None
    if has_more and walks_back == (asked.order == "asc"):
        first = last - asked.limit
    elif has_more:
        last = first + asked.limit
    chosen = list(ordered[first:last])
    if asked.order == "desc":
        chosen.reverse()
    if has_more:
        with suppress(IbidError):  # a full disk or a busy database must not keep anybody from reading
            remember_place(home, list_name, chosen[0] if walks_back else chosen[-1])
    return Page(tuple(place.id for place in chosen), has_more)


def page_json(data: Sequence[dict[str, Any]], *, has_more: bool) -> dict[str, Any]:
    """A page in OpenAI's shape."""
    ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": "", "last_id": ""}
    return {"object": "list", "data": list(data), **ends, "has_more": has_more}


def _cursor(
    home: Home, list_name: str, ordered: Sequence[Place], asked: PageRequest, name: Literal["after", "before"]
) -> Place | None:
    wanted = asked.after if name == "after" else asked.before
    if wanted is None:
        return None
    found = recall_place(home, list_name, wanted) or next((place for place in ordered if place.id == wanted), None)
    if found is None:
        message = f"{name} is {wanted[:80]!r}; it must be the id of an item of this list"
        raise ApiError(400, message, code="invalid_value", param=name)
    return found
