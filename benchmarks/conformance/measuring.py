"""Sends every operation's requests to a running server and compares what comes back with the description."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import numpy as np

from benchmarks.conformance.description import Description, Json, Operation, Parameter
from benchmarks.conformance.findings import Measured, ParameterMeasured, without_ids
from benchmarks.conformance.own_description import OwnDescription
from benchmarks.conformance.particular_values import BESIDE, particular_values
from benchmarks.conformance.requests import GOOD_REQUESTS, Maker, Request, UnpreparedError
from benchmarks.conformance.values import shown, values_of

_TOO_LATE = 9  # times that what is to be cancelled may be done before: then another one is made and cancelled sooner
_ERROR = {"$ref": "#/components/schemas/ErrorResponse"}
_FILE_CITATION = {"$ref": "#/components/schemas/FileCitationBody"}
# The events of these streams are not described beside the operation.
_EVENTS_ELSEWHERE = {
    "GET /responses/{response_id}": {"$ref": "#/components/schemas/ResponseStreamEvent"},
    "POST /completions": {"$ref": "#/components/schemas/CreateCompletionResponse"},
}


class Bench:
    """A running server beside OpenAI's description and its own."""

    def __init__(self, client: httpx.Client, description: Description) -> None:
        self._client = client
        self._description = description
        self.own = OwnDescription(client.get("/openapi.json").json())
        self._maker = Maker(client)

    def measure(self, operation: Operation) -> Measured:
        """One operation, with everything that its requests may hold."""
        measured = Measured(operation.name, operation.family, self.own.route(operation.method, operation.path))
        plain_name = operation.name.partition("?")[0]
        response = self._send(operation, self._good_request(operation))
        for _ in range(_TOO_LATE if plain_name.endswith("/cancel") else 0):
            if response.status_code == 400:
                response = self._send(operation, self._good_request(operation))
        measured.offered = response.status_code == 200
        if not measured.offered:
            measured.refusal = f"{response.status_code}: {self._refusal(response, measured)}"
            return measured
        measured.answer = self._check(operation, response, measured)
        if plain_name == operation.name:  # what a beta variant may hold is read by the same code
            measured.parameters = [self._measure_parameter(operation, item, measured) for item in operation.parameters]
        return measured

    def _good_request(self, operation: Operation) -> Request:
        path = operation.path.partition("?")[0]
        try:
            return GOOD_REQUESTS[operation.name.partition("?")[0]](self._maker)
        except UnpreparedError:
            return Request(path, body={} if operation.method == "post" else None)

    def refuses_clearly(self, operation: Operation) -> bool:
        """Whether an operation of another family answers 404 in OpenAI's shape."""
        response = self._send(operation, Request(operation.path, body={} if operation.method == "post" else None))
        return response.status_code in {404, 405} and not self._description.faults(response.json(), _ERROR)

    def _measure_parameter(self, operation: Operation, parameter: Parameter, measured: Measured) -> ParameterMeasured:
        taken: list[Any] = []
        repeated = False
        refused: dict[str, list[Any]] = {}
        for value in self._values(operation, parameter):
            response = self._send(operation, self._request_with(operation, parameter, value))
            if response.status_code == 200:
                taken.append(value)
                self._check(operation, response, measured)
                repeated = _repeats(response, parameter.name, value)
            else:
                reason = self._refusal(response, measured).removeprefix(f"{parameter.name}: ")
                refused.setdefault(reason, []).append(value)
        reasons = "; ".join(f"{shown(values)}: {reason}" for reason, values in refused.items())
        if not taken:
            return ParameterMeasured(parameter.name, "refused", "; ".join(refused))
        declared = parameter.name in self.own.declared(operation.method, operation.path)
        if refused:
            return ParameterMeasured(parameter.name, "in part", f"not {reasons}")
        if declared:
            return ParameterMeasured(parameter.name, "taken")
        return ParameterMeasured(parameter.name, "ignored", "repeated in the answer" if repeated else "")

    def _request_with(self, operation: Operation, parameter: Parameter, value: Any) -> Request:
        request = GOOD_REQUESTS[operation.name](self._maker)
        if parameter.name in (request.files or {}) or parameter.name == "part_ids":
            return request  # a good request has it already
        if parameter.name in {"after", "before"}:
            answer = self._send(operation, request).json()
            assert answer["data"], f"{operation.name} lists nothing: {answer}"
            value = answer["data"][-1]["id"]
        for name, needed in BESIDE.get((operation.name, parameter.name), {}).items():
            request = request.having(name, needed, "body")
        return request.having(parameter.name, value, parameter.place)

    def _values(self, operation: Operation, parameter: Parameter) -> list[Any]:
        particular = particular_values(operation.name, parameter.name, self._maker)
        return values_of(self._description, parameter.schema) if particular is None else particular

    def _check(self, operation: Operation, response: httpx.Response, measured: Measured) -> str:
        """Notes what is wrong with a good answer; says in words what it is."""
        name = operation.name.partition("?")[0]
        kind = response.headers.get("content-type", "").partition(";")[0]
        if kind == "text/event-stream":
            schema = operation.answer_schema(kind) or _EVENTS_ELSEWHERE.get(name)
            for event in _events(response.text):
                measured.events[str(event.get("type", "chunk"))] += 1
                plain = self._without_additions(event, measured)
                if name == "POST /completions":  # its chunks are not described; all but the last are not finished
                    plain["choices"] = [
                        {**one, "finish_reason": one["finish_reason"] or "stop"} for one in plain["choices"]
                    ]
                self._note(measured, plain, schema)
            return "events"
        if kind != "application/json":
            return "the bytes of the file"
        schema = operation.answer_schema()
        if schema is None:
            return "not described"
        answer = response.json()
        plain = self._without_additions(answer, measured)
        if name == "GET /chat/completions/{completion_id}/messages":
            plain["data"] = [{**item, "role": "assistant"} for item in plain["data"]]  # the schema has no other role
        self._note(measured, plain, schema)
        fields, required = self._description.fields(schema)
        there = [field for field in fields if field in answer]
        title = schema.get("$ref", "").rpartition("/")[2] or "object"
        optional = len(there) - len(required & set(there))
        return (
            f"`{title}`: {len(required & set(there))} of {len(required)} required fields, "
            f"{optional} of {len(fields) - len(required)} others"
        )

    def _without_additions(self, answer: Any, measured: Measured) -> Any:
        """An answer without what ibid adds on purpose, and with vectors as numbers.

        The description has neither citations of files in chat nor vectors in base64; the clients read both.
        """
        if isinstance(answer, list):
            return [self._without_additions(item, measured) for item in answer]
        if not isinstance(answer, dict):
            return answer
        plain = {key: self._without_additions(value, measured) for key, value in answer.items() if key != "ibid"}
        if isinstance(plain.get("embedding"), str):
            plain["embedding"] = np.frombuffer(base64.b64decode(plain["embedding"]), "<f4").tolist()
        if plain.get("role") == "assistant" and "content" in plain and "annotations" in plain and "type" not in plain:
            for annotation in plain["annotations"]:
                self._note(measured, annotation, _FILE_CITATION)
            plain["annotations"] = []
        return plain

    def _note(self, measured: Measured, answer: Any, schema: Json | None) -> None:
        for fault in self._description.faults(answer, schema) if schema is not None else []:
            measured.note(fault)

    def _refusal(self, response: httpx.Response, measured: Measured) -> str:
        body = response.json()
        self._note(measured, body, _ERROR)
        if response.status_code >= 500:
            measured.note(f"answers {response.status_code}: {body['error']['message']}")
        return without_ids(str(body.get("error", body).get("message", body)))

    def _send(self, operation: Operation, request: Request) -> httpx.Response:
        query = dict(request.query)
        if operation.path.endswith("?beta=true"):
            query["beta"] = "true"
        form = request.files is not None
        return self._client.request(
            operation.method,
            f"/v1{request.path.partition('?')[0]}",
            params={key: _in_query(value) for name, part in query.items() for key, value in _bracketed(name, part)},
            json=None if form else request.body,
            data=_flat(request.body or {}) if form else None,
            files=request.files,
        )


def _repeats(response: httpx.Response, name: str, value: Any) -> bool:
    """Whether an answer says again what was asked."""
    if response.headers.get("content-type", "").partition(";")[0] != "application/json":
        return False
    answer = response.json()
    said = answer.get(name) if isinstance(answer, dict) else None
    return said == value or (isinstance(said, dict) and isinstance(value, dict) and said.items() >= value.items())


def _events(text: str) -> list[Json]:
    lines = [line.removeprefix("data:").strip() for line in text.splitlines() if line.startswith("data:")]
    return [json.loads(line) for line in lines if line != "[DONE]"]


def _bracketed(name: str, value: Any) -> list[tuple[str, Any]]:
    """An object in a query, as the official clients send it."""
    return [(f"{name}[{key}]", inner) for key, inner in value.items()] if isinstance(value, dict) else [(name, value)]


def _in_query(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _flat(fields: Json) -> dict[str, str]:
    """A form's fields: objects in brackets, as the official clients send them."""
    flat: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, dict):
            flat |= {f"{name}[{key}]": str(item) for key, item in value.items()}
        else:
            flat[name] = str(value)
    return flat
