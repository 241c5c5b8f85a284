"""What the server's OpenAPI document says of requests and answers that the framework cannot see for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from fastapi.security import HTTPBearer
from pydantic import BaseModel

Json = dict[str, Any]
Responses = dict[int | str, Json]

_OBJECT: Json = {"schema": {"type": "object", "additionalProperties": True}}
_EVENT: Json = {  # each event of a stream; OpenAPI 3.1 has no word of its own for them
    "schema": {
        "type": "object",
        "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
        "required": ["data"],
    }
}
_BYTES: Json = {"schema": {"type": "string", "format": "binary"}}


# Of a request's field: it is taken so that clients need not leave it out, and repeated where OpenAI repeats it.
WITHOUT_EFFECT: Json = {"x-without-effect": True}


class ErrorDetail(BaseModel):
    """What failed, why, and what to do; `code` is for programs, `param` names the parameter that is to blame."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorReply(BaseModel):
    """Every failure, in OpenAI's shape."""

    error: ErrorDetail


# Says only that there are keys. They are checked before a request comes this far, and needed only where there are any.
KEY = HTTPBearer(scheme_name="key", description="One of `ibid keys create`; not needed without keys", auto_error=False)
# Every operation may fail in these ways, and always answers in this shape.
ERRORS: Responses = {
    "4XX": {"model": ErrorReply, "description": "The request cannot be answered; the message says why"},
    "5XX": {"model": ErrorReply, "description": "The server or its model failed; the same request may succeed later"},
}


def streamed(description: str) -> Responses:
    """An answer that comes whole as JSON, or with `stream: true` as server-sent events."""
    return {200: {"description": description, "content": {"application/json": _OBJECT, "text/event-stream": _EVENT}}}


def file_bytes(media_type: str = "application/octet-stream") -> Responses:
    """An answer that is a file. Its route needs a `response_class` that has no media type of its own."""
    return {200: {"description": "The bytes", "content": {media_type: _BYTES}}}


def one_of(values: Iterable[str]) -> Json:
    """What a field of text may hold, where the route itself refuses the rest with its reason: `json_schema_extra`."""
    return {"enum": list(values)}


def form(
    file_field: str,
    *,
    required: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    choices: Mapping[str, Iterable[str]] = MappingProxyType({}),
) -> Json:
    """A request that is a form with a file in it, for `openapi_extra`.

    Args:
        file_field: the field that holds the file; it is required.
        required: further fields, of text, that must be there.
        optional: further fields, of text.
        choices: what some of the fields may hold.
    """
    fields: Json = {name: {"type": "string"} for name in (*required, *optional)}
    for name, values in choices.items():
        fields[name] |= one_of(values)
    schema = {
        "type": "object",
        "properties": {file_field: _BYTES["schema"], **fields},
        "required": [file_field, *required],
    }
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


def made(parameter: str, *operations: str) -> Responses:
    """An answer whose `id` the operations of these names take as their `parameter`."""
    links = {
        operation: {"operationId": operation, "parameters": {parameter: "$response.body#/id"}}
        for operation in operations
    }
    return {200: {"description": "Successful Response", "links": links}}
