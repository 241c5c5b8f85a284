"""The input of a response as items, each with an id, and the conversation that they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, Literal

from pydantic import ConfigDict, ValidationError

from kb.records import Turn
from serving.http.bodies import JsonBody
from serving.http.errors import ApiError, missing_parameter, unsupported
from serving.http.responses.function_calls import CALL, OUTPUT

Json = dict[str, Any]
FindItem = Callable[[str], Json]

_TEXTS = frozenset({"input_text", "output_text", "text", "refusal"})
# What clients send back of an earlier output. It says nothing that the messages beside it do not say.
_PASSED_OVER = frozenset({"file_search_call", "reasoning"})
_ITEM_ID = re.compile(r"(?:msg|fs|fc)_([0-9a-f]{48})(?:_\d{1,5})?")


class InputPart(JsonBody):
    """A part of a message. Only text is understood."""

    model_config = ConfigDict(extra="allow")

    type: str
    text: str = ""
    refusal: str = ""


class InputItem(JsonBody):
    """A message, a reference to an item of a stored response, or an item of an earlier output."""

    model_config = ConfigDict(extra="allow")

    type: str | None = None
    id: str | None = None
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: str | list[InputPart] | None = None


def response_id_of(token: str) -> str:
    """The id of the response with this token, which is in the ids of all its items, too."""
    return f"resp_{token}"


def response_of_item(item_id: str) -> str | None:
    """The id of the response that an item belongs to; None where the id is none of ours."""
    match = _ITEM_ID.fullmatch(item_id)
    return response_id_of(match[1]) if match else None


def items_of(given: str | Sequence[InputItem], token: str, find: FindItem) -> list[Json]:
    """The input as complete items.

    Args:
        given: of the request.
        token: of the response that is made.
        find: an item of a stored response by its id.

    Raises:
        ApiError: an item cannot be read, or the input is empty.
    """
    if isinstance(given, str):
        return [_message("user", given, f"msg_{token}_0")]
    if not given:
        raise ApiError(400, "input is empty", code="invalid_value", param="input")
    return [_item(item, place, f"msg_{token}_{place}", find) for place, item in enumerate(given)]


def turns_of(items: Sequence[Json]) -> list[Turn]:
    """What the user and the assistant said."""
    return [
        Turn(item["role"], text_of(item))
        for item in items
        if item["type"] == "message" and item["role"] in {"user", "assistant"}
    ]


def text_of(item: Json) -> str:
    """The words of a message, "" of any other item."""
    parts = item.get("content", []) if item["type"] == "message" else []
    return "\n".join(part.get("text") or part.get("refusal", "") for part in parts)


def _item(item: InputItem, place: int, item_id: str, find: FindItem) -> Json:
    kind = item.type or ("message" if item.role else "item_reference")
    if kind == "item_reference":
        if not item.id:
            raise ApiError(400, "an item needs a type, a role or an id", code="invalid_value", param=f"input[{place}]")
        return find(item.id)
    if kind in _PASSED_OVER:
        return {"id": item_id, **item.model_dump(exclude_none=True), "type": kind}
    if kind in {CALL, OUTPUT}:
        return _function_item(item, kind, place, f"fc_{item_id.removeprefix('msg_')}")
    if kind != "message" or item.role is None:
        message = f"input: an item of type {kind[:80]!r} cannot be read; send messages"
        raise unsupported(f"input[{place}]", message)
    return _message(item.role, _words(item.content, place), item.id or item_id)


def _function_item(item: InputItem, kind: str, place: int, item_id: str) -> Json:
    given = item.model_dump()
    told: Json = {}
    for name in ("call_id", "name", "arguments") if kind == CALL else ("call_id", "output"):
        where, value = f"input[{place}].{name}", given.get(name)
        if value is None:
            raise missing_parameter(where)
        if isinstance(value, list):
            value = _words([_part(part, where) for part in value], place)
        if not isinstance(value, str):
            raise ApiError(400, f"{where} must be text", code="invalid_value", param=where)
        told[name] = value
    return {"id": item.id or item_id, "type": kind, "status": "completed", **told}


def _part(given: Any, where: str) -> InputPart:
    try:
        return InputPart.model_validate(given)
    except ValidationError:
        raise ApiError(400, f"{where} must be text, or parts of text", code="invalid_value", param=where) from None


def _words(content: str | list[InputPart] | None, place: int) -> str:
    if content is None or isinstance(content, str):
        return content or ""
    for number, part in enumerate(content):
        if part.type not in _TEXTS:
            raise unsupported(
                f"input[{place}].content[{number}].type",
                f"content of type {part.type[:80]!r} cannot be read, only text",
            )
    return "\n".join(part.text or part.refusal for part in content)


def _message(role: str, text: str, item_id: str) -> Json:
    said: Json = {"type": "input_text", "text": text}
    if role == "assistant":
        said = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"id": item_id, "type": "message", "role": role, "status": "completed", "content": [said]}
