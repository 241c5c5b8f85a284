"""The server keeps what its own OpenAPI document says, whatever it is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import httpx
import pytest
from schemathesis import GenerationMode

from tests.serving.fuzzing import follow_links, fuzz, key_of, operations_of, own_schema_with_known_ids
from tests.serving.http_server import RunningServer, running_server

CASES = 12  # of each operation and kind; `make fuzz` sends a thousand
SEQUENCES = 30


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def key(server: RunningServer) -> dict[str, str]:
    return key_of(server)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_every_operation_answers_as_its_document_says(
    server: RunningServer, key: dict[str, str], mode: GenerationMode
) -> None:
    answers: Counter[int] = Counter()
    for operation in operations_of(own_schema_with_known_ids(server, key)):
        answers += fuzz(operation, mode, CASES, key)
    assert max(answers) < 500
    wanted = 200 if mode is GenerationMode.POSITIVE else 400
    assert answers[wanted] > CASES, "what is sent gets past the door"


def test_what_was_made_is_there_and_what_was_deleted_is_gone(server: RunningServer, key: dict[str, str]) -> None:
    answers = follow_links(server, SEQUENCES, key)
    assert max(answers) < 500
    assert answers[200] > SEQUENCES


def test_every_operation_says_how_it_fails_and_is_called_by_one_name(server: RunningServer) -> None:
    document = httpx.get(f"{server.address}/openapi.json").json()
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(names) == len(set(names))
    error = {"$ref": "#/components/schemas/ErrorReply"}
    for operation in operations:
        for status in ("4XX", "5XX"):
            assert operation["responses"][status]["content"]["application/json"]["schema"] == error
        assert "422" not in operation["responses"]
        assert operation["security"] == [{"key": []}]
    assert document["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
