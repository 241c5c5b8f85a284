"""Changes a collection's embedding model while it goes on answering: a second space is filled, then taken into use."""

from __future__ import annotations

from collections.abc import Callable

from ingest.pipeline import BATCH_PASSAGES
from ingest.splitting import embedding_text
from kb.catalog import Catalog, StoredPassage, VectorsMissingError, text_key
from kb.ports import Embedder

_ROUNDS = 5  # documents that arrive meanwhile are embedded in the next round; a handful of rounds always suffices


def reembed(catalog: Catalog, embedder: Embedder, report: Callable[[int, int], None]) -> int:
    """Gives every passage a vector of `embedder`'s space and makes that space the collection's own.

    Interrupted, it has changed nothing that a search sees, and goes on where it was when it is run again.

    Args:
        catalog: the collection.
        embedder: the model to change to.
        report: told how many passages are done, of how many.

    Returns:
        The new version.
    """
    for _ in range(_ROUNDS):
        _fill(catalog, embedder, report)
        try:
            return catalog.use_space(embedder.space)
        except VectorsMissingError:
            continue
    _fill(catalog, embedder, report)
    return catalog.use_space(embedder.space)


def _fill(catalog: Catalog, embedder: Embedder, report: Callable[[int, int], None]) -> None:
    with catalog.snapshot() as snapshot:
        numbers = snapshot.numbers()
    for first in range(0, len(numbers), BATCH_PASSAGES):
        report(first, len(numbers))
        with catalog.snapshot() as snapshot:
            stored = snapshot.passages(numbers[first : first + BATCH_PASSAGES]).values()
            texts = {text_key(text): text for text in map(_embedded_text, stored)}
            known = snapshot.known_keys(embedder.space, texts)
        new = [key for key in texts if key not in known]
        vectors = embedder.embed_passages([texts[key] for key in new])
        catalog.add_vectors(embedder.space, dict(zip(new, vectors, strict=True)))
    report(len(numbers), len(numbers))


def _embedded_text(stored: StoredPassage) -> str:
    return embedding_text(stored.document.title, stored.passage)
