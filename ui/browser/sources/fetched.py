"""Sources that were fetched, or are being fetched ahead of the click that opens them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from ui.browser.api.answer_replies import Place
from ui.browser.api.client import Client
from ui.browser.sources.opening import View, look_at

# Kept for going back and forth; a page's picture is some 200 KB.
_KEPT = 12

# The server draws one page at a time, so more would only wait for each other.
_AT_ONCE = 2

_Key = tuple[str, Place]  # with the collection


class FetchedSources:
    """The latest sources of one visitor. What could not be fetched is tried again when it is asked for."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._views: dict[_Key, Future[View]] = {}
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="ibid-source")

    def view(self, collection: str, place: Place) -> View:
        """What there is to see of a place, at once if it is here."""
        begun = self._begun(collection, place)
        if begun.done() and begun.result().failure is not None:
            self.forget(collection, place)
            begun = self._begun(collection, place)
        return begun.result()

    def fetch_ahead(self, collection: str, places: Iterable[Place]) -> None:
        """Begins to fetch places that are likely to be opened next; returns at once."""
        for place in places:
            self._begun(collection, place)

    def forget(self, collection: str, place: Place) -> None:
        """Drops one source, so that it is fetched anew."""
        with self._lock:
            self._views.pop((collection, place), None)

    def forget_all(self) -> None:
        """Drops everything: what is deleted is not shown again, not even from memory."""
        with self._lock:
            self._views.clear()

    def _begun(self, collection: str, place: Place) -> Future[View]:
        key = (collection, place)
        with self._lock:
            found = self._views.pop(key, None) or self._threads.submit(look_at, self._client, collection, place)
            self._views[key] = found  # the latest last
            while len(self._views) > _KEPT:
                self._views.pop(next(iter(self._views))).cancel()
            return found
