"""What is known of a request while it is answered. Its log line, its metrics and its trace are made of this alone."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from time import perf_counter

from serving.stages import Stages

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


@dataclass(slots=True)
class RequestNotes:
    """Written by whoever answers the request; nothing in it is a text, a name or a key.

    Attributes:
        id: of the request, as its sender is told it.
        started: seconds of `time.perf_counter`.
        stages: what its time went into.
        status: how its answer ended ("answered", "partly", "refused", "failed", "cancelled"); "" where it asks nothing.
        prompt_tokens: read for it.
        completion_tokens: written for it.
    """

    id: str
    started: float = field(default_factory=perf_counter)
    stages: Stages = field(default_factory=Stages)
    status: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0


_current: ContextVar[RequestNotes | None] = ContextVar("ibid_request_notes", default=None)


def begin_notes(request_id: str) -> RequestNotes:
    """New notes for the request of this task; `notes_of_request` finds them in all that it calls."""
    notes = RequestNotes(request_id)
    _current.set(notes)
    return notes


def notes_of_request() -> RequestNotes:
    """The notes of the request that is being answered; ones that nobody reads outside of any."""
    return _current.get() or RequestNotes("")


def known_method(method: str) -> str:
    """The method of a request; OTHER where the sender invented one, which may be any word."""
    return method if method in _METHODS else "OTHER"
