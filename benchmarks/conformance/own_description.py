"""The server's own OpenAPI document: which operations it has, and what it says that a request may hold."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]
_PLACE = re.compile(r"\{[^}]*\}")
_BASE = "/v1"


class OwnDescription:
    """What `GET /openapi.json` says."""

    def __init__(self, document: Json) -> None:
        self._schemas: Json = document.get("components", {}).get("schemas", {})
        self._operations: dict[str, tuple[str, Json]] = {
            _key(method, path): (path, described)
            for path, methods in document["paths"].items()
            for method, described in methods.items()
        }

    @property
    def operations(self) -> list[str]:
        """Every operation under the base URL, as it stands in a table: GET /files/{file_id}."""
        return [
            f"{method.upper()} {path.removeprefix(_BASE)}"
            for method, (path, _) in ((key.partition(" ")[0], found) for key, found in self._operations.items())
            if path.startswith(f"{_BASE}/")
        ]

    def route(self, method: str, path: str) -> str:
        """Our path for one of OpenAI's, "" where there is none."""
        return self._operations.get(_key(method, _BASE + path.partition("?")[0]), ("", {}))[0]

    def declared(self, method: str, path: str) -> set[str]:
        """The names that stand in the query and at the top of the body."""
        _, described = self._operations.get(_key(method, _BASE + path.partition("?")[0]), ("", {}))
        names = {item["name"] for item in described.get("parameters", []) if item["in"] == "query"}
        for content in described.get("requestBody", {}).get("content", {}).values():
            names |= {
                name.partition("[")[0]  # a form has the fields of an object one by one: expires_after[seconds]
                for name, field in self._fields(content["schema"]).items()
                if not field.get("x-without-effect")
            }
        return names

    def _fields(self, schema: Json) -> Json:
        while "$ref" in schema:
            schema = self._schemas[schema["$ref"].rpartition("/")[2]]
        fields: Json = dict(schema.get("properties", {}))
        for part in (*schema.get("allOf", ()), *schema.get("anyOf", ())):
            fields |= self._fields(part)
        return fields


def _key(method: str, path: str) -> str:
    return f"{method.upper()} {_PLACE.sub('{}', path)}"
