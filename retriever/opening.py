"""Opens a collection for searching, from the settings of a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kb.catalog.collections import open_collection
from kb.ports import Embedder
from kb.settings import Settings
from retriever.searcher import Searcher


def open_searcher(settings: Settings, collection: str = "") -> Searcher:
    """The named collection (the settings' own where none is named), ready to be searched.

    The embedding model is opened by the first question that needs it.

    Raises:
        NotFoundError: there is no such collection.
    """
    catalog = open_collection(settings.home, collection or settings.collection)
    limit = settings.limits.question_characters
    return Searcher(catalog, embedder_of(settings), question_characters=limit)


def embedder_of(settings: Settings) -> Callable[[], Embedder]:
    """A function that opens the settings' embedder when it is first called, and once."""

    @cache
    def opened() -> Embedder:
        from kb.embedding import open_embedder

        return open_embedder(settings.embedder, settings.models_folder)

    return opened
