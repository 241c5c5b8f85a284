"""Values to try for a parameter, made from its schema: each alternative, each choice. And how values are shown."""

from __future__ import annotations

import json
from typing import Any

from benchmarks.conformance.description import Description, Json
from benchmarks.conformance.findings import without_ids

_DEEPEST = 4  # objects inside objects: deeper ones are left out where they may be
_MOST = 12  # values of one parameter: no list of choices that ibid could take is longer
_LONGEST_VALUE = 60  # characters of a value that is shown as it is
_SHORT_FIELD = 40  # characters of a last field that is shown beside the type


def values_of(description: Description, schema: Json, depth: int = 0) -> list[Any]:
    """Some valid values, the plainest first; null is left out: it means the same as leaving the parameter out."""
    schema = description.resolved(schema)
    for key in ("anyOf", "oneOf"):
        if key in schema:
            found = [value for part in schema[key] for value in values_of(description, part, depth)]
            return _distinct(found)
    if "allOf" in schema:
        fields, required = description.fields(schema)
        if not fields:
            return values_of(description, schema["allOf"][0], depth)
        return [_object(description, fields, required, depth)]
    if "const" in schema:
        return [schema["const"]]
    if "enum" in schema:
        return _distinct([value for value in schema["enum"] if value is not None])
    return _of_type(description, schema, depth)


def _of_type(description: Description, schema: Json, depth: int) -> list[Any]:
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if isinstance(kind, list):
        kind = next(item for item in kind if item != "null")
    if kind == "boolean":
        return [True, False]
    if kind in {"integer", "number"}:
        low, high = schema.get("minimum"), schema.get("maximum")
        default = schema.get("default")
        number = default if default is not None else low if low is not None else 1 if high is None else min(1, high)
        return [number]
    if kind == "array":
        if depth >= _DEEPEST:
            return [[]]
        return [[item] for item in values_of(description, schema.get("items", {}), depth + 1)][:_MOST]
    if kind == "object":
        fields, required = description.fields(schema)
        return [_object(description, fields, required, depth)]
    return [schema.get("default") or "text"] if kind == "string" else []


def _object(description: Description, fields: dict[str, Json], required: set[str], depth: int) -> Json:
    if not fields:
        return {"key": "text"}
    made: Json = {}
    for name, field in fields.items():
        if name in required or (not required and depth < _DEEPEST):
            values = values_of(description, field, depth + 1)
            if values:
                made[name] = values[0]
    return made


def _distinct(values: list[Any]) -> list[Any]:
    found: list[Any] = []
    for value in values:
        if value not in found or (isinstance(value, bool) and value not in [item for item in found if item is value]):
            found.append(value)
    return found[:_MOST]


def shown(values: list[Any]) -> str:
    """Values in a line of a table."""
    return without_ids(", ".join(f"`{_short(value)}`" for value in values))


def _short(value: Any) -> str:
    """A value as it is sent; of a long one the types of its parts, which is what differs, and its last field."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= _LONGEST_VALUE:
        return text
    if isinstance(value, list):
        return f"[{', '.join(map(_short, value))}]"
    if isinstance(value, dict):
        kept = [key for key in value if key in {"type", "role", "content"}] or list(value)[:1]
        last = list(value)[-1]
        if last not in kept and len(json.dumps(value[last])) <= _SHORT_FIELD:
            kept.append(last)
        fields = [f'"{key}": {_short(value[key])}' for key in kept]
        return f"{{{', '.join([*fields, '…'] if len(kept) < len(value) else fields)}}}"
    return f"{text[:_LONGEST_VALUE]}…"
