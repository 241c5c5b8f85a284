"""JSON of replies into types. A reply that is not of the promised shape raises `ClientError`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from ui.browser.api.failures import ClientError, FailureKind

Json = Mapping[str, Any]
_Parsed = TypeVar("_Parsed")


def parse(reader: Callable[[Json], _Parsed], value: object) -> _Parsed:
    """Applies `reader` to a JSON object.

    Raises:
        ClientError: `value` is not an object, or lacks what the reader needs.
    """
    if not isinstance(value, Mapping):
        raise ClientError(FailureKind.BROKEN)
    try:
        return reader(value)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ClientError(FailureKind.BROKEN) from error


def page_number(value: object) -> int | None:
    """A page from 1 up; None for what is no page."""
    return int(value) if isinstance(value, int) and value > 0 else None


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts; empty where there is none."""
    return tuple(str(text) for text in value or ())
