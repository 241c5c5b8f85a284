"""The verifier that the settings name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from kb.errors import SettingsError
from kb.ports import ChatModel, Embedder, Verifier
from kb.settings import Settings, VerifierSettings
from retriever.opening import embedder_of
from serving.verification import LexicalVerifier
from serving.verifiers.checked import CheckedVerifier, Health, Meaning


class Means(NamedTuple):
    """What answers are made with already, for verifiers that can use it too."""

    model: ChatModel | None
    open_embedder: Callable[[], Embedder]


def verifier_of(
    settings: Settings, model: ChatModel | None = None, open_embedder: Callable[[], Embedder] | None = None
) -> Verifier:
    """The verifier of `settings`, for all answers of a process. Nothing is loaded or connected before it is needed.

    Args:
        settings: whose section `verifier` names the kind.
        model: the chat model that answers, which a verifier of kind "llm" asks where the section names no other.
        open_embedder: gives the embedder that searches, so that a verifier of kind "packaged" opens no second one; the
            settings' one is opened where not given.

    Raises:
        SettingsError: there is no such kind, or what it needs is not set.
    """
    kind = settings.verifier.kind
    opened = _KINDS.get(kind)
    if opened is None:
        raise SettingsError(f"setting verifier.kind is {kind!r}", f"it must be one of {', '.join(_KINDS)}")
    return opened(settings, Means(model, open_embedder or embedder_of(settings)))


def health_of(verifier: Verifier) -> Health:
    """How a verifier is doing: which model it asks, and why it could not, if it could not."""
    return verifier.health if isinstance(verifier, CheckedVerifier) else Health("words", "")


def open_early(verifier: Verifier) -> None:
    """Loads the verifier's model, if it has one, so that the first answer need not wait for it."""
    if isinstance(verifier, CheckedVerifier):
        verifier.open()


def _by_words(_settings: Settings, _means: Means) -> Verifier:
    return LexicalVerifier()


def _by_packaged_parts(settings: Settings, means: Means) -> Verifier:
    from serving.verifiers.packaged import PackagedMeaning

    chosen = settings.verifier
    return CheckedVerifier("packaged", "", lambda: PackagedMeaning(means.open_embedder(), chosen.threshold))


def _by_model(settings: Settings, _means: Means) -> Verifier:
    chosen = settings.verifier
    if not chosen.model:
        raise SettingsError(
            "setting verifier.kind is model, but verifier.model names none",
            advice="Name an NLI or grounding classifier: `ibid models --profile standard` shows one",
        )
    from kb.entailment import find_preparation
    from kb.entailment.opening import labels_and_template

    here = replace(chosen, base_url="")  # a base URL belongs to the other kinds
    find_preparation(here, settings.models_folder)  # settings that cannot be are said now
    labels_and_template(here)
    return CheckedVerifier("model", chosen.model, lambda: _classifier(here, settings))


def _by_server(settings: Settings, _means: Means) -> Verifier:
    chosen = settings.verifier
    if not chosen.base_url:
        raise SettingsError(
            "setting verifier.kind is server, but verifier.base_url is empty",
            advice='A TEI or vLLM server on this machine: verifier.base_url = "http://127.0.0.1:8004"',
        )
    from kb.entailment.served import ServedEntailment

    ServedEntailment(chosen)  # a base URL or a template that is none is said now
    return CheckedVerifier("server", chosen.model or chosen.base_url, lambda: _classifier(chosen, settings))


def _classifier(chosen: VerifierSettings, settings: Settings) -> Meaning:
    from kb.entailment import open_ready
    from serving.verifiers.entailment import EntailmentMeaning

    return EntailmentMeaning(open_ready(chosen, settings.models_folder), chosen.threshold)


def _by_judge(settings: Settings, means: Means) -> Verifier:
    from serving.verifiers.judge import JudgeMeaning

    chosen = settings.verifier
    judge = means.model
    if chosen.model or chosen.base_url:
        from kb.chat.openai_compatible import open_chat_model

        judge = open_chat_model(
            replace(
                settings.model,
                name=chosen.model or settings.model.name,
                base_url=chosen.base_url or settings.model.base_url,
                api_key=chosen.api_key or settings.model.api_key,
                timeout_seconds=chosen.timeout_seconds,
            )
        )
    if judge is None:
        raise SettingsError(
            "setting verifier.kind is llm, but there is no chat model",
            "neither model.base_url nor verifier.base_url names a server",
            "Set IBID_MODEL_BASE_URL and IBID_MODEL_NAME, or verifier.base_url and verifier.model",
        )
    asked = judge
    return CheckedVerifier("llm", asked.name, lambda: JudgeMeaning(asked, chosen.timeout_seconds))


_KINDS: dict[str, Callable[[Settings, Means], Verifier]] = {
    "words": _by_words,
    "packaged": _by_packaged_parts,
    "model": _by_model,
    "server": _by_server,
    "llm": _by_judge,
}
