"""The filters of a request: OpenAI's attribute filters, or ibid's short form of them, and the dates of versions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kb.attributes import as_text
from kb.conditions import Comparing, Comparison, Condition, Joined, Joining, read_condition
from kb.errors import UsageError
from kb.records import NO_FILTERS, Filters
from kb.text.written_dates import read_day
from serving.http.errors import ApiError

AS_OF = "as_of"  # eq on this key asks for what is in force on a day
ALL_VERSIONS = "all_versions"  # eq true on this key asks also for what was replaced


def read_filters(given: Mapping[str, Any] | None, as_of: str | None = None, *, all_versions: bool = False) -> Filters:
    """The filters of a request.

    Args:
        given: OpenAI's filters, or simply {key: value or list of values}.
        as_of: a day (2026-11-22, 2026年11月22日), overrides a filter on "as_of".
        all_versions: also documents that newer versions have replaced; so does a filter on "all_versions".

    Raises:
        ApiError: 400, they are not of that form.
    """
    metadata: dict[str, tuple[str, ...]] = {}
    others: list[Condition] = []
    for condition in _conditions(given or {}):
        if isinstance(condition, Comparison) and _is_plain(condition) and condition.key not in metadata:
            metadata[condition.key] = tuple(as_text(value) for value in condition.values)
        else:
            others.append(condition)
    if any(_keys_of(condition) & {AS_OF, ALL_VERSIONS} for condition in others):
        raise _wrong("as_of and all_versions can only be asked for once, with eq, joined with the rest by and")
    day = as_of or next(iter(metadata.pop(AS_OF, ())), None)
    every_version = all_versions or metadata.pop(ALL_VERSIONS, ()) == ("true",)
    if day is not None and every_version:
        raise ApiError(400, "as_of and all_versions contradict each other; give one of them", param=AS_OF)
    if not metadata and not others and day is None and not every_version:
        return NO_FILTERS
    where = Joined(Joining.ALL, tuple(others)) if len(others) > 1 else next(iter(others), None)
    return Filters(metadata, _date(day) if day is not None else None, every_version, where)


def _conditions(given: Mapping[str, Any]) -> list[Condition]:
    """What must all be met."""
    try:
        if "type" in given and ("key" in given or "filters" in given):
            return _parted(read_condition(given))
        return [
            read_condition({"type": "in" if isinstance(value, list) else "eq", "key": key, "value": value})
            for key, value in given.items()
        ]
    except UsageError as error:
        raise _wrong(str(error)) from None


def _parted(condition: Condition) -> list[Condition]:
    """The conditions that "and" joins, one by one."""
    if isinstance(condition, Joined) and condition.joining is Joining.ALL:
        return [part for one in condition.conditions for part in _parted(one)]
    return [condition]


def _is_plain(condition: Comparison) -> bool:
    """Whether it asks that texts be among some, as `Filters.metadata` does."""
    plain = all(isinstance(value, (str, bool)) for value in condition.values)
    return plain and condition.comparing in {Comparing.EQUAL, Comparing.ONE_OF}


def _keys_of(condition: Condition) -> set[str]:
    if isinstance(condition, Comparison):
        return {condition.key}
    return {key for one in condition.conditions for key in _keys_of(one)}


def _date(text: str) -> date:
    try:
        return read_day(text)
    except UsageError:
        message = f"as_of is {text[:80]!r}; it must be a day like 2026-11-22 or 2026年11月22日"
        raise ApiError(400, message, param=AS_OF) from None


def _wrong(message: str) -> ApiError:
    return ApiError(400, message, code="invalid_value", param="filters")
