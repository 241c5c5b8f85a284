"""OpenAI's description of its API: operations, what a request may hold, and what an answer must look like."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml

Json = dict[str, Any]
# In the order of the table. What stands in other families is counted, not listed.
FAMILIES = (
    "models", "chat/completions", "completions", "responses", "conversations", "embeddings", "files", "uploads",
    "vector_stores", "batches",
    "organization/admin_api_keys",
)  # fmt: skip
_METHODS = ("get", "post", "delete", "put", "patch")
_SCHEMAS = "#/components/schemas/"


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that a request may hold."""

    name: str
    place: str  # "query" or "body"
    schema: Json
    required: bool


@dataclass(frozen=True)
class Operation:
    """One method of one path, as described."""

    method: str
    path: str  # without the base URL, as described: /files/{file_id}
    described: Json
    description: Description

    @property
    def name(self) -> str:
        """As it stands in the table."""
        return f"{self.method.upper()} {self.path}"

    @property
    def family(self) -> str:
        """The first part of the path that tells what it is about."""
        plain = self.path.partition("?")[0].strip("/")
        return next((family for family in FAMILIES if plain == family or plain.startswith(f"{family}/")), "")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What stands in the query and at the top of the body."""
        query = [
            Parameter(str(item["name"]), "query", item.get("schema", {}), bool(item.get("required")))
            for item in self.described.get("parameters", [])
            if item.get("in") == "query"
        ]
        schema = next(iter(self.described.get("requestBody", {}).get("content", {}).values()), {}).get("schema", {})
        fields, required = self.description.fields(schema)
        return (*query, *(Parameter(name, "body", field, name in required) for name, field in fields.items()))

    def answer_schema(self, media_type: str = "application/json") -> Json | None:
        """What a good answer looks like, None where the description does not say."""
        content = self.described["responses"].get("200", {}).get("content", {})
        schema: Json | None = content.get(media_type, {}).get("schema")
        return schema


class Description:
    """The description, read once."""

    def __init__(self, path: Path) -> None:
        content = path.read_bytes()
        self.digest = hashlib.sha256(content).hexdigest()
        whole = yaml.load(content, Loader=yaml.CSafeLoader)  # a safe loader, in C: the file has 3 MB
        self.version: str = whole["info"]["version"]
        self.schemas: Json = whole["components"]["schemas"]
        self._paths: Json = whole["paths"]
        self._validators: dict[str, jsonschema_rs.Validator] = {}

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All of them, in the order of the description."""
        return tuple(
            Operation(method, path, described, self)
            for path, methods in self._paths.items()
            for method, described in methods.items()
            if method in _METHODS
        )

    def resolved(self, schema: Json) -> Json:
        """The schema that a reference stands for."""
        while "$ref" in schema:
            schema = self.schemas[schema["$ref"].removeprefix(_SCHEMAS)]
        return schema

    def fields(self, schema: Json) -> tuple[dict[str, Json], set[str]]:
        """The properties of an object, `allOf` put together, and the names of those that are required."""
        schema = self.resolved(schema)
        fields: dict[str, Json] = {}
        required = set(schema.get("required", ()))
        for part in schema.get("allOf", ()):
            more, needed = self.fields(part)
            fields |= more
            required |= needed
        return fields | schema.get("properties", {}), required

    def faults(self, answer: Any, schema: Json) -> list[str]:
        """What is wrong with an answer by its schema: nothing, or where and why."""
        key = repr(schema)
        if key not in self._validators:
            self._validators[key] = jsonschema_rs.Draft202012Validator(
                {**_plain(schema), "components": {"schemas": self._plain_schemas}}
            )
        return [
            f"{'.'.join('N' if isinstance(step, int) else step for step in error.instance_path) or 'answer'}: "
            f"{error.message[:300]}"
            for error in self._validators[key].iter_errors(answer)
        ]

    @cached_property
    def _plain_schemas(self) -> Json:
        return {name: _plain(schema, name) for name, schema in self.schemas.items()}


def _plain(schema: Any, root: str = "") -> Any:
    """The same in the words of JSON Schema 2020-12, which validators know.

    `nullable` comes from an older OpenAPI, `$recursiveRef` from an older JSON Schema. `oneOf` is read as `anyOf`: the
    alternatives in the description overlap (an integer beside a number, objects told apart by a discriminator).
    """
    if isinstance(schema, list):
        return [_plain(item, root) for item in schema]
    if isinstance(schema, date):
        return schema.isoformat()  # YAML reads some examples as days
    if not isinstance(schema, dict):
        return schema
    if "$recursiveRef" in schema:
        return {"$ref": f"{_SCHEMAS}{root}"}
    plain = {
        "anyOf" if key == "oneOf" else key: _plain(value, root)
        for key, value in schema.items()
        if key not in {"nullable", "discriminator", "$recursiveAnchor"}
    }
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") is True else plain
