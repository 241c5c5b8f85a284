"""Conditions on what is known of a document: OpenAI's attribute filters, compared, joined and nested.

A document meets a condition by its values under the condition's key: a text such as "criminal, procedure" is a list,
each item of which counts.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from kb.attributes import AttributeValue, as_text
from kb.errors import UsageError

_DEEPEST = 10  # conditions inside conditions: more than anybody writes, few enough for any stack
_MOST_VALUES = 10_000  # of one condition: each is compared with each document
_NUMBER = re.compile(r"[+-]?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?")  # as `as_text` writes them, and people


class Comparing(StrEnum):
    """How a document's values are compared with those of a condition, in OpenAI's words."""

    EQUAL = "eq"
    NOT_EQUAL = "ne"
    ABOVE = "gt"
    AT_LEAST = "gte"
    BELOW = "lt"
    AT_MOST = "lte"
    ONE_OF = "in"
    NONE_OF = "nin"


class Joining(StrEnum):
    """Whether all of some conditions must be met, or any."""

    ALL = "and"
    ANY = "or"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A document's values under `key` against `values`: several only for `ONE_OF` and `NONE_OF`.

    Numbers are compared as numbers, texts as texts without regard to case. A document without the key meets only
    `NOT_EQUAL` and `NONE_OF`.
    """

    key: str
    comparing: Comparing
    values: tuple[AttributeValue, ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """Conditions of which all, or any, must be met."""

    joining: Joining
    conditions: tuple[Condition, ...]


Condition = Comparison | Joined

_ORDERS: dict[Comparing, Callable[[Any, Any], bool]] = {
    Comparing.ABOVE: operator.gt,
    Comparing.AT_LEAST: operator.ge,
    Comparing.BELOW: operator.lt,
    Comparing.AT_MOST: operator.le,
}


def meets(condition: Condition, values_of: Callable[[str], Collection[str]]) -> bool:
    """Whether a document meets a condition.

    Args:
        condition: what is asked for.
        values_of: the document's values under a key, casefolded; none where it has no such key.
    """
    if isinstance(condition, Joined):
        met = (meets(one, values_of) for one in condition.conditions)
        return all(met) if condition.joining is Joining.ALL else any(met)
    known = values_of(condition.key)
    if condition.comparing in _ORDERS:
        order = _ORDERS[condition.comparing]
        return any(_in_order(order, value, condition.values[0]) for value in known)
    found = any(_same(value, wanted) for wanted in condition.values for value in known)
    return found != (condition.comparing in {Comparing.NOT_EQUAL, Comparing.NONE_OF})


def read_condition(given: Mapping[str, Any], depth: int = 0) -> Condition:
    """A condition in OpenAI's form: {"type": "gte", "key", "value"} or {"type": "and" | "or", "filters": […]}.

    Raises:
        UsageError: it is not of that form, or nested too deeply.
    """
    kind = given.get("type")
    if depth > _DEEPEST:
        raise UsageError(f"filters are nested more than {_DEEPEST} levels deep", advice="Write them flatter")
    if isinstance(kind, str) and kind in set(Joining):
        parts = given.get("filters")
        if given.keys() != {"type", "filters"} or not isinstance(parts, list):
            raise UsageError(f'a filter of type {kind!r} must be {{"type": "{kind}", "filters": […]}}')
        if not all(isinstance(part, Mapping) for part in parts):
            raise UsageError("each of filters.filters must be an object")
        return Joined(Joining(kind), tuple(read_condition(part, depth + 1) for part in parts))
    if not isinstance(kind, str) or kind not in set(Comparing):
        known = ", ".join([*Comparing, *Joining])
        raise UsageError(f"a filter's type cannot be {str(kind)[:40]!r}", f"it must be one of {known}")
    if given.keys() != {"type", "key", "value"} or not isinstance(given["key"], str):
        raise UsageError(f'a filter of type {kind!r} must be {{"type": "{kind}", "key": "…", "value": …}}')
    return Comparison(given["key"], Comparing(kind), _values(Comparing(kind), given["value"]))


def number_in(text: str) -> Decimal | None:
    """The number that a text is, if it is one."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _values(comparing: Comparing, value: Any) -> tuple[AttributeValue, ...]:
    values = value if isinstance(value, list) else [value]
    if isinstance(value, list) and comparing not in {Comparing.ONE_OF, Comparing.NONE_OF}:
        raise UsageError(f"a filter of type {comparing.value!r} takes one value, no list")
    if len(values) > _MOST_VALUES:
        raise UsageError(f"a filter has {len(values)} values", f"{_MOST_VALUES} are allowed")
    if not all(isinstance(item, (str, int, float)) for item in values):
        raise UsageError("a filter's value must be text, a number, true, false, or a list of these")
    if comparing in _ORDERS and isinstance(value, bool):
        raise UsageError("a filter cannot order true and false", advice="Use eq or ne")
    return tuple(values)


def _same(value: str, wanted: AttributeValue) -> bool:
    if isinstance(wanted, (bool, str)):
        return value == as_text(wanted).casefold()
    number = number_in(value)
    return number is not None and number == Decimal(as_text(wanted))


def _in_order(order: Callable[[Any, Any], bool], value: str, wanted: AttributeValue) -> bool:
    if isinstance(wanted, str):
        return order(value, wanted.casefold())
    number = number_in(value)
    return number is not None and order(number, Decimal(as_text(wanted)))
