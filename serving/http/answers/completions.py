"""POST /v1/completions, OpenAI's older endpoint: a prompt is a question."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ConfigDict, Field, StrictBool, model_validator

from kb.records import Answer, Claimed
from serving.answer_json import answer_as_json
from serving.http.answers.asking import Asking, begin_telling, count_usage
from serving.http.answers.chat_request import SampledRequest, StreamOptions
from serving.http.answers.chat_response import finish_reason, sentence_as_json
from serving.http.answers.completion_stream import Json, answer_streamed, answer_whole
from serving.http.answers.ibid_options import IbidOptions
from serving.http.bodies import JsonRoute
from serving.http.declared import streamed
from serving.http.errors import ApiError, unsupported
from serving.http.models import open_model
from serving.http.state import Services, services_of
from serving.http.stores.filters import read_filters

router = APIRouter(route_class=JsonRoute)

_IGNORED = frozenset({"logit_bias", "user"})
_REFUSED = {
    "suffix": "an answer is written after its question, not into a text",
    "logprobs": "ibid gives no log probabilities; see `ibid.claims` for verdicts",
    "echo": "the prompt is a question and no part of its answer",
}


class CompletionRequest(SampledRequest):
    """A question without a conversation."""

    model_config = ConfigDict(extra="forbid")

    model: str
    prompt: str | list[str] | list[int] | list[list[int]]
    stream: StrictBool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = 1
    best_of: int | None = 1
    # Not the 16 tokens that OpenAI has here unless told: no sentence ends within them.
    max_tokens: int | None = Field(default=None, ge=1)
    ibid: IbidOptions = IbidOptions()

    @model_validator(mode="before")
    @classmethod
    def _without_what_does_not_matter(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for name, reason in _REFUSED.items():
            if given.get(name) is not None and given[name] is not False:
                raise unsupported(name, f"{name}: {reason}")
        dropped = _IGNORED | _REFUSED.keys()
        return {name: value for name, value in given.items() if name not in dropped}

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the number of its tokens."""
        return self.stream_options is not None and self.stream_options.include_usage

    def question(self) -> str:
        """The one question.

        Raises:
            ApiError: there are several, or it is no text.
        """
        for name, wanted in (("n", self.n), ("best_of", self.best_of)):
            if wanted not in {None, 1}:
                raise unsupported(name, f"{name}: there is one answer to a question")
        prompts = [self.prompt] if isinstance(self.prompt, str) else self.prompt
        if not prompts:
            raise ApiError(400, "prompt is empty", code="invalid_value", param="prompt")
        if not isinstance(prompts[0], str):
            raise unsupported("prompt", "prompt: token numbers belong to another model's tokenizer; send text")
        if len(prompts) > 1:
            raise unsupported("prompt", "prompt: one request asks one question; send the others on their own")
        return prompts[0]


@dataclass(frozen=True, slots=True)
class TextCompletion:
    """What all parts of one completion have in common."""

    asked: CompletionRequest
    id: str = field(default_factory=lambda: f"cmpl-{secrets.token_hex(12)}")
    created: int = field(default_factory=lambda: int(time.time()))

    def whole(self, answer: Answer, usage: Json) -> Json:
        """The completion that is not streamed."""
        return {**self._part(answer.text, finish_reason(answer)), "usage": usage, "ibid": self._answer(answer)}

    def opening(self) -> list[Json]:
        """Nothing: there is no role to tell."""
        return []

    @property
    def waits(self) -> bool:
        """Whether nothing is shown before the answer is whole."""
        return False

    def sentence(self, claimed: Claimed, *, refused: bool = False) -> Json:  # noqa: ARG002 (as a chat's)
        """The chunk of one released sentence."""
        return {**self._chunk(claimed.claim.text), "ibid": sentence_as_json(claimed)}

    def closing(self, answer: Answer, whole: Json) -> Json:
        """The last chunk, with the answer as its `whole` completion tells it."""
        return {**self._chunk("", finish_reason(answer)), "ibid": whole["ibid"]}

    def usage(self, usage: Json) -> Json:
        """The chunk after the last one, for those who ask for it."""
        return {**self._part("", None), "choices": [], "usage": usage}

    def _answer(self, answer: Answer) -> Json:
        return answer_as_json(answer, show_withheld=self.asked.ibid.show_withheld)

    def _chunk(self, text: str, reason: str | None = None) -> Json:
        return {**self._part(text, reason), **({"usage": None} if self.asked.wants_usage else {})}

    def _part(self, text: str, reason: str | None) -> Json:
        return {
            "id": self.id,
            "object": "text_completion",
            "created": self.created,
            "model": self.asked.model,
            "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": reason}],
        }


@router.post("/v1/completions", response_model=None, responses=streamed("A checked, cited answer"))
async def complete_prompt(request: Request, asked: CompletionRequest) -> Response:
    """Answers a prompt from a collection's documents."""
    services = services_of(request)
    completion = TextCompletion(asked)
    events = begin_telling(services, _asking(services, asked), partial(_whole, services, completion))
    if asked.stream:
        return await answer_streamed(request, events, completion, wants_usage=asked.wants_usage)
    return await answer_whole(request, events)


def _asking(services: Services, asked: CompletionRequest) -> Asking:
    return Asking(
        asked.question(),
        partial(open_model, services.collections, asked.model),
        filters=read_filters(asked.ibid.filters, asked.ibid.as_of, all_versions=asked.ibid.all_versions),
        passages=asked.ibid.passages,
        wishes=asked.wishes(max_tokens=asked.max_tokens),
    )


def _whole(services: Services, completion: TextCompletion, answer: Answer) -> Json:
    return completion.whole(answer, count_usage(services, completion.asked.question(), answer).as_json())
