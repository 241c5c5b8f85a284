"""Finds the JSON in what a model wrote: models think aloud, fence it, put words around it, and break off."""

from __future__ import annotations

import json
import re
from typing import Any

_THOUGHT = re.compile(r"<think>.*?(?:</think>|$)", re.DOTALL)
_DECODER = json.JSONDecoder()
_TRIED = (
    50  # braces from which an object is tried: a reply with more is prose or code, and each try reads on to its end
)


def json_objects(reply: str) -> list[dict[str, Any]]:
    """The whole JSON objects of a reply that stand in no other, the last first.

    The last first, because models show an example or a draft before what they mean. Half an object is none: what a
    reply that broke off would have said is not known.
    """
    text = _THOUGHT.sub("", reply)
    found: list[dict[str, Any]] = []
    position = text.find("{")
    for _ in range(_TRIED):
        if position < 0:
            break
        try:
            value, end = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            found.insert(0, value)
        position = text.find("{", end)
    return found
