"""`response_format` and `text.format`: the JSON that an answer is to be, where a model is there to write it."""

from __future__ import annotations

from typing import Any

from kb.errors import UsageError
from serving.http.errors import ApiError, unsupported
from serving.structured import JsonForm
from serving.structured.form import checked_form

_ANY_OBJECT = {"type": "object"}


def form_of(given: Any, param: str) -> JsonForm | None:
    """The form that a request wants; None where it wants text.

    Args:
        given: {"type": "text"}, {"type": "json_object"} or {"type": "json_schema", …}.
        param: the parameter it stands in.

    Raises:
        ApiError: 400, it is none of these, or its schema cannot be followed.
    """
    kind = given.get("type") if isinstance(given, dict) else None
    if given is None or kind == "text":
        return None
    if kind == "json_object":
        return JsonForm(_ANY_OBJECT)
    if kind != "json_schema":
        raise unsupported(param, f"{param}: answers are text, or JSON by json_schema or json_object")
    # Chat requests have the schema one level further in than responses.
    described = given.get("json_schema", given)
    try:
        return checked_form(described.get("schema") if isinstance(described, dict) else None)
    except UsageError as error:
        raise ApiError(400, f"{param}: {error}", code="invalid_value", param=param) from None
