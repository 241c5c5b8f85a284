"""OpenAI's attribute filters as ibid's: comparisons of equality joined by "and"."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from kb.errors import UsageError
from kb.records import NO_FILTERS, Filters
from kb.text.written_dates import read_day
from serving.http.errors import ApiError, unsupported

AS_OF = "as_of"  # eq on this key asks for what is in force on a day
ALL_VERSIONS = "all_versions"  # eq true on this key asks also for what was replaced


def read_filters(given: Mapping[str, Any] | None, as_of: str | None = None, *, all_versions: bool = False) -> Filters:
    """The filters of a request.

    Args:
        given: {"type": "eq", "key", "value"}, {"type": "in", "key", "value": […]}, {"type": "and", "filters": […]},
            or simply {key: value or list of values}.
        as_of: a day (2026-11-22, 2026年11月22日), overrides a filter on "as_of".
        all_versions: also documents that newer versions have replaced; so does a filter on "all_versions".

    Raises:
        ApiError: another comparison, or not a filter at all.
    """
    found: dict[str, tuple[str, ...]] = {}
    if given:
        _collect(given, found)
    day = as_of or next(iter(found.pop(AS_OF, ())), None)
    every_version = all_versions or found.pop(ALL_VERSIONS, ()) == ("true",)
    if day is not None and every_version:
        raise ApiError(400, "as_of and all_versions contradict each other; give one of them", param=AS_OF)
    if not found and day is None and not every_version:
        return NO_FILTERS
    return Filters(found, _date(day) if day is not None else None, every_version)


def _collect(given: Mapping[str, Any], found: dict[str, tuple[str, ...]]) -> None:
    kind = given.get("type")
    if kind is not None and not isinstance(kind, str):
        raise _wrong("filters.type must be text")
    if kind == "and" and isinstance(given.get("filters"), list):
        for part in given["filters"]:
            if not isinstance(part, Mapping):
                raise _wrong("each of filters.filters must be an object")
            _collect(part, found)
    elif kind in {"eq", "in"} and "key" in given:
        _add(str(given["key"]), given.get("value"), found)
    elif kind is not None and ("filters" in given or "key" in given):
        raise unsupported("filters", f"filters of type {kind!r} are not supported; use eq, in and and")
    else:
        for key, value in given.items():
            _add(str(key), value, found)


def _add(key: str, value: Any, found: dict[str, tuple[str, ...]]) -> None:
    values = tuple(_text(item) for item in (value if isinstance(value, list) else [value]))
    found[key] = tuple(item for item in found[key] if item in values) if key in found else values


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value)
    raise _wrong("a filter's value must be text, a number, true, false, or a list of these")


def _date(text: str) -> date:
    try:
        return read_day(text)
    except UsageError:
        message = f"as_of is {text[:80]!r}; it must be a day like 2026-11-22 or 2026年11月22日"
        raise ApiError(400, message, param=AS_OF) from None


def _wrong(message: str) -> ApiError:
    return ApiError(400, message, code="invalid_value", param="filters")
