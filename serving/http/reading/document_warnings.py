"""What is told of a document's warnings: each with its kind and values, so that it can be said in any language."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kb.document_warnings import kind_of


def warnings_json(sentences: Sequence[str]) -> dict[str, Any]:
    """The fields `warnings`, the sentences, and `warning_details`, in the same order."""
    details = []
    for sentence in sentences:
        kind, values = kind_of(sentence)
        details.append({"code": kind, "message": sentence, "values": values})
    return {"warnings": list(sentences), "warning_details": details}
