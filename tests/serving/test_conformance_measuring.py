"""What measures the server against OpenAI's description finds what is wrong, shown with a small description."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from benchmarks.conformance.description import Description
from benchmarks.conformance.findings import Measured
from benchmarks.conformance.measuring import Bench
from benchmarks.conformance.values import values_of
from tests.serving.http_server import RunningServer, running_server

MODEL = {
    "type": "object",
    "properties": {"id": {"type": "string"}, "owned_by": {"type": "string"}, "colour": {"type": "string"}},
    "required": ["id", "owned_by"],
}
EMBEDDING = {
    "allOf": [
        {"type": "object", "properties": {"input": {"type": "string"}, "user": {"type": "string"}}},
        {
            "type": "object",
            "properties": {
                "model": {"type": "string"},
                "encoding_format": {"type": "string", "enum": ["float", "base64"]},
                "colour": {"type": "string"},
            },
            "required": ["model"],
        },
    ]
}
ERROR = {"type": "object", "properties": {"error": {"type": "object"}}, "required": ["error"]}


def answering(schema: dict[str, Any]) -> dict[str, Any]:
    return {"responses": {"200": {"content": {"application/json": {"schema": schema}}}}}


def written(folder: Path, model: dict[str, Any]) -> Description:
    """A small description."""
    asked = {"requestBody": {"content": {"application/json": {"schema": EMBEDDING}}}}
    whole = {
        "info": {"version": "1"},
        "paths": {
            "/models/{model}": {"get": answering({"$ref": "#/components/schemas/Model"})},
            "/embeddings": {"post": {**asked, **answering({"type": "object", "required": ["data"]})}},
            "/images": {"get": answering({})},
        },
        "components": {"schemas": {"Model": model, "ErrorResponse": ERROR}},
    }
    path = folder / "openapi.yaml"
    path.write_text(yaml.safe_dump(whole), "utf-8")
    return Description(path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


def measured(server: RunningServer, description: Description, name: str) -> Measured:
    bench = Bench(server.http(), description)
    return next(bench.measure(operation) for operation in description.operations if operation.name == name)


def test_an_answer_as_described_has_no_faults(server: RunningServer, tmp_path: Path) -> None:
    found = measured(server, written(tmp_path, MODEL), "GET /models/{model}")
    assert (found.offered, found.faults) == (True, [])
    assert found.answer == "`Model`: 2 of 2 required fields, 0 of 1 others"


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"required": ["id", "colour"]}, '"colour" is a required property'),
        ({"properties": {"id": {"type": "integer"}}}, 'id: "ibid" is not of type "integer"'),
        ({"properties": {"owned_by": {"enum": ["openai"]}}}, 'owned_by: "ibid" is not one of "openai"'),
    ],
)
def test_a_field_that_is_missing_or_wrong_is_a_fault(
    server: RunningServer, tmp_path: Path, change: dict[str, Any], fault: str
) -> None:
    found = measured(server, written(tmp_path, {**MODEL, **change}), "GET /models/{model}")
    assert any(fault in one for one in found.faults), found.faults


def test_parameters_are_told_apart_by_what_they_do(server: RunningServer, tmp_path: Path) -> None:
    found = measured(server, written(tmp_path, MODEL), "POST /embeddings")
    verdicts = {parameter.name: (parameter.verdict, parameter.note) for parameter in found.parameters}
    assert verdicts["model"][0] == verdicts["encoding_format"][0] == "taken"
    assert verdicts["input"][0] == "in part"  # texts, not token numbers
    assert verdicts["user"] == ("ignored", "")
    assert verdicts["colour"] == ("refused", "Unknown parameter: 'colour'.")


def test_an_operation_that_is_none_is_not_offered_and_says_why(server: RunningServer, tmp_path: Path) -> None:
    description = written(tmp_path, MODEL)
    found = measured(server, description, "GET /models/{model}")
    assert found.route == "/v1/models/{model}"
    (images,) = [operation for operation in description.operations if not operation.family]
    assert Bench(server.http(), description).refuses_clearly(images)


def test_values_are_valid_by_the_schema_they_are_made_from(tmp_path: Path) -> None:
    description = written(tmp_path, MODEL)
    schemas: list[dict[str, Any]] = [
        {"type": "integer", "minimum": 3},
        {"type": "array", "items": {"enum": ["a", "b"]}},
        {
            "oneOf": [
                {"type": "boolean"},
                {"type": "object", "properties": {"n": {"type": "number"}}, "required": ["n"]},
            ]
        },
        {"allOf": [MODEL, {"type": "object", "properties": {"size": {"const": "big"}}, "required": ["size"]}]},
        {"type": "string", "nullable": True},
    ]
    for schema in schemas:
        values = values_of(description, schema)
        assert values
        assert [fault for value in values for fault in description.faults(value, schema)] == []
