"""What is known of the models that the settings name: which they are, whether they are here, and how they run."""

from __future__ import annotations

from typing import Any

from kb.settings import EmbedderSettings, RerankerSettings, Settings, VerifierSettings

_WITHOUT_MODEL = ("words", "packaged")  # verifiers that have no model of their own


def model_states(settings: Settings) -> dict[str, dict[str, Any]]:
    """For each part, the model that the settings name, how it is run, and how much of it is here."""
    chat = {"model": settings.model.name or "extractive", "base_url": settings.model.base_url}
    return {
        "embedder": _embedder_state(settings),
        "reranker": _reranker_state(settings),
        "verifier": _verifier_state(settings),
        "chat": chat,
    }


def _embedder_state(settings: Settings) -> dict[str, Any]:
    from kb.embedding import find_preparation

    used = settings.embedder
    found = None if used.base_url else find_preparation(used, settings.models_folder)
    return {
        "model": found.facts.space.model if found else used.model,
        "prepared": found is not None,
        "here": "served" if used.base_url else _here(used, prepared=found is not None),
        "runtime": found.runtime if found else used.runtime,
        "precision": found.precision if found else "",
        "agreement": found.agreement if found else None,
        "folder": str(found.folder) if found else "",
        "device": used.device,
        "dimension": found.facts.dimension if found else used.dimension or None,
        "query_prefix": found.facts.query_prefix if found else used.query_prefix,
        "passage_prefix": found.facts.passage_prefix if found else used.passage_prefix,
        "base_url": used.base_url,
        "other_scripts": _second_state(settings),
    }


def _second_state(settings: Settings) -> dict[str, Any] | None:
    """Of the model that stands beside the packaged one for texts that are not in the Latin script; None without one."""
    from kb.embedding import find_second_preparation
    from kb.embedding.multilingual import find_data_file
    from kb.embedding.paired import takes_pair

    if not takes_pair(settings.embedder) or find_data_file() is None:
        return None
    found = find_second_preparation(settings.embedder, settings.models_folder)
    return {
        "model": "multilingual-e5-small",
        "prepared": found is not None,
        "folder": str(found.folder) if found else "",
    }


def _reranker_state(settings: Settings) -> dict[str, Any]:
    from kb.reranking import find_preparation

    used = settings.reranker
    local = bool(used.model and not used.base_url)
    found = find_preparation(used, settings.models_folder) if local else None
    return {
        "model": used.model,
        "prepared": found is not None,
        "here": "served" if used.base_url else _here(used, prepared=found is not None) if local else "none",
        "runtime": found.runtime if found else used.runtime,
        "precision": found.precision if found else "",
        "agreement": found.agreement if found else None,
        "folder": str(found.folder) if found else "",
        "device": used.device,
        "candidates": used.candidates,
        "base_url": used.base_url,
    }


def _verifier_state(settings: Settings) -> dict[str, Any]:
    from kb.entailment import find_preparation

    used = settings.verifier
    local = used.kind == "model"
    found = find_preparation(used, settings.models_folder) if local else None
    return {
        "kind": used.kind,
        "model": used.model or (settings.model.name if used.kind == "llm" else ""),
        "prepared": found is not None,
        "here": _here(used, prepared=found is not None)
        if local
        else "none"
        if used.kind in _WITHOUT_MODEL
        else "served",
        "runtime": found.runtime if found else used.runtime,
        "precision": found.precision if found else "",
        "agreement": found.agreement if found else None,
        "folder": str(found.folder) if found else "",
        "device": used.device,
        "base_url": used.base_url or (settings.model.base_url if used.kind == "llm" else ""),
    }


def _here(used: EmbedderSettings | RerankerSettings | VerifierSettings, *, prepared: bool) -> str:
    """How much of a model is on this machine: "ready", "fetched" (still to be prepared) or "not here"."""
    if prepared:
        return "ready"
    from kb.embedding.hub import has_weights
    from kb.embedding.sources import find_source

    section = type(used).__name__.removesuffix("Settings").lower()
    source = find_source(used.model, section)
    return "fetched" if source.folder or has_weights(source) else "not here"
