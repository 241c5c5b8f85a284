"""Answers in the shapes of POST /v1/chat/completions."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kb.records import Answer, AnswerStatus, Claimed
from serving.answer_json import answer_as_json, citation_as_json, claim_as_json
from serving.http.answers.annotations import annotations_of

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """What all parts of one response have in common."""

    model: str
    show_withheld: bool = False  # the words that a strict collection kept back, too
    metadata: dict[str, str] | None = None
    tells_usage: bool = False  # in a chunk of its own after the last one; then all others say that it is none yet
    waits: bool = False  # for JSON: a refusal stands where programs look for one, and not where they look for JSON
    seal: Callable[[Answer], str] | None = None  # by which an answer that is not kept can be kept after all
    id: str = field(default_factory=lambda: f"chatcmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answer: Answer, usage: Json) -> Json:
        """The response that is not streamed."""
        refused = self.waits and answer.status is AnswerStatus.REFUSED
        message = {
            "role": "assistant",
            "content": None if refused or (answer.calls and not answer.text) else answer.text,
            "refusal": answer.text if refused else None,
            "annotations": annotations_of(answer),
            **({"tool_calls": tool_calls_of(answer)} if answer.calls else {}),
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": finish_reason(answer)}
        told = answer_as_json(answer, show_withheld=self.show_withheld)
        return {
            "id": self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": self.model,
            "choices": [choice],
            "usage": usage,
            **({} if self.metadata is None else {"metadata": self.metadata}),
            "ibid": told if self.seal is None else {**told, "seal": self.seal(answer)},
        }

    def opening(self) -> list[Json]:
        """The first chunk: nothing but the role, so that a client knows that it is being answered."""
        return [self._chunk({"role": "assistant", "content": ""})]

    def sentence(self, claimed: Claimed, *, refused: bool = False) -> Json:
        """The chunk of one released sentence."""
        chunk = self._chunk({"refusal" if refused else "content": claimed.claim.text})
        chunk["ibid"] = sentence_as_json(claimed)
        return chunk

    def closing(self, answer: Answer, whole: Json) -> Json:
        """The last chunk, with annotations and the answer as its `whole` completion tells it."""
        delta: Json = {"annotations": whole["choices"][0]["message"]["annotations"]}
        if answer.calls:
            delta["tool_calls"] = [{"index": place, **call} for place, call in enumerate(tool_calls_of(answer))]
        chunk = self._chunk(delta, finish_reason(answer))
        chunk["ibid"] = whole["ibid"]
        return chunk

    def usage(self, usage: Json) -> Json:
        """The chunk after the last one, for those who ask for it."""
        return {**self._chunk({}), "choices": [], "usage": usage}

    def _chunk(self, delta: Json, finish_reason: str | None = None) -> Json:
        return {
            "id": self.id,
            "object": "chat.completion.chunk",
            "created": self.created,
            "model": self.model,
            "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}],
            **({"usage": None} if self.tells_usage else {}),
        }


def sentence_as_json(claimed: Claimed) -> Json:
    """A released sentence, with the citations that no earlier one had."""
    return {
        "claim": claim_as_json(claimed.claim),
        "citations": [citation_as_json(citation) for citation in claimed.citations],
    }


def finish_reason(answer: Answer) -> str:
    """Why the answer ends where it does."""
    if answer.calls:
        return "tool_calls"
    return "length" if answer.cut else "stop"


def tool_calls_of(answer: Answer) -> list[Json]:
    """The calls that the model wants made."""
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in answer.calls
    ]
