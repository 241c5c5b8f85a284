"""How a call to a chat server can fail before its reply means anything, whatever library makes the call."""

from __future__ import annotations

from collections.abc import Mapping


class RefusedCallError(Exception):
    """The server answered with an error of its own. `headers` are looked up in any case."""

    def __init__(self, status: int, headers: Mapping[str, str], reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


class UnreachableError(Exception):
    """The server takes no connection, hangs up, or does not speak HTTP."""


class NoConnectionInTimeError(UnreachableError):
    """The server took no connection within the time that it has for that."""


class SilentServerError(Exception):
    """The server took the call and then sent nothing for longer than it may."""
