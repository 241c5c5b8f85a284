"""Reads verdicts and texts out of the JSON object that a judge replied with."""

from __future__ import annotations

from typing import Any


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
