"""Puts the parts of one process together from its settings: catalog, embedder, searcher."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kb.catalog import Catalog
from kb.catalog.collections import open_collection
from kb.ports import Embedder
from kb.settings import Settings
from retriever.searcher import Searcher


def embedder_of(settings: Settings) -> Callable[[], Embedder]:
    """A function that opens the settings' embedder when it is first needed, and once."""

    @cache
    def opened() -> Embedder:
        from kb.embedding import open_embedder

        return open_embedder(settings.embedder, settings.models_folder)

    return opened


def searcher_of(settings: Settings) -> tuple[Catalog, Searcher]:
    """The settings' collection, ready to be searched.

    Raises:
        NotFoundError: there is no such collection.
    """
    catalog = open_collection(settings.home, settings.collection)
    return catalog, Searcher(catalog, embedder_of(settings))
