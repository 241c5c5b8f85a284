"""Does a text bear a sentence out? NLI and grounding classifiers, prepared as embedding models are, or served.

Left out are models that write their verdict instead of classifying (MiniCheck-Flan-T5, Bespoke-MiniCheck, Lynx: a chat
model as judge does the same), and those that bring program code of their own (HHEM 2).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from kb.embedding.prepared import find_prepared, open_or_prepare_again, say_nothing
from kb.entailment.records import Entailing, Entailment
from kb.errors import ModelError
from kb.settings import VerifierSettings

if TYPE_CHECKING:
    from kb.embedding.manifest import Preparation

__all__ = ["Entailing", "Entailment", "find_preparation", "open_entailment", "open_ready", "prepare"]


def open_ready(settings: VerifierSettings, cache: Path) -> Entailing:
    """The model of the settings as it was prepared, or the server's. An answer never waits for a preparation.

    Raises:
        SettingsError, ModelError: as `open_entailment`; also where the model is not prepared.
    """
    if not settings.base_url and find_preparation(settings, cache) is None:
        raise ModelError(
            f"the verifier's model {settings.model} is not prepared",
            "fetching and preparing it may take minutes",
            "Run `ibid models --prepare` once",
        )
    return open_entailment(settings, cache)


def open_entailment(settings: VerifierSettings, cache: Path, report: Callable[[str], None] | None = None) -> Entailing:
    """Opens the classifier of `settings`, preparing it first where that was not yet done.

    Args:
        settings: which model, run how, or by which server.
        cache: folder for prepared models; made if missing; may be deleted at any time.
        report: told in one line each what a preparation is doing.

    Raises:
        SettingsError: the model, the runtime or the device does not exist, or its labels mean nothing known.
        ModelError: the model cannot be fetched, loaded or run.
        StorageError: the cache cannot be written.
    """
    if settings.base_url:
        from kb.entailment.served import ServedEntailment

        return ServedEntailment(settings)
    from kb.entailment.opening import open_prepared

    return open_or_prepare_again(lambda: prepare(settings, cache, report), lambda found: open_prepared(found, settings))


def prepare(settings: VerifierSettings, cache: Path, report: Callable[[str], None] | None = None) -> Preparation:
    """What `open_entailment` opens: found in `cache`, or made there now. Raises as `open_entailment` does."""
    found = find_preparation(settings, cache)
    if found is not None:
        return found
    from kb.embedding.devices import run_settings
    from kb.embedding.preparing import prepare_model
    from kb.entailment.classifiers import VERIFIERS

    return prepare_model(run_settings(settings), cache, report or say_nothing, VERIFIERS)


def find_preparation(settings: VerifierSettings, cache: Path) -> Preparation | None:
    """The finished preparation of `settings` in `cache`, or None. Touches no network and imports no model library.

    Raises:
        SettingsError: the model, the runtime or the device does not exist.
    """
    return find_prepared(settings, cache, "verifier")
