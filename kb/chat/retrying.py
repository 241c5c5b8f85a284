"""Which failed calls are tried again, and when: only while nothing of the reply was received."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime

from kb.chat.call_errors import RefusedCallError, UnreachableError
from kb.chat.chunks import ErrorEventError

# A server that restarts, sheds load, or lost a kept connection is back within seconds, or it is down.
RETRY_WAITS = (0.5, 2.0)  # seconds before the second and the third try
_JITTER = 0.25  # of a wait, so that callers refused together do not come back together
_PASSING = frozenset({408, 409, 425, 429, 500, 502, 503, 504})  # statuses that may be gone a moment later
_NO_OPTION = frozenset({400, 415, 422, 501})  # by which servers refuse a field that they do not know


class UnfinishedStreamError(Exception):
    """A stream that ended as if all were well, before the model had said that it was finished."""


def seconds_before_retry(error: BaseException, wait: float | None) -> float | None:
    """How long to wait before the same call again; None where that would change nothing.

    Args:
        error: what the call threw.
        wait: seconds, if the server names none (`Retry-After`); None when there were tries enough.
    """
    if wait is None:
        return None
    if isinstance(error, RefusedCallError):
        asked = retry_after(error)
        if error.status not in _PASSING:
            return None
        return _jittered(wait) if asked is None else asked
    # Silence has cost its time already. An error event before the first word: vLLM says so when its engine has died.
    passing = (UnreachableError, UnfinishedStreamError, ErrorEventError)
    return _jittered(wait) if isinstance(error, passing) else None


def retry_after(error: BaseException) -> float | None:
    """Seconds that the server asks to wait, by a number or a date (RFC 9110, section 10.2.3); None if it does not."""
    value = str(getattr(error, "headers", {}).get("retry-after", "")).strip()
    try:
        seconds = float(value) if value.isdecimal() else parsedate_to_datetime(value).timestamp() - time.time()
    except ValueError:
        return None
    return max(0.0, seconds)


def may_refuse_option(error: BaseException) -> bool:
    """Whether a server may have refused the call because of an option in it that not every server knows."""
    return getattr(error, "status", None) in _NO_OPTION


def _jittered(wait: float) -> float:
    return wait * (1 - _JITTER * random.random())  # noqa: S311 (no secret)
