"""What a model is told that writes questions. Words in {{double braces}} are filled in."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_SLOT = re.compile(r"\{\{(\w+)\}\}")
_TAG = re.compile(r"<(?=\s*/?\s*passage\b)", re.IGNORECASE)


def fill(name: str, **values: str) -> str:
    """The prompt `name` with its slots filled; what is filled in cannot close the part that it stands in.

    Raises:
        KeyError: a slot has no value.
    """
    return _SLOT.sub(lambda slot: _TAG.sub("‹", values[slot[1]]), _text(name))


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
