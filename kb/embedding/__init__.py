"""Embedding: sentence-transformers models behind the `Embedder` port, by the fastest runtime that keeps their vectors.

`prepare` loads a model once with sentence-transformers, exports it, measures which runtimes give the same vectors, and
keeps the fastest on disk. `open_embedder` opens what was prepared without torch, sentence-transformers or transformers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from kb.embedding.prepared import find_prepared, open_or_prepare_again, say_nothing
from kb.ports import Embedder
from kb.settings import EmbedderSettings

if TYPE_CHECKING:
    from kb.embedding.manifest import Preparation

__all__ = ["find_preparation", "find_second_preparation", "open_embedder", "prepare", "prepare_all"]


def open_embedder(settings: EmbedderSettings, cache: Path, report: Callable[[str], None] | None = None) -> Embedder:
    """Opens the model of `settings`, preparing it first where that was not yet done (some seconds, once).

    The packaged model comes with a second one for other scripts than the Latin, which is opened, and prepared, when the
    first text wants it (`kb.embedding.paired`).

    Args:
        settings: which model, through which runtime, with how many threads.
        cache: folder for prepared models; made if missing; may be deleted at any time.
        report: told in one line each what a preparation is doing.

    Raises:
        SettingsError: the model, the runtime or the device does not exist, or the model has fewer dimensions.
        ModelError: the model cannot be fetched, loaded or run, or its server does not answer.
        StorageError: the cache cannot be written.
    """
    if settings.base_url:
        from kb.embedding.served import open_served

        return open_served(settings)
    from kb.embedding.paired import pair_packaged

    first = _open_alone(settings, cache, report)
    return pair_packaged(first, settings, cache, report or say_nothing, _open_alone)


def _open_alone(settings: EmbedderSettings, cache: Path, report: Callable[[str], None] | None) -> Embedder:
    return open_or_prepare_again(lambda: prepare(settings, cache, report), lambda found: _open(found, settings))


def _open(preparation: Preparation, settings: EmbedderSettings) -> Embedder:
    """What was prepared, on the devices that the settings want."""
    from kb.embedding.devices import torch_device, uses_gpu
    from kb.embedding.opening import open_prepared, source_of

    if not uses_gpu(settings.device):
        return open_prepared(preparation, settings.threads, torch_device(settings.device))
    from kb.embedding.gpu import PassagesOnGpu, open_on_gpu

    facts, source = preparation.facts, source_of(preparation, "embedder")
    if settings.device == "cuda" or preparation.runtime == "torch":
        return open_on_gpu(facts, source)
    return PassagesOnGpu(open_prepared(preparation, settings.threads), lambda: open_on_gpu(facts, source))


def prepare_all(settings: EmbedderSettings, cache: Path, report: Callable[[str], None] | None = None) -> Preparation:
    """Prepares all that `open_embedder` will ever open: the model, and the one for other scripts where there is one.

    Returns the first. Raises as `open_embedder` does.
    """
    from kb.embedding.paired import second_settings

    preparation = prepare(settings, cache, report)
    second = second_settings(settings, cache, report or say_nothing)
    if second is not None:
        prepare(second, cache, report)
    return preparation


def prepare(settings: EmbedderSettings, cache: Path, report: Callable[[str], None] | None = None) -> Preparation:
    """What `open_embedder` opens first: found in `cache`, or made there now. Raises as `open_embedder` does."""
    found = find_preparation(settings, cache)
    if found is not None:
        return found
    from kb.embedding.devices import run_settings
    from kb.embedding.preparing import prepare_model

    return _as_set(prepare_model(run_settings(settings), cache, report or say_nothing), settings)


def find_preparation(settings: EmbedderSettings, cache: Path) -> Preparation | None:
    """The finished preparation of `settings` in `cache`, or None. Touches no network and imports no model library.

    Raises:
        SettingsError: the model or the runtime does not exist.
    """
    found = find_prepared(settings, cache, "embedder")
    return found and _as_set(found, settings)


def find_second_preparation(settings: EmbedderSettings, cache: Path) -> Preparation | None:
    """The finished preparation of the model for other scripts that stands beside the packaged one; None without it."""
    from kb.embedding.multilingual import unpacked_folder
    from kb.embedding.paired import takes_pair

    folder = unpacked_folder(cache)
    if not takes_pair(settings) or not folder.is_dir():
        return None
    return find_preparation(replace(settings, model=str(folder)), cache)


def _as_set(preparation: Preparation, settings: EmbedderSettings) -> Preparation:
    from kb.embedding.overrides import overridden

    return replace(preparation, facts=overridden(preparation.facts, settings))
