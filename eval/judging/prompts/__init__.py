"""What judges are told: one prompt for each job and language, read by kb/prompting/files.py."""

from __future__ import annotations

from kb.prompting import PromptText, fill_prompt


def fill(name: str, language: str, /, **values: str) -> PromptText:
    """The prompt `name` in a language ("en" or "zh"), its slots filled with data.

    Raises:
        SettingsError: there is no such prompt, or its slots are not those of `values`.
    """
    return fill_prompt(__name__, name, language, **values)
