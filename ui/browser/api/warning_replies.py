"""What a reader should know of a document, as the server tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class DocumentWarning:
    """A warning: its kind and values, for which the interface may have words, and the server's own sentence."""

    code: str
    message: str
    values: Mapping[str, str]


def read_warnings(value: Any) -> tuple[DocumentWarning, ...]:
    """The field `warning_details` of a document; empty where there is none."""
    return tuple(
        DocumentWarning(
            str(told.get("code") or ""),
            str(told.get("message") or ""),
            {str(name): str(text) for name, text in (told.get("values") or {}).items()},
        )
        for told in value or ()
    )
