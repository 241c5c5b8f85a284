"""What judges are told, one prompt a file and language. Words in {{double braces}} are filled in."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_TAG = re.compile(r"<(?=\s*/?\s*(?:text|question|item)\b)", re.IGNORECASE)


def fill(name: str, language: str, **values: str) -> str:
    """The prompt `name` in a language ("en" or "zh") with its slots filled.

    What is filled in is data: it is not searched for slots, and its tags cannot close the part that it stands in.

    Raises:
        KeyError: a slot has no value.
    """
    return _SLOT.sub(lambda slot: _TAG.sub("‹", values[slot[1]]), _text(f"{name}_{language}"))


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
