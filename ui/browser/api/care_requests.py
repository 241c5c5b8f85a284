"""What the page Look after asks the server: its health, its keys, its audit log, its disk."""

from __future__ import annotations

from collections.abc import Sequence

from ui.browser.api.care_replies import (
    AuditCheck,
    Change,
    Health,
    Key,
    Storage,
    read_audit_check,
    read_change,
    read_health,
    read_key,
    read_storage,
)
from ui.browser.api.connection import Connection, json_of, quoted
from ui.browser.api.parsing import parse

_KEYS = "/v1/organization/admin_api_keys"
_DAY_SECONDS = 86_400
_NOT_READY = 503  # the answer of a server that says why it cannot answer questions


class LookingAfterRequests(Connection):
    """Every method raises `ClientError` where the server does not do what it was asked."""

    def health(self) -> Health:
        """Whether questions can be answered, what keeps them from it, and what answers them."""
        ready = json_of(self._asked("GET", "/health/ready", also=(_NOT_READY,)))
        told = json_of(self._asked("GET", "/health"))
        return parse(read_health, {"ready": ready, "told": told})

    def all_keys(self) -> tuple[Key, ...]:
        """The keys that are not revoked, the oldest first."""
        return tuple(parse(read_key, item) for item in self._listed(_KEYS))

    def make_key(self, name: str, rights: Sequence[str], collections: Sequence[str], days: int) -> str:
        """Makes a key for these collections (none: all), for so many days (0: for good); returns its value."""
        options: dict[str, object] = {"rights": list(rights), "collections": list(collections) or None}
        body: dict[str, object] = {"name": name, "ibid": options}
        if days:
            body["expires_in_seconds"] = days * _DAY_SECONDS
        return parse(lambda value: str(value["value"]), json_of(self._asked("POST", _KEYS, json=body)))

    def revoke_key(self, key_id: str) -> None:
        """Revokes a key: the next request with it is refused."""
        self._asked("DELETE", f"{_KEYS}/{quoted(key_id)}")

    def changes(self, most: int, before: int = 0, collection: str = "") -> tuple[tuple[Change, ...], bool]:
        """Entries of the audit log, the newest first, older than number `before`; and whether there are more."""
        wanted: dict[str, str | int] = {"limit": most}
        wanted |= {"before": before} if before else {}
        wanted |= {"collection": collection} if collection else {}
        page = json_of(self._asked("GET", "/ibid/audit", params=wanted))
        return parse(
            lambda value: (tuple(parse(read_change, item) for item in value["data"]), bool(value["has_more"])), page
        )

    def check_changes(self) -> AuditCheck:
        """Checks the whole audit log."""
        return parse(read_audit_check, json_of(self._asked("GET", "/ibid/audit/check")))

    def storage(self) -> Storage:
        """What stands on the server's disk."""
        return parse(read_storage, json_of(self._asked("GET", "/ibid/storage")))
