"""A response as OpenAI's API has it, at every moment of its life."""

from __future__ import annotations

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from kb.records import Answer, AnswerStatus, SearchResult
from serving.answer_json import answer_as_json
from serving.http.answers.annotations import annotations_of
from serving.http.answers.asking import Usage
from serving.http.errors import error_body
from serving.http.responses.function_calls import call_items
from serving.http.responses.items import response_id_of
from serving.http.responses.request import ResponseRequest
from serving.http.responses.search_results import results_of

Json = dict[str, Any]

_TOKEN_BYTES = 24  # nobody guesses the id of another's response


@dataclass(frozen=True, slots=True)
class ResponseShape:
    """What all states of one response have in common."""

    asked: ResponseRequest
    store: bool
    token: str = field(default_factory=lambda: secrets.token_hex(_TOKEN_BYTES))
    created: int = field(default_factory=lambda: int(time.time()))

    @property
    def id(self) -> str:
        """The response's id."""
        return response_id_of(self.token)

    def begun(self) -> Json:
        """The response before anything of it is there."""
        return self._response("in_progress", [])

    def finished(self, answer: Answer, searched: SearchResult, usage: Usage) -> Json:
        """The whole response, with the passages that were read as results of its search."""
        refused = self.asked.form is not None and answer.status is AnswerStatus.REFUSED
        part = refusal_part(answer.text) if refused else text_part(answer.text, annotations_of(answer))
        status = "incomplete" if answer.cut else "completed"
        output = [
            search_call(self.token, "completed", [searched.question], results_of(answer.looked_at)),
            *([message(self.token, status, [part])] if answer.text or not answer.calls else []),
            *call_items(self.token, answer.calls),
        ]
        return {
            **self._response(status, output),
            "incomplete_details": {"reason": "max_output_tokens"} if answer.cut else None,
            "completed_at": None if answer.cut else int(time.time()),
            "usage": {
                "input_tokens": usage.prompt,
                "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
                "output_tokens": usage.completion,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": usage.prompt + usage.completion,
            },
            "ibid": answer_as_json(answer, show_withheld=self.asked.ibid.show_withheld),
        }

    def failed(self, error: BaseException) -> Json:
        """The response that did not come about."""
        return failed_body(self.begun(), error)

    def _response(self, status: str, output: Sequence[Json]) -> Json:
        asked = self.asked
        return {
            "id": self.id,
            "object": "response",
            "created_at": self.created,
            "status": status,
            "completed_at": None,
            "background": bool(asked.background),
            "error": None,
            "incomplete_details": None,
            "instructions": asked.instructions,
            "max_output_tokens": asked.max_output_tokens,
            "model": asked.model,
            "output": list(output),
            "parallel_tool_calls": asked.parallel_tool_calls is not False,
            "previous_response_id": asked.previous_response_id,
            "conversation": {"id": asked.conversation_id} if asked.conversation_id else None,
            "reasoning": {"effort": None, "summary": None, **(asked.reasoning or {})},
            "store": self.store,
            "temperature": 1.0 if asked.temperature is None else asked.temperature,
            "text": _text_options(asked),
            "tool_choice": asked.tool_choice or "auto",
            "tools": [tool.as_json() for tool in asked.tools],
            "top_p": 1.0 if asked.top_p is None else asked.top_p,
            "truncation": asked.truncation or "disabled",
            "safety_identifier": asked.safety_identifier,
            "metadata": asked.metadata or {},
            **({} if asked.user is None else {"user": asked.user}),
        }


def text_part(text: str, annotations: list[Json]) -> Json:
    """The part of a message that holds the answer."""
    return {"type": "output_text", "text": text, "annotations": annotations, "logprobs": []}


def refusal_part(text: str) -> Json:
    """The part of a message that says, beside JSON that was asked for, why there is none."""
    return {"type": "refusal", "refusal": text}


def _text_options(asked: ResponseRequest) -> Json:
    text = asked.text
    wanted = (text.format if text is not None else None) or {"type": "text"}
    if wanted["type"] == "json_schema":
        wanted = {"strict": False, **wanted}
    return {"format": wanted, "verbosity": (text.verbosity if text is not None else None) or "medium"}


def failed_body(begun: Json, error: BaseException) -> Json:
    """`begun` as a response that failed with `error`."""
    status, body = error_body(error)
    code = "rate_limit_exceeded" if status == 429 else "server_error" if status >= 500 else "invalid_prompt"
    return {**begun, "status": "failed", "error": {"code": code, "message": body["error"]["message"]}}


def search_call(token: str, status: str, queries: Sequence[str], results: list[Json] | None = None) -> Json:
    """The item that tells what was searched for."""
    return {
        "id": f"fs_{token}",
        "type": "file_search_call",
        "status": status,
        "queries": list(queries),
        "results": results,
    }


def message(token: str, status: str, content: list[Json]) -> Json:
    """The item that holds the answer."""
    return {"id": f"msg_{token}", "type": "message", "status": status, "role": "assistant", "content": content}


def without_results(body: Json) -> Json:
    """The response as those see it who did not ask for the passages that were read."""
    output = [{**item, "results": None} if item["type"] == "file_search_call" else item for item in body["output"]]
    return {**body, "output": output}
