"""A judge from the settings of a process."""

from __future__ import annotations

from dataclasses import replace

from eval.judging.asking import Judge
from kb.chat.openai_compatible import open_chat_model
from kb.errors import SettingsError
from kb.settings import Settings


def open_judge(settings: Settings, model: str = "", base_url: str = "") -> Judge:
    """The judge that is named, or the settings' own model where none is; its replies are kept under the home's cache.

    Raises:
        SettingsError: no model server is named anywhere.
    """
    named = settings.model
    chosen = replace(named, name=model or named.name, base_url=base_url or named.base_url)
    opened = open_chat_model(chosen)
    if opened is None:
        raise SettingsError(
            "there is no model to judge",
            "no model server is named",
            "Set IBID_MODEL_BASE_URL and IBID_MODEL_NAME, or name one with --judge-url and --judge",
        )
    return Judge(opened, settings.home / "cache" / "eval" / "judging")
