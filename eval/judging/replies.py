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


def numbered_verdicts(value: dict[str, Any], key: str, count: int, highest: int) -> list[int] | str:
    """The verdict on each of the items 1 to `count`, 0 to `highest`; or what is wrong with them.

    Args:
        value: what the model replied: {"verdicts": [{"number": 1, key: 1}, …]}.
        key: the verdict's name.
        count: how many items were judged.
        highest: the highest verdict.
    """
    verdicts = value.get("verdicts")
    if not isinstance(verdicts, list):
        return "`verdicts` is no list"
    found: dict[int, int] = {}
    for place, entry in enumerate(verdicts, start=1):
        number, verdict = _entry(entry, key, place)
        if verdict is None or not 0 <= verdict <= highest:
            return f"a verdict is none of 0 to {highest}"
        if number is None or not 1 <= number <= count or found.get(number, verdict) != verdict:
            return "the numbers do not fit the items"
        found[number] = verdict
    if len(found) != count:
        return f"{count} verdicts were asked for, {len(found)} came"
    return [found[number] for number in range(1, count + 1)]


def _entry(entry: Any, key: str, place: int) -> tuple[int | None, int | None]:
    """Number and verdict of one entry; small models leave the numbers out and write a bare list."""
    if isinstance(entry, dict):
        return _whole(entry.get("number", place)), _whole(entry.get(key))
    return place, _whole(entry)


def _whole(value: Any) -> int | None:
    """1 for 1, 1.0, "1", true, "yes", 是; None for what is no such thing."""
    if isinstance(value, str):
        word = value.strip().lower()
        value = {"yes": 1, "true": 1, "是": 1, "no": 0, "false": 0, "否": 0}.get(word, word)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return int(number) if number.is_integer() else None


def texts_of(value: dict[str, Any], key: str) -> list[str] | str:
    """The list of texts under `key`; or what is wrong with it."""
    listed = value.get(key)
    if not isinstance(listed, list) or not all(isinstance(item, str) for item in listed):
        return f"`{key}` is no list of texts"
    return list(dict.fromkeys(" ".join(item.split()) for item in listed if item.strip()))
