"""The schema that an answer is to follow, and the reply that a model is asked for around it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kb.errors import UsageError
from kb.ports import JsonSchema

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_DEFINITIONS = ("$defs", "definitions")
_DEEPEST = 20  # objects in objects: a form that nobody can fill in any more


@dataclass(frozen=True, slots=True)
class JsonForm:
    """What an answer is to look like."""

    schema: JsonSchema

    def reply_schema(self) -> JsonSchema:
        """Of the model's whole reply: whether the passages answer, which ones do, and the answer.

        The schema's definitions move to the top, so that what refers to them still finds them.
        """
        inner = {name: part for name, part in self.schema.items() if name not in _DEFINITIONS}
        definitions = {name: self.schema[name] for name in _DEFINITIONS if name in self.schema}
        properties = {
            "answered": {"type": "boolean"},
            "passages": {"type": "array", "items": {"type": "integer"}},
            "answer": {"anyOf": [inner, {"type": "null"}]},
        }
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
            **definitions,
        }

    def written(self) -> str:
        """The schema as text, for a prompt."""
        return json.dumps(self.schema, ensure_ascii=False)

    def problem_of(self, answer: Any) -> str:
        """How an answer departs from the schema, "" where it does not. Patterns are left to the model's server.

        Raises:
            UsageError: the schema refers to itself without end.
        """
        try:
            found = next(_validator(self.schema).iter_errors(answer), None)
        except RecursionError:
            raise UsageError("the schema refers to itself without end") from None
        return "" if found is None else str(found.message)


def _validator(schema: JsonSchema) -> Validator:
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend
    from referencing import Registry

    # A pattern that takes for ever to fail would keep every request waiting.
    kind: type[Validator] = extend(Draft202012Validator, {"pattern": lambda *_: ()})  # type: ignore[no-untyped-call]
    return kind(dict(schema), registry=Registry())  # one of our own: the library's would fetch schemas from elsewhere


def checked_form(schema: Any) -> JsonForm:
    """A schema as a form.

    Raises:
        UsageError: it is none, refers outside itself, or is nested too deeply.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import SchemaError

    if not isinstance(schema, Mapping):
        raise UsageError("the schema is no JSON object")
    known = {f"#/{name}/{part}" for name in _DEFINITIONS for part in _names_in(schema.get(name))}
    for keyword, value in _keywords(schema, 0):
        if keyword == "patternProperties":
            raise UsageError("the schema has patternProperties", "its properties must have names")
        if keyword in {"$ref", "$dynamicRef"} and str(value) not in known:
            raise UsageError(f"the schema refers to {str(value)[:80]!r}", "only its own $defs can be referred to")
    try:
        Draft202012Validator.check_schema(dict(schema))
    except SchemaError as error:
        raise UsageError("the schema is no JSON schema", str(error.message)[:200]) from None
    return JsonForm(schema)


def _names_in(definitions: Any) -> list[str]:
    return [str(name) for name in definitions] if isinstance(definitions, Mapping) else []


def _keywords(part: Any, depth: int) -> Iterator[tuple[str, Any]]:
    """Every key in a schema with its value, at any depth."""
    if depth > _DEEPEST:
        raise UsageError("the schema is nested too deeply", f"{_DEEPEST} levels are the most")
    if isinstance(part, Mapping):
        for name, inner in part.items():
            yield str(name), inner
            yield from _keywords(inner, depth + 1)
    elif isinstance(part, list):
        for inner in part:
            yield from _keywords(inner, depth + 1)
