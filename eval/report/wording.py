"""The words of reports: one file of strings for each language, all with the same keys."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kb.errors import UsageError

LANGUAGES = ("en", "zh")

_FOLDER = Path(__file__).parent / "strings"
_DEPTH = re.compile(r"(.+?)(@\d+.*| p\d+)", re.DOTALL)
_LOCALE_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")  # in the order in which programs obey them


@dataclass(frozen=True, slots=True)
class Words:
    """The strings of one language."""

    language: str
    strings: Mapping[str, Any]

    def __call__(self, key: str, **values: object) -> str:
        """The string `key` with its {places} filled. The result is plain text, never HTML."""
        text: str = self.strings[key]
        return text.format(**values) if values else text

    def named(self, kind: str, name: str) -> str:
        """What a task, setting or detail is called; a name that nobody translated stands as it is."""
        return str(self.strings[kind].get(name, name))

    def metric(self, name: str) -> str:
        """What a metric is called; its depth ("@10") or percentile (" p95") stays."""
        names = self.strings["metric_names"]
        parts = _DEPTH.fullmatch(name)
        if name in names or parts is None:
            return str(names.get(name, name))
        return f"{names.get(parts[1], parts[1])}{parts[2]}"

    def machine_fact(self, name: str, value: object) -> str:
        """A fact about a machine in words."""
        template: str = self.strings["machine_facts"].get(name, "")
        return template.format(value=value) if template else f"{name} {value}"


def read_words(language: str) -> Words:
    """Reads the strings of a language.

    Raises:
        UsageError: it is none of `LANGUAGES`.
    """
    if language not in LANGUAGES:
        raise UsageError(f"no reports in {language!r}", advice=f"Languages: {', '.join(LANGUAGES)}")
    return Words(language, tomllib.loads((_FOLDER / f"{language}.toml").read_text(encoding="utf-8")))


def language_of_terminal(environment: Mapping[str, str] | None = None) -> str:
    """Chinese where the terminal's locale is, otherwise English."""
    variables = os.environ if environment is None else environment
    locale = next((variables[name] for name in _LOCALE_VARIABLES if variables.get(name)), "")
    return "zh" if locale.lower().startswith("zh") else "en"
