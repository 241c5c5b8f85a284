"""What is said to a chat model that answers: one prompt for each job and language, read by kb/prompting/files.py."""

from __future__ import annotations

from collections.abc import Iterable

from kb.prompting import PromptText, fill_prompt, prompt_version


def fill(name: str, language: str, /, **values: str) -> PromptText:
    """The prompt `name` in the language of a question, its slots filled with data.

    Raises:
        SettingsError: there is no such prompt, or its slots are not those of `values`.
    """
    return fill_prompt(__name__, name, language, **values)


def version_of(name: str, language: str) -> int:
    """The version of a prompt, raised whenever its text changes.

    Raises:
        SettingsError: there is no such prompt.
    """
    return prompt_version(__name__, name, language)


def versions_of(names: Iterable[str], language: str) -> dict[str, int]:
    """The version of each prompt, for whoever records what made an answer."""
    return {name: version_of(name, language) for name in names}
