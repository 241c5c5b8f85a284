"""Requests made from the server's own OpenAPI document, valid ones and invalid ones, and what must hold for answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CheckFunction, not_a_server_error
from schemathesis.hooks import HookContext
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    ensure_resource_availability,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    use_after_free,
)

from benchmarks.conformance.requests import HANDBOOK_FILE, STORE, Maker
from kb.home.keys import Right, create_key
from kb.records import document_id_of
from tests.serving.http_server import RunningServer
from tests.serving.library import HANDBOOK

# That valid requests are accepted is not among them: a schema cannot say which ids exist, or that a question is one.
CHECKS: list[CheckFunction] = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
_OFTEN = 1_000_000  # requests a minute
_STEPS = 8  # requests one after the other: enough to make a store, fill it, ask it and delete it


def key_of(server: RunningServer) -> dict[str, str]:
    """The header of a key that may do everything, as often as it likes: keys are among what is made and deleted."""
    _, secret = create_key(server.services.home, "fuzzing", [Right.ADMIN], requests_per_minute=_OFTEN)
    return {"Authorization": f"Bearer {secret}"}


def own_schema(server: RunningServer) -> BaseSchema:
    """The document of a running server."""
    schema = schemathesis.openapi.from_url(f"{server.address}/openapi.json")
    schema.config.generation.with_security_parameters = False  # each request has the key
    return schema


def own_schema_with_known_ids(server: RunningServer, headers: dict[str, str]) -> BaseSchema:
    """The document of a running server; every second request names things that exist, but deletes none of them."""
    schema = own_schema(server)
    ids = _made_ids(Maker(server.http(**headers)))

    def with_known(context: HookContext, fields: Any) -> Any:
        operation = context.operation
        if operation is None or operation.method == "delete" or not isinstance(fields, dict):
            return fields
        there = {**ids, "batch_id": ids["file_batch_id" if "file_batches" in operation.path else "batch_id"]}
        named = {name for name, value in fields.items() if name in there and _may_be_replaced(value)}
        return {**fields, **{name: there[name] for name in named}}

    @schema.hook
    def map_path_parameters(context: HookContext, path_parameters: Any) -> Any:
        return with_known(context, path_parameters)

    @schema.hook
    def map_body(context: HookContext, body: Any) -> Any:
        return with_known(context, body)

    return schema


def _may_be_replaced(value: Any) -> bool:
    """Every second text; what is none was made to be refused."""
    return isinstance(value, str) and len(value) % 2 == 0


def _made_ids(make: Maker) -> dict[str, str]:
    """Ids of what is there, under the names that paths and bodies have for them."""
    conversation = make.conversation()
    return {
        "store_id": STORE,
        "model": "ibid",
        "document_id": document_id_of(HANDBOOK.encode()),
        "file_id": HANDBOOK_FILE,
        "input_file_id": make.batch_file(),
        "batch_id": make.requests_batch(),
        "file_batch_id": make.batch(STORE),
        "completion_id": make.completion(),
        "response_id": make.response(),
        "previous_response_id": make.response(),
        "conversation_id": conversation,
        "item_id": make.item(conversation),
        "upload_id": make.upload(),
        "key_id": make.key(),
    }


def follow_links(server: RunningServer, sequences: int, headers: dict[str, str]) -> Counter[int]:
    """Makes things, uses them and deletes them in as many sequences of requests; counts the answers by status.

    Raises:
        Failure: an answer is not as it must be, or something deleted is still there, or something made is not.
    """
    answers: Counter[int] = Counter()
    machine: Any = own_schema(server).as_state_machine()

    class Checked(machine):  # type: ignore[misc]
        def get_call_kwargs(self, case: Any) -> dict[str, Any]:
            return {"headers": headers}

        def validate_response(self, response: Any, case: Any, **options: Any) -> None:
            answers[response.status_code] += 1
            case.validate_response(response, checks=[*CHECKS, use_after_free, ensure_resource_availability])

    Checked.run(settings=_settings(sequences, stateful_step_count=_STEPS))
    return answers


def operations_of(schema: BaseSchema) -> Iterator[APIOperation[Any, Any, Any, Any]]:
    """Every operation in the document."""
    for result in schema.get_all_operations():
        yield result.ok()


def fuzz(
    operation: APIOperation[Any, Any, Any, Any], mode: GenerationMode, cases: int, headers: dict[str, str]
) -> Counter[int]:
    """Sends an operation as many different requests as asked for; counts the answers by status.

    Raises:
        Failure: an answer is not as it must be; the message has the request.
    """
    answers: Counter[int] = Counter()
    session = requests.Session()

    @_settings(cases)
    @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        response = case.call(headers=headers, session=session)
        answers[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    try:
        send()
    except Unsatisfiable:  # an operation that takes nothing cannot be asked wrongly
        assert mode is GenerationMode.NEGATIVE
    finally:
        session.close()
    return answers


def _settings(examples: int, **more: Any) -> hypothesis.settings:
    """The same requests in every run; a failing one is shown as it was sent, not made smaller."""
    return hypothesis.settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        **more,
    )
