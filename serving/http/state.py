"""What the server's requests share: the collections, each opened once, the embedder, the model, the places."""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from fastapi import Request

from kb.catalog import Catalog
from kb.catalog.collections import (
    collection_folder,
    collection_names,
    create_collection,
    delete_collection,
    make_collection,
    open_collection,
)
from kb.catalog.expiry import empty_if_expired
from kb.errors import NotFoundError, UsageError
from kb.home.home import Home
from kb.home.keys import Keyring
from kb.ports import ChatModel, Embedder, Verifier
from kb.questions.run_files import CompareRuns
from kb.records import Policy
from kb.settings import Settings
from retriever.opening import reranker_of, searcher_over
from retriever.searcher import Searcher
from serving.http.answers.places import Place, Places
from serving.http.border.access import OURSELVES, Access
from serving.http.border.quotas import Quotas
from serving.http.errors import ApiError
from serving.http.operating.closing import Closing
from serving.http.operating.observing.meters import Meters
from serving.http.operating.observing.traces import Traces
from serving.http.stores.listings import Listings
from serving.vllm import ModelServer

# Collections whose databases are kept open. Each takes three descriptors, of which a process has so many and no more,
# and 0.7 ms to be opened again.
MOST_CONNECTED = 1000

OpenEmbedder = Callable[[], Embedder]


class OpenCollection(NamedTuple):
    """A collection ready to be asked."""

    catalog: Catalog
    searcher: Searcher


class _Kept(NamedTuple):
    collection: OpenCollection
    inode: int  # of its database: another one means that the collection was deleted and made again
    created_at: str  # ISO 8601, UTC: it never changes


class _LoadedOnce:
    """The embedder, however many requests want it first."""

    def __init__(self, load: OpenEmbedder) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._loaded: Embedder | None = None

    def get(self) -> Embedder:
        with self._lock:
            if self._loaded is None:
                self._loaded = self._load()
            return self._loaded


class Collections:
    """Opens each collection once and keeps it. One embedder serves all of them.

    Args:
        settings: of this process.
        open_embedder: called when the embedder is first needed.
        on_expired: told the name of a collection that was emptied, since nobody had used it.
        most_connected: collections whose databases are kept open.
    """

    def __init__(
        self,
        settings: Settings,
        open_embedder: OpenEmbedder,
        on_expired: Callable[[str], None],
        most_connected: int = MOST_CONNECTED,
    ) -> None:
        self.default = settings.collection
        self._settings = settings
        self._home = settings.home
        self._embedder = _LoadedOnce(open_embedder)
        self._reranker = reranker_of(settings)
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._connected: dict[str, None] = {}  # names of those used last, the newest at the end
        self._access = OURSELVES
        self._on_expired = on_expired
        self._most_connected = most_connected

    def seen_by(self, access: Access) -> Collections:
        """The same, as far as `access` goes: to whoever may not see a collection, it does not exist."""
        seen = copy.copy(self)
        seen._access = access
        return seen

    @property
    def embedder(self) -> Embedder:
        """The embedder, loaded when it is first needed."""
        return self._embedder.get()

    def names(self) -> list[str]:
        """All collections, the default one first."""
        names = filter(self._access.sees, collection_names(self._home))
        return sorted(names, key=lambda name: (name != self.default, name))

    def get(self, name: str) -> OpenCollection:
        """The collection of this name, opened when it is first asked for. The embedder is loaded with the first search.

        Raises:
            NotFoundError: there is none.
        """
        kept = self._open(name)
        if empty_if_expired(kept.collection.catalog):  # whatever comes next finds nothing of what has expired
            self._on_expired(name)
        return kept.collection

    def created_at(self, name: str) -> str:
        """When a collection was made (ISO 8601, UTC). Lists are sorted by it: nothing is read of one that is open.

        Raises:
            NotFoundError: there is no such collection.
        """
        if not self._access.sees(name):
            raise self._not_found(name)
        kept = self._kept.get(name)
        if kept is None or kept.inode != self._inode(name):
            kept = self._open(name)
        return kept.created_at

    def catalog(self, name: str) -> Catalog:
        """The catalog alone, for what needs no searching.

        Raises:
            NotFoundError: there is no such collection.
        """
        return self.get(name).catalog

    def require(self, name: str) -> None:
        """Does nothing where there is a collection of this name, readable or not.

        Raises:
            NotFoundError: there is none.
        """
        if not self._access.sees(name) or self._inode(name) == 0:
            raise self._not_found(name)

    def make(self, name: str, description: str, policy: Policy) -> bool:
        """Makes an empty collection; False where the name cannot be one, or another collection has it.

        Raises:
            ApiError: 403, it is none of those that the key is for.
        """
        self._check_access(name)
        try:
            return make_collection(self._home, name, policy=policy, description=description)
        except UsageError:
            return False

    def create(self, name: str, description: str = "", policy: Policy = Policy.FLAG) -> Catalog:
        """Makes an empty collection, or opens the one that is there.

        Raises:
            ApiError: 403, it is none of those that the key is for.
        """
        self._check_access(name)
        create_collection(self._home, name, policy=policy, description=description).close()
        return self.catalog(name)

    def delete(self, name: str) -> None:
        """Removes a collection with its documents.

        Raises:
            NotFoundError: there is none.
        """
        if not self._access.sees(name):
            raise self._not_found(name)
        with self._lock:
            self._forget(name)
        delete_collection(self._home, name)

    def close(self) -> None:
        """Closes every collection."""
        with self._lock:
            for name in list(self._kept):
                self._forget(name)

    def _open(self, name: str) -> _Kept:
        if not self._access.sees(name):
            raise self._not_found(name)
        with self._lock:
            inode = self._inode(name)
            kept = self._kept.get(name)
            if kept is not None and kept.inode == inode:
                idle = self._used(name)
            else:
                self._forget(name)
                if inode == 0:
                    raise self._not_found(name)
                catalog = open_collection(self._home, name)
                searcher = searcher_over(catalog, self._settings, lambda: self.embedder, self._reranker)
                with catalog.snapshot() as snapshot:
                    created_at = snapshot.created_at
                kept = self._kept[name] = _Kept(OpenCollection(catalog, searcher), inode, created_at)
                idle = self._used(name)
        if idle is not None:
            idle.close()  # of its connections those that nobody uses; it opens others when it is asked again
        return kept

    def _used(self, name: str) -> Catalog | None:
        """Notes a use, and returns the collection that was used longest ago where too many are connected."""
        self._connected.pop(name, None)
        self._connected[name] = None
        if len(self._connected) <= self._most_connected:
            return None
        oldest = next(iter(self._connected))
        del self._connected[oldest]
        kept = self._kept.get(oldest)
        return kept.collection.catalog if kept is not None else None

    def _check_access(self, name: str) -> None:
        if not self._access.sees(name):
            raise ApiError(403, f"this key is not for a collection {name!r}", code="missing_right")

    def _not_found(self, name: str) -> NotFoundError:
        return NotFoundError(f"no collection {name!r}", advice=f"There are: {', '.join(self.names())}")

    def _forget(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        self._connected.pop(name, None)
        if kept is not None:
            kept.collection.catalog.close()

    def _inode(self, name: str) -> int:
        """0 where there is no such collection (any more)."""
        try:
            return (collection_folder(self._home, name) / "catalog.db").stat().st_ino
        except (OSError, UsageError):
            return 0


@dataclass(slots=True)
class Life:
    """How far a server process has come in its life; `Closing` says whether it ends."""

    warm: threading.Event = field(default_factory=threading.Event)  # what the first question needs is loaded
    failure: str = ""  # why it could not be


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a request may need."""

    settings: Settings
    home: Home
    keyring: Keyring
    quotas: Quotas
    collections: Collections
    verifier: Verifier
    model: ChatModel | None
    places: Places
    listings: Listings
    vllm: ModelServer | None = None  # that we started
    compare_runs: CompareRuns | None = None  # where whoever started us can
    life: Life = field(default_factory=Life)
    meters: Meters = field(default_factory=Meters)
    traces: Traces | None = None  # where they are sent to a collector
    background: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # responses in the making, by their ids
    closing: Closing = field(default_factory=Closing)
    access: Access = OURSELVES  # of the request for which these are
    place: Place | None = None  # that the request was given for its answer

    def seen_by(self, access: Access, place: Place | None = None) -> Services:
        """The same, as far as `access` goes, with the place for an answer that a request has."""
        return replace(self, collections=self.collections.seen_by(access), access=access, place=place)


def services_of(request: Request) -> Services:
    """What the running app was made with, as far as the request may use it."""
    services: Services = request.app.state.services
    # The guard's; no request comes past it. A place is given to questions alone.
    return services.seen_by(request.state.access, getattr(request.state, "place", None))
