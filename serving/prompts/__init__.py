"""What is said to a chat model, one prompt a file. Words in {{double braces}} are filled in."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

_SLOT = re.compile(r"\{\{(\w+)\}\}")


def fill(name: str, **values: str) -> str:
    """The prompt `name` with its slots filled. What is filled in is not searched for slots again.

    Raises:
        KeyError: a slot has no value.
    """
    return _SLOT.sub(lambda slot: values[slot[1]], _text(name))


@cache
def _text(name: str) -> str:
    return files(__name__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
