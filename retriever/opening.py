"""Opens a collection for searching, from the settings of a process."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from kb.catalog import Catalog
from kb.catalog.collections import open_collection
from kb.ports import Embedder, Reranker
from kb.settings import Settings
from retriever.searcher import Searcher


def open_searcher(settings: Settings, collection: str = "") -> Searcher:
    """The named collection (the settings' own where none is named), ready to be searched.

    The models are opened by the first question that needs them.

    Raises:
        NotFoundError: there is no such collection.
        SettingsError: the reranker of the settings cannot be.
    """
    reranker = reranker_of(settings)  # first, so that a wrong setting opens nothing
    catalog = open_collection(settings.home, collection or settings.collection)
    return searcher_over(catalog, settings, embedder_of(settings), reranker)


def searcher_over(
    catalog: Catalog, settings: Settings, embedder: Embedder | Callable[[], Embedder], reranker: Reranker | None
) -> Searcher:
    """A searcher as the settings want it over what is open already. Terminal, server and evaluation all use this."""
    return Searcher(
        catalog,
        embedder,
        question_characters=settings.limits.question_characters,
        reranker=reranker,
        candidates=settings.reranker.candidates,
    )


def embedder_of(settings: Settings) -> Callable[[], Embedder]:
    """A function that opens the settings' embedder when it is first called, and once."""

    @cache
    def opened() -> Embedder:
        from kb.embedding import open_embedder

        return open_embedder(settings.embedder, settings.models_folder)

    return opened


def reranker_of(settings: Settings) -> Reranker | None:
    """The settings' reranker, loaded by the first question; None where they name none. Several searchers may share it.

    Raises:
        SettingsError: its model, runtime or device does not exist.
    """
    if not settings.reranker.model and not settings.reranker.base_url:
        return None
    from kb.reranking import open_reranker_late

    return open_reranker_late(settings.reranker, settings.models_folder)
