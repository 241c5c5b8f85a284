"""The verifier that the settings name."""

from __future__ import annotations

from kb.errors import SettingsError
from kb.ports import ChatModel, Verifier
from kb.settings import Settings
from serving.verification import LexicalVerifier

KINDS = ("words",)


def verifier_of(settings: Settings, model: ChatModel | None = None) -> Verifier:  # noqa: ARG001  (kind "llm" comes next)
    """The verifier of `settings`, for all answers of a process.

    Args:
        settings: whose section `verifier` names the kind.
        model: the configured chat model, which a verifier of kind "llm" asks.

    Raises:
        SettingsError: there is no such kind.
    """
    kind = settings.verifier.kind
    if kind == "words":
        return LexicalVerifier()
    raise SettingsError(f"setting verifier.kind is {kind!r}", f"it must be one of {', '.join(KINDS)}")
