"""What the server's requests share: the collections, each opened once, the embedder, the model, the places."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from fastapi import Request

from kb.catalog import Catalog
from kb.catalog.collections import (
    collection_folder,
    collection_names,
    create_collection,
    delete_collection,
    open_collection,
)
from kb.errors import NotFoundError, UsageError
from kb.home.home import Home
from kb.ports import ChatModel, Embedder, Verifier
from kb.records import Policy
from kb.settings import Settings
from retriever.opening import reranker_of, searcher_over
from retriever.searcher import Searcher
from serving.http.tally import Tally
from serving.vllm import VllmServer

# Each answer in the making holds a thread that mostly waits for the model. More than this at once would only make all
# of them slow; the next one is told to come back.
MOST_ANSWERS = 128

OpenEmbedder = Callable[[], Embedder]


class OpenCollection(NamedTuple):
    """A collection ready to be asked."""

    catalog: Catalog
    searcher: Searcher


class _Kept(NamedTuple):
    collection: OpenCollection
    inode: int  # of its database: another one means that the collection was deleted and made again


class Collections:
    """Opens each collection once and keeps it. One embedder serves all of them."""

    def __init__(self, settings: Settings, open_embedder: OpenEmbedder) -> None:
        self.default = settings.collection
        self._settings = settings
        self._home = settings.home
        self._open_embedder = open_embedder
        self._embedder: Embedder | None = None
        self._reranker = reranker_of(settings)
        self._embedder_lock = threading.Lock()
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}

    @property
    def embedder(self) -> Embedder:
        """The embedder, loaded when it is first needed."""
        with self._embedder_lock:
            if self._embedder is None:
                self._embedder = self._open_embedder()
            return self._embedder

    def names(self) -> list[str]:
        """All collections, the default one first."""
        names = collection_names(self._home)
        return sorted(names, key=lambda name: (name != self.default, name))

    def get(self, name: str) -> OpenCollection:
        """The collection of this name, opened when it is first asked for. The embedder is loaded with the first search.

        Raises:
            NotFoundError: there is none.
        """
        with self._lock:
            inode = self._inode(name)
            kept = self._kept.get(name)
            if kept is None or kept.inode != inode:
                self._forget(name)
                if inode == 0:
                    raise NotFoundError(f"no collection {name!r}", advice=f"There are: {', '.join(self.names())}")
                catalog = open_collection(self._home, name)
                searcher = searcher_over(catalog, self._settings, lambda: self.embedder, self._reranker)
                kept = self._kept[name] = _Kept(OpenCollection(catalog, searcher), inode)
            return kept.collection

    def catalog(self, name: str) -> Catalog:
        """The catalog alone, for what needs no searching.

        Raises:
            NotFoundError: there is no such collection.
        """
        return self.get(name).catalog

    def create(self, name: str, description: str = "", policy: Policy = Policy.FLAG) -> Catalog:
        """Makes an empty collection, or opens the one that is there."""
        create_collection(self._home, name, policy=policy, description=description).close()
        return self.catalog(name)

    def delete(self, name: str) -> None:
        """Removes a collection with its documents."""
        with self._lock:
            self._forget(name)
        delete_collection(self._home, name)

    def close(self) -> None:
        """Closes every collection."""
        with self._lock:
            for name in list(self._kept):
                self._forget(name)

    def _forget(self, name: str) -> None:
        kept = self._kept.pop(name, None)
        if kept is not None:
            kept.collection.catalog.close()

    def _inode(self, name: str) -> int:
        """0 where there is no such collection (any more)."""
        try:
            return (collection_folder(self._home, name) / "catalog.db").stat().st_ino
        except (OSError, UsageError):
            return 0


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that a request may need."""

    settings: Settings
    home: Home
    collections: Collections
    verifier: Verifier
    model: ChatModel | None
    places: threading.Semaphore
    vllm: VllmServer | None = None  # that we started
    tally: Tally = field(default_factory=Tally)
    background: dict[str, asyncio.Task[None]] = field(default_factory=dict)  # responses in the making, by their ids


def services_of(request: Request) -> Services:
    """What the running app was made with."""
    services: Services = request.app.state.services
    return services
