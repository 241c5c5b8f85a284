"""API keys: who may use the server, for what, on which collections. Only their hashes are stored.

A key is 256 random bits, so a plain SHA-256 of it can neither be guessed back nor found by trying.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import sqlite3
import threading
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from kb.catalog.schema import connect, storage_error
from kb.catalog.writing import in_seconds, now
from kb.errors import NotFoundError, UsageError
from kb.home.audit import TERMINAL, append
from kb.home.home import Home

PREFIX = "sk-ibid-"  # "sk-" is what tools that search code for lost keys look for
_RANDOM_BYTES = 32
_NAME_CHARACTERS = 80  # a line of `ibid keys list`
_USE_NOTED_EVERY = timedelta(hours=1)  # finer would be a write for every request
MOST_AT_ONCE = 4096  # requests of one key: more than a server of many processes answers

_COLUMNS = (
    "number, id, name, rights, collections, requests_per_minute, concurrent_requests, created_at, expires_at,"
    " last_used_at, revoked_at"  # as in Key
)


class Right(StrEnum):
    """What a key may do."""

    ASK = "ask"  # questions, embeddings
    READ = "read"  # search, collections, documents
    WRITE = "write"  # upload, add, change, delete
    ADMIN = "admin"  # all of these, and what concerns the whole server


@dataclass(frozen=True, slots=True)
class Key:
    """A key without its secret."""

    number: int  # never used again
    id: str
    name: str
    rights: frozenset[Right]
    collections: frozenset[str] | None  # None: every one
    requests_per_minute: int  # 0: as the settings say
    concurrent_requests: int  # 0: as the settings say
    created_at: str  # ISO 8601, UTC, as all moments here
    expires_at: str  # "": never
    last_used_at: str  # exact to the hour; "": never
    revoked_at: str  # "": not

    @property
    def state(self) -> str:
        """Whether it is "valid", "expired" or "revoked"."""
        if self.revoked_at:
            return "revoked"
        return "expired" if self.expires_at and self.expires_at <= now() else "valid"


def create_key(
    home: Home,
    name: str,
    rights: Collection[Right] = (Right.ASK, Right.READ),
    collections: Collection[str] | None = None,
    *,
    last_day: date | None = None,
    lasting: timedelta | None = None,
    requests_per_minute: int = 0,
    concurrent_requests: int = 0,
    actor: str = TERMINAL,
) -> tuple[Key, str]:
    """Makes a key; returns it and its secret, which nobody can be told again.

    Args:
        home: where it is kept.
        name: says to people what it is for.
        rights: what it may do.
        collections: by name, whether or not they are there yet; None for every one.
        last_day: on which it may be used (UTC).
        lasting: from now on, how long it may be used; where no last day is given.
        requests_per_minute: at most; 0 as the settings say.
        concurrent_requests: at most; 0 as the settings say.
        actor: whom the audit log names.

    Raises:
        UsageError: the name is none, there are no rights or no collections, or a limit cannot be.
    """
    _check(name, rights, collections, requests_per_minute, concurrent_requests)
    secret = PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    expires = ""
    if last_day is not None:
        expires = datetime.combine(last_day + timedelta(days=1), time(), UTC).isoformat()
    elif lasting is not None:
        expires = in_seconds(lasting.total_seconds())
    key_id = f"key_{secrets.token_hex(8)}"
    values = (
        key_id,
        name.strip(),
        _hash(secret),
        ",".join(sorted(rights)),
        json.dumps(sorted(collections) if collections is not None else None, ensure_ascii=False),
        requests_per_minute,
        concurrent_requests,
        now(),
        expires,
    )
    with home.writing() as connection:
        connection.execute(
            "INSERT INTO keys (id, name, hash, rights, collections, requests_per_minute, concurrent_requests,"
            " created_at, expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            values,
        )
        append(connection, actor, "key.created", subjects=[key_id])
    return get_key(home, key_id), secret


def get_key(home: Home, wanted: str) -> Key:
    """The key of this id, or of this name where only one that is not revoked has it.

    Raises:
        NotFoundError: there is none, or several have the name.
    """
    keys = list_keys(home)
    found = [key for key in keys if key.id == wanted] or [
        key for key in keys if key.name == wanted and not key.revoked_at
    ]
    if len(found) != 1:
        several = ", ".join(key.id for key in found)
        what = f"several keys are named {wanted!r}" if found else f"no key {wanted!r}"
        raise NotFoundError(what, several, "`ibid keys list` shows their ids")
    return found[0]


def list_keys(home: Home) -> list[Key]:
    """Every key that was ever made, the newest first."""
    with home.reading() as connection:
        rows = connection.execute(f"SELECT {_COLUMNS} FROM keys ORDER BY number DESC").fetchall()  # noqa: S608
    return [_key_from(row) for row in rows]


def revoke_key(home: Home, wanted: str, actor: str = TERMINAL) -> Key:
    """Ends a key (by id or name) for good; the next request with it is refused, whichever process it reaches.

    Raises:
        NotFoundError: there is none, or several have the name.
    """
    key = get_key(home, wanted)
    if key.revoked_at:
        return key
    moment = now()
    with home.writing() as connection:
        connection.execute("UPDATE keys SET revoked_at = ? WHERE id = ?", (moment, key.id))
        append(connection, actor, "key.revoked", subjects=[key.id])
    return replace(key, revoked_at=moment)


def is_use_noted(key: Key) -> bool:
    """Whether its use was noted within the last hour."""
    return key.last_used_at >= _an_hour_ago()


def note_use(home: Home, key: Key) -> None:
    """Notes that a key is in use, unless that was noted within the last hour."""
    with home.writing() as connection:
        connection.execute(
            "UPDATE keys SET last_used_at = ? WHERE number = ? AND last_used_at < ?",
            (now(), key.number, _an_hour_ago()),
        )


class Keyring:
    """Looks keys up for a server: on a connection of its own, so that it never waits for anybody who writes.

    A lookup costs some 20 µs and sees what other processes have just made or revoked.
    """

    def __init__(self, home: Home) -> None:
        self._path = home.folder / "ibid.db"
        self._connection = connect(self._path)
        self._lock = threading.Lock()

    @property
    def in_use(self) -> bool:
        """Whether there was ever a key: a server whose keys are all revoked lets nobody in rather than everybody."""
        return bool(self._one("SELECT EXISTS (SELECT 1 FROM keys)", ())[0])

    def find(self, secret: str) -> Key | None:
        """The key of this secret, in whatever state it is."""
        hashed = _hash(secret)
        row = self._one(f"SELECT {_COLUMNS}, hash FROM keys WHERE hash = ?", (hashed,))  # noqa: S608
        if row is None or not hmac.compare_digest(row[-1], hashed):
            return None
        return _key_from(row[:-1])

    def find_by_id(self, key_id: str) -> Key | None:
        """The key of this id, in whatever state it is."""
        row = self._one(f"SELECT {_COLUMNS} FROM keys WHERE id = ?", (key_id,))  # noqa: S608
        return _key_from(row) if row is not None else None

    def close(self) -> None:
        """Closes the connection."""
        self._connection.close()

    def _one(self, query: str, values: Sequence[Any]) -> Any:
        with self._lock:
            try:
                return self._connection.execute(query, values).fetchone()
            except sqlite3.Error as error:
                raise storage_error(self._path, error) from error


def _check(
    name: str,
    rights: Collection[Right],
    collections: Collection[str] | None,
    requests_per_minute: int,
    concurrent_requests: int,
) -> None:
    if not re.search(r"\S", name) or len(name) > _NAME_CHARACTERS or not name.isprintable():
        raise UsageError(f"{name[:_NAME_CHARACTERS]!r} cannot name a key", f"1 to {_NAME_CHARACTERS} characters may")
    if not rights:
        raise UsageError("a key without rights", advice=f"Rights are: {', '.join(Right)}")
    if collections is not None and not collections:
        raise UsageError("a key for no collection", advice="Name some, or none for every one")
    if requests_per_minute < 0 or not 0 <= concurrent_requests <= MOST_AT_ONCE:
        raise UsageError("a key's limit cannot be", f"0 or more a minute, 0 to {MOST_AT_ONCE} at once")


def _an_hour_ago() -> str:
    return (datetime.now(UTC) - _USE_NOTED_EVERY).isoformat(timespec="seconds")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "replace")).digest()


def _key_from(row: Sequence[Any]) -> Key:
    number, key_id, name, rights, collections, *rest = row
    named = json.loads(collections)
    return Key(
        number,
        key_id,
        name,
        frozenset(Right(right) for right in rights.split(",")),
        None if named is None else frozenset(named),
        *rest,
    )
