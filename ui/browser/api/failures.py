"""What can go wrong between the app and the server, in kinds for which the interface has a sentence."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import httpx

from kb import IbidError

# What the server says is shown below our own sentence; more than this is a page of somebody's proxy.
_DETAIL_CHARACTERS = 400


class FailureKind(StrEnum):
    """Each kind has a sentence `failure_<kind>` in every file of `strings/`."""

    UNREACHABLE = "unreachable"  # nobody listens there
    TIMEOUT = "timeout"
    CUT_OFF = "cut_off"  # the stream ended before the answer did
    NO_KEY = "no_key"  # the app sends no key, or one that is not valid
    NOT_ALLOWED = "not_allowed"
    NOT_FOUND = "not_found"
    REFUSED = "refused"  # the request cannot be met as it stands: HTTP 400, 409, 422
    TOO_LARGE = "too_large"
    BUSY = "busy"
    DISK_FULL = "disk_full"
    MODEL = "model"  # the server's own chat model failed
    BROKEN = "broken"  # any other failure of the server, or a reply that is none of ours


_KINDS = {
    401: FailureKind.NO_KEY,
    403: FailureKind.NOT_ALLOWED,
    404: FailureKind.NOT_FOUND,
    413: FailureKind.TOO_LARGE,
    429: FailureKind.BUSY,
    502: FailureKind.MODEL,
    503: FailureKind.BUSY,
    507: FailureKind.DISK_FULL,
}


class ClientError(IbidError):
    """The server could not be asked, or did not answer as it should.

    Args:
        kind: chooses the sentence that people see.
        detail: the server's own words, as text to show beside it; "" when it said nothing fit for people.
    """

    def __init__(self, kind: FailureKind, detail: str = "") -> None:
        super().__init__(f"the server could not answer ({kind.value})", detail)
        self.args = (kind, detail)  # what __init__ takes, so that the error survives pickling
        self.kind = kind
        self.detail = detail


def failure_of_status(status: int, body: object) -> ClientError:
    """The failure that an HTTP status of 400 or more and its body (parsed JSON, or anything) stand for."""
    kind = _KINDS.get(status, FailureKind.REFUSED if status < 500 else FailureKind.BROKEN)
    return ClientError(kind, message_in(body))


def failure_of_transport(error: httpx.HTTPError) -> ClientError:
    """The failure that an exception of httpx stands for."""
    if isinstance(error, httpx.TimeoutException):
        # A connection that cannot be made in time is a server that is not there.
        return ClientError(FailureKind.UNREACHABLE if isinstance(error, httpx.ConnectTimeout) else FailureKind.TIMEOUT)
    if isinstance(error, httpx.ConnectError | httpx.UnsupportedProtocol):
        return ClientError(FailureKind.UNREACHABLE)
    return ClientError(FailureKind.CUT_OFF)


def message_in(body: object) -> str:
    """The message of an error in OpenAI's shape, on one line; "" where there is none."""
    inner: Any = body.get("error") if isinstance(body, dict) else None
    message = inner.get("message") if isinstance(inner, dict) else None
    return " ".join(message.split())[:_DETAIL_CHARACTERS] if isinstance(message, str) else ""
