"""What embedders, rerankers and verifiers share: a model is prepared once, found again, and made anew when damaged.

Imports no model library until something has to be prepared.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from kb.errors import ModelError
from kb.settings import EmbedderSettings, RerankerSettings, VerifierSettings

if TYPE_CHECKING:
    from kb.embedding.manifest import Preparation

_Settings = TypeVar("_Settings", EmbedderSettings, RerankerSettings, VerifierSettings)
_Opened = TypeVar("_Opened")


def find_prepared(settings: _Settings, cache: Path, role: str) -> Preparation | None:
    """The finished preparation of `settings` in `cache`, or None. Touches no network.

    Args:
        settings: which model, run how.
        cache: folder for prepared models.
        role: "embedder", "reranker" or "verifier".

    Raises:
        SettingsError: the model, the runtime or the device does not exist.
    """
    from kb.embedding.devices import check_device, run_settings
    from kb.embedding.manifest import read_manifest
    from kb.embedding.sources import find_source, preparation_name

    check_device(settings.device, role)
    return read_manifest(cache / preparation_name(find_source(settings.model, role), run_settings(settings)))


def open_or_prepare_again(prepare: Callable[[], Preparation], opened: Callable[[Preparation], _Opened]) -> _Opened:
    """Opens what `prepare` finds or makes; where its files turn out to be damaged, it is made once more.

    Raises:
        ModelError: it cannot be opened even so, or nothing of it is made by us: torch loads the model itself.
        Whatever `prepare` raises.
    """
    from kb.embedding.manifest import discard

    preparation = prepare()
    try:
        return opened(preparation)
    except ModelError:
        if preparation.runtime == "torch":
            raise
    discard(preparation)
    return opened(prepare())


def say_nothing(_line: str) -> None:
    """For whoever does not want to be told what a preparation is doing."""
