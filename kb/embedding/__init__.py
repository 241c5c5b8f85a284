"""Embedding: sentence-transformers models behind the `Embedder` port, by the fastest runtime that keeps their vectors.

`prepare` loads a model once with sentence-transformers, exports it, measures which runtimes give the same vectors, and
keeps the fastest on disk. `open_embedder` opens what was prepared without torch, sentence-transformers or transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kb.errors import ModelError
from kb.ports import Embedder
from kb.settings import EmbedderSettings

if TYPE_CHECKING:
    from kb.embedding.manifest import Preparation

__all__ = ["find_preparation", "open_embedder", "prepare"]


def open_embedder(settings: EmbedderSettings, cache: Path, report: Callable[[str], None] | None = None) -> Embedder:
    """Opens the model of `settings`, preparing it first where that was not yet done (some seconds, once).

    Args:
        settings: which model, through which runtime, with how many threads.
        cache: folder for prepared models; made if missing; may be deleted at any time.
        report: told in one line each what a preparation is doing.

    Raises:
        SettingsError: the model or the runtime does not exist.
        ModelError: the model cannot be fetched, loaded or run.
        StorageError: the cache cannot be written.
    """
    from kb.embedding.manifest import discard
    from kb.embedding.opening import open_prepared

    preparation = prepare(settings, cache, report)
    try:
        return open_prepared(preparation, settings.threads)
    except ModelError:
        if preparation.runtime == "torch":
            raise
    discard(preparation)  # damaged: made once more
    return open_prepared(prepare(settings, cache, report), settings.threads)


def prepare(settings: EmbedderSettings, cache: Path, report: Callable[[str], None] | None = None) -> Preparation:
    """What `open_embedder` opens: found in `cache`, or made there now. Raises as `open_embedder` does."""
    found = find_preparation(settings, cache)
    if found is not None:
        return found
    from kb.embedding.preparing import prepare_model

    return prepare_model(settings, cache, report or _say_nothing)


def find_preparation(settings: EmbedderSettings, cache: Path) -> Preparation | None:
    """The finished preparation of `settings` in `cache`, or None. Touches no network and imports no model library.

    Raises:
        SettingsError: the model or the runtime does not exist.
    """
    from kb.embedding.manifest import read_manifest
    from kb.embedding.sources import find_source, preparation_name

    return read_manifest(cache / preparation_name(find_source(settings.model), settings))


def _say_nothing(_line: str) -> None: ...
