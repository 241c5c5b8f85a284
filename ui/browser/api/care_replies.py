"""What the server replies about itself, as types, for the page Look after."""

from __future__ import annotations

from dataclasses import dataclass

from ui.browser.api.parsing import Json


@dataclass(frozen=True, slots=True)
class Health:
    """Whether questions can be answered ("ready", "degraded", "not_ready"), why not, and what answers them.

    `reasons` are pairs of a code and the server's words; `models` pairs of what a model does and its name, "" for none.
    """

    status: str
    reasons: tuple[tuple[str, str], ...]
    profile: str
    models: tuple[tuple[str, str], ...]
    waiting: int  # files on their way in
    failed: int
    max_file_mb: int


@dataclass(frozen=True, slots=True)
class Key:
    """A key, without its value. Times are seconds since 1970, 0 for never; no `collections` means all of them."""

    id: str
    name: str
    rights: tuple[str, ...]
    collections: tuple[str, ...]
    created_at: int
    last_used_at: int
    expires_at: int
    state: str


@dataclass(frozen=True, slots=True)
class Change:
    """An entry of the audit log."""

    number: int
    at: str  # ISO 8601, UTC
    actor: str
    action: str
    collection: str
    subject: str


@dataclass(frozen=True, slots=True)
class AuditCheck:
    """What a check of the audit log found; `fault` is "" where it is whole."""

    entries: int
    head: str
    fault: str


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes on the server's disk; `collections` are triples of id, title and bytes."""

    total: int
    free: int
    least_free: int
    home: int
    collections: tuple[tuple[str, str, int], ...]


def read_health(value: Json) -> Health:
    """The replies of /health/ready and /health together."""
    ready, told = value["ready"], value["told"]
    verifier = told.get("verifier") or {}
    jobs = told.get("jobs") or {}
    faults = (verifier.get("failure"),)  # which keep no question from being answered
    return Health(
        status=str(ready["status"]),
        reasons=tuple(
            (str(reason["code"]), str(reason["message"]))
            for reason in (*ready["reasons"], *({"code": "", "message": fault} for fault in faults if fault))
        ),
        profile=str(told.get("profile") or ""),
        models=(
            ("chat", str(told.get("model") or "")),
            ("embedder", str(told.get("embedder") or "")),
            ("reranker", str(told.get("reranker") or "")),
            ("verifier", str(verifier.get("model") or verifier.get("kind") or "")),
        ),
        waiting=int(told.get("jobs_waiting") or 0),
        failed=int(jobs.get("failed") or 0),
        max_file_mb=int(told.get("max_file_mb") or 0),
    )


def read_key(value: Json) -> Key:
    """A key."""
    more = value["ibid"]
    return Key(
        id=str(value["id"]),
        name=str(value["name"]),
        rights=tuple(str(right) for right in more["rights"]),
        collections=tuple(str(name) for name in more.get("collections") or ()),
        created_at=int(value.get("created_at") or 0),
        last_used_at=int(value.get("last_used_at") or 0),
        expires_at=int(value.get("expires_at") or 0),
        state=str(more.get("state") or ""),
    )


def read_change(value: Json) -> Change:
    """An entry of the audit log."""
    texts = (str(value.get(key) or "") for key in ("at", "actor", "action", "collection", "subject"))
    return Change(int(value["number"]), *texts)


def read_audit_check(value: Json) -> AuditCheck:
    """What a check of the audit log found."""
    return AuditCheck(int(value["entries"]), str(value["head"]), str(value["fault"]))


def read_storage(value: Json) -> Storage:
    """What stands on the disk."""
    return Storage(
        total=int(value["total_bytes"]),
        free=int(value["free_bytes"]),
        least_free=int(value["least_free_bytes"]),
        home=int(value["home_bytes"]),
        collections=tuple((str(one["id"]), str(one["name"]), int(one["bytes"])) for one in value["collections"]),
    )
