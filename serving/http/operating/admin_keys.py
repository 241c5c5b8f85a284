"""/v1/organization/admin_api_keys: the server's keys, for whoever may look after the whole of it."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field

from kb.errors import NotFoundError
from kb.home.cursors import Place
from kb.home.home import Home
from kb.home.keys import MOST_AT_ONCE, PREFIX, Key, Right, create_key, list_keys, revoke_key
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.declared import made
from serving.http.models import timestamp
from serving.http.paging import PageRequest, page_json, page_of
from serving.http.state import services_of

router = APIRouter(route_class=JsonRoute)

_LONGEST = 31_536_000  # seconds, a year: OpenAI's own limit


class KeyOptions(JsonBody):
    """What OpenAI's API has no place for: what the key may do, on what, and how often."""

    model_config = ConfigDict(extra="forbid")

    rights: list[Annotated[Right, Field(strict=False)]] = Field(default=[Right.ADMIN], min_length=1)
    collections: list[str] | None = Field(default=None, min_length=1)  # None: every one
    requests_per_minute: int = Field(default=0, ge=0, le=1_000_000)  # 0, here and below: as the settings say
    concurrent_requests: int = Field(default=0, ge=0, le=MOST_AT_ONCE)


class NewKey(JsonBody):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")

    name: str
    expires_in_seconds: int | None = Field(default=None, ge=1, le=_LONGEST)
    ibid: KeyOptions = KeyOptions()


class KeysPageRequest(PageRequest):
    """Which page of the keys; the oldest first unless asked otherwise, as at OpenAI."""

    order: Literal["asc", "desc"] = "asc"


@router.post("/v1/organization/admin_api_keys", responses=made("key_id", "read_key", "remove_key"))
def make_key(request: Request, asked: NewKey) -> dict[str, Any]:
    """Makes a key. `value` is told now and never again. Without `ibid.rights` it may do everything."""
    services, options = services_of(request), asked.ibid
    key, secret = create_key(
        services.home,
        asked.name,
        options.rights,
        options.collections,
        lasting=timedelta(seconds=asked.expires_in_seconds) if asked.expires_in_seconds else None,
        requests_per_minute=options.requests_per_minute,
        concurrent_requests=options.concurrent_requests,
        actor=services.access.actor,
    )
    return {**_key_json(key), "value": secret}


@router.get("/v1/organization/admin_api_keys")
def list_all_keys(request: Request, asked: Annotated[KeysPageRequest, Query()]) -> dict[str, Any]:
    """A page of the keys that are not revoked."""
    home = services_of(request).home
    keys = {key.id: key for key in list_keys(home) if not key.revoked_at}
    page = page_of(home, "keys", (Place(f"{key.number:012d}", key.id) for key in keys.values()), asked)
    return page_json([_key_json(keys[key_id]) for key_id in page.ids], has_more=page.has_more)


@router.get("/v1/organization/admin_api_keys/{key_id}")
def read_key(request: Request, key_id: str) -> dict[str, Any]:
    """One key, without its value."""
    return _key_json(_known_key(services_of(request).home, key_id))


@router.delete("/v1/organization/admin_api_keys/{key_id}")
def remove_key(request: Request, key_id: str) -> dict[str, Any]:
    """Revokes a key: the next request with it is refused."""
    services = services_of(request)
    revoke_key(services.home, _known_key(services.home, key_id).id, services.access.actor)
    return {"id": key_id, "object": "organization.admin_api_key.deleted", "deleted": True}


def _known_key(home: Home, key_id: str) -> Key:
    """A key by its id, never by its name, which another key may have, too.

    Raises:
        NotFoundError: there is none, or it is revoked.
    """
    for key in list_keys(home):
        if key.id == key_id and not key.revoked_at:
            return key
    raise NotFoundError(f"no key {key_id[:80]!r}")


def _key_json(key: Key) -> dict[str, Any]:
    return {
        "object": "organization.admin_api_key",
        "id": key.id,
        "name": key.name,
        "redacted_value": f"{PREFIX}…",  # nothing of a key's value is stored but its hash
        "created_at": timestamp(key.created_at),
        "expires_at": timestamp(key.expires_at) or None,
        "last_used_at": timestamp(key.last_used_at) or None,
        "owner": {
            "type": "user",
            "object": "organization.user",
            "id": "owner",
            "name": "whoever runs this server",
            "created_at": timestamp(key.created_at),
            "role": "owner",
        },
        "ibid": {
            "rights": sorted(key.rights),
            "collections": sorted(key.collections) if key.collections is not None else None,
            "requests_per_minute": key.requests_per_minute,
            "concurrent_requests": key.concurrent_requests,
            "state": key.state,
        },
    }
