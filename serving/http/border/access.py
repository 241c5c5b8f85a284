"""Who sends a request, and what that lets it do and see."""

from __future__ import annotations

from dataclasses import dataclass

from kb.home.audit import SERVER
from kb.home.keys import Key, Right


@dataclass(frozen=True, slots=True)
class Access:
    """What one request may do."""

    key: Key | None
    rights: frozenset[Right]
    collections: frozenset[str] | None  # None: every one
    actor: str  # whom the audit log names

    def may(self, right: Right) -> bool:
        """Whether it has this right."""
        return right in self.rights or Right.ADMIN in self.rights

    def sees(self, collection: str) -> bool:
        """Whether this collection exists as far as the request is told."""
        return self.collections is None or collection in self.collections

    @property
    def sees_all(self) -> bool:
        """Whether it sees what belongs to no single collection, too."""
        return self.collections is None

    @property
    def owner(self) -> str:
        """The id of the key, under which what belongs to it is kept; "" where there are no keys."""
        return self.key.id if self.key is not None else ""

    def owns(self, owner: str) -> bool:
        """Whether what is kept under this owner exists as far as the request is told."""
        return self.key is None or self.key.id == owner or (Right.ADMIN in self.rights and self.sees_all)


OURSELVES = Access(None, frozenset(Right), None, SERVER)  # what no request asked for
EVERYBODY = Access(None, frozenset(Right), None, "loopback")  # on this machine, where there are no keys
NOBODY = Access(None, frozenset(), frozenset(), "nobody")


def access_with(key: Key) -> Access:
    """What this key lets a request do."""
    return Access(key, key.rights, key.collections, key.id)
