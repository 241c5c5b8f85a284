"""`ibid keys create`, `list`, `revoke`: who may use the server."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, date, datetime, timedelta
from typing import Any

from kb.catalog.collections import collection_names
from kb.errors import UsageError
from kb.home.home import Home
from kb.home.keys import Key, Right, create_key, list_keys, revoke_key
from kb.settings import Settings
from kb.text.written_dates import read_day


def create(options: argparse.Namespace, settings: Settings) -> int:
    """Makes a key and shows it, once.

    Raises:
        UsageError: the name, a right, a date or a limit cannot be.
    """
    for name in sorted({*options.only_collection} - {*collection_names(settings.home)}):
        print(f"ibid: there is no collection {name!r} yet; the key will do for it once there is", file=sys.stderr)
    key, secret = create_key(
        Home(settings.home),
        options.name,
        [Right(right) for right in options.right] or (Right.ASK, Right.READ),
        options.only_collection or None,
        last_day=_day(options.expires),
        requests_per_minute=options.per_minute,
        concurrent_requests=options.at_once,
    )
    if options.json:
        print(json.dumps({**_as_json(key), "key": secret}, ensure_ascii=False, indent=2))
        return 0
    print(secret)
    print(f"ibid: {_described(key)}", file=sys.stderr)
    print("ibid: this is shown once; only its hash is kept. 密钥仅显示这一次，系统只保存其哈希值。", file=sys.stderr)
    return 0


def show(options: argparse.Namespace, settings: Settings) -> int:
    """Lists every key that was ever made, without its secret."""
    keys = list_keys(Home(settings.home))
    if options.json:
        print(json.dumps({"keys": [_as_json(key) for key in keys]}, ensure_ascii=False, indent=2))
        return 0
    for key in keys:
        print(_described(key))
    if not keys:
        print("ibid: no keys; the server listens on this machine only", file=sys.stderr)
    return 0


def revoke(options: argparse.Namespace, settings: Settings) -> int:
    """Ends keys for good.

    Raises:
        NotFoundError: one is not there; those before it are revoked.
    """
    home = Home(settings.home)
    revoked = [revoke_key(home, wanted) for wanted in options.keys]
    if options.json:
        print(json.dumps({"revoked": [_as_json(key) for key in revoked]}, ensure_ascii=False, indent=2))
    else:
        for key in revoked:
            print(f"revoked {key.id}  {key.name}")
    if not any(key.state == "valid" for key in list_keys(home)):
        print("ibid: no valid key is left: the server lets nobody in until one is made", file=sys.stderr)
    return 0


def _day(written: str | None) -> date | None:
    day = read_day(written) if written else None
    if day is not None and day < datetime.now(UTC).date():
        raise UsageError(f"a key until {day} could never be used", advice="Name today or a later day (UTC)")
    return day


def _described(key: Key) -> str:
    collections = "every collection" if key.collections is None else ", ".join(sorted(key.collections))
    limits = [
        f"{key.requests_per_minute} a minute" if key.requests_per_minute else "",
        f"{key.concurrent_requests} at once" if key.concurrent_requests else "",
    ]
    state = key.state if key.state != "valid" else f"until the end of {_last_day(key)}" if key.expires_at else "valid"
    used = f"used {key.last_used_at[:13].replace('T', ' ')}h" if key.last_used_at else "never used"
    parts = [f"{key.id}  {key.name:20}", "+".join(sorted(key.rights)), collections, *filter(None, limits), state, used]
    return " · ".join(parts)


def _last_day(key: Key) -> date:
    return datetime.fromisoformat(key.expires_at).date() - timedelta(days=1)


def _as_json(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "name": key.name,
        "rights": sorted(key.rights),
        "collections": "*" if key.collections is None else sorted(key.collections),
        "requests_per_minute": key.requests_per_minute,
        "concurrent_requests": key.concurrent_requests,
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "last_used_at": key.last_used_at,
        "revoked_at": key.revoked_at,
        "state": key.state,
    }
