"""The words of the interface: one file of strings for each language, all with the same keys."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# In the order in which the switch shows them, each in its own words.
LANGUAGES: Mapping[str, str] = {"en": "English", "zh": "中文"}

_FOLDER = Path(__file__).parent / "strings"


@dataclass(frozen=True)
class Words:
    """The strings of one language."""

    language: str
    strings: Mapping[str, str]

    def __call__(self, key: str, **values: object) -> str:
        """The string `key` with its {places} filled. The result is plain text, never Markdown."""
        return self.strings[key].format(**values)

    def count(self, key: str, count: int, **values: object) -> str:
        """The string `key` for a number of things: `key_one` for exactly one."""
        return self(f"{key}_one" if count == 1 else key, count=count, **values)


def read_words(language: str) -> Words:
    """Reads the strings of a language of `LANGUAGES`."""
    return Words(language, tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


@cache
def streamlit_words(language: str) -> Mapping[str, str]:
    """What stands in the place of the words of Streamlit's own parts, by these; nothing in English, their own."""
    found: Mapping[str, Mapping[str, str]] = tomllib.loads((_FOLDER / "streamlit.toml").read_text(encoding="utf-8"))
    return found.get(language, {})


def language_for(locale: str | None) -> str:
    """The interface's language for a browser's locale ("zh-TW", "de", None, …): Chinese for Chinese, else English."""
    return "zh" if (locale or "").lower().startswith("zh") else "en"
