"""Reranking: cross-encoders behind the `Reranker` port, prepared as embedding models are, or run by a server.

A score is from 0 to 1: the logistic function of the model's logit. It orders the passages of one question; models are
not trained to make it a probability, nor to compare questions by it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kb.embedding.prepared import find_prepared, open_or_prepare_again, say_nothing
from kb.errors import ModelError, SettingsError
from kb.ports import Reranker
from kb.settings import RerankerSettings

if TYPE_CHECKING:
    from kb.embedding.manifest import Preparation

__all__ = ["find_preparation", "open_reranker", "open_reranker_late", "prepare"]


def open_reranker_late(settings: RerankerSettings, cache: Path) -> Reranker | None:
    """The reranker that the settings name, loaded by the first question; None where they name none.

    A search never fetches or prepares a model, which may take many minutes: where it is not ready, reranking fails with
    the advice to make it so, and the search keeps its order.

    Raises:
        SettingsError: the model, the runtime, the device or the number of candidates cannot be.
    """
    if not settings.model and not settings.base_url:
        return None
    from kb.reranking.late import LateReranker

    if settings.candidates < 1:
        raise SettingsError(
            f"setting reranker.candidates is {settings.candidates}", advice="Let it read at least 1 passage"
        )
    if not settings.base_url:
        find_preparation(settings, cache)  # settings that cannot be are said now
    return LateReranker(lambda: _open_ready(settings, cache))


def _open_ready(settings: RerankerSettings, cache: Path) -> Reranker:
    if not settings.base_url and find_preparation(settings, cache) is None:
        raise ModelError(
            f"the reranker's model {settings.model} is not prepared",
            "fetching and preparing it may take minutes",
            "Run `ibid models --prepare` once",
        )
    return open_reranker(settings, cache)


def open_reranker(settings: RerankerSettings, cache: Path, report: Callable[[str], None] | None = None) -> Reranker:
    """Opens the reranker of `settings`, preparing its model first where that was not yet done.

    Args:
        settings: which model, run how, or by which server.
        cache: folder for prepared models; made if missing; may be deleted at any time.
        report: told in one line each what a preparation is doing.

    Raises:
        SettingsError: the model, the runtime or the device does not exist.
        ModelError: the model cannot be fetched, loaded or run.
        StorageError: the cache cannot be written.
    """
    if settings.base_url:
        from kb.reranking.served import ServedReranker

        return ServedReranker(settings)
    from kb.reranking.opening import open_prepared

    return open_or_prepare_again(lambda: prepare(settings, cache, report), lambda found: open_prepared(found, settings))


def prepare(settings: RerankerSettings, cache: Path, report: Callable[[str], None] | None = None) -> Preparation:
    """What `open_reranker` opens: found in `cache`, or made there now. Raises as `open_reranker` does."""
    found = find_preparation(settings, cache)
    if found is not None:
        return found
    from kb.embedding.devices import run_settings
    from kb.embedding.preparing import prepare_model
    from kb.reranking.cross_encoders import RERANKERS

    return prepare_model(run_settings(settings), cache, report or say_nothing, RERANKERS)


def find_preparation(settings: RerankerSettings, cache: Path) -> Preparation | None:
    """The finished preparation of `settings` in `cache`, or None. Touches no network and imports no model library.

    Raises:
        SettingsError: the model, the runtime or the device does not exist.
    """
    return find_prepared(settings, cache, "reranker")
