"""What may stand in a request to POST /v1/chat/completions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, model_validator

from kb.chat.sampling import Sampling
from kb.chat.tools import Toolbox
from kb.records import Turn
from serving.http.answers.chat_tools import MOST_TOOLS, FunctionTool, MadeCall, toolbox_of
from serving.http.answers.ibid_options import IbidOptions
from serving.http.answers.json_forms import form_of
from serving.http.bodies import JsonBody
from serving.http.errors import ApiError, unsupported
from serving.http.metadata import Metadata
from serving.structured import JsonForm
from serving.wishes import Wishes

# They steer a model's style in ways that servers differ in, or concern OpenAI's own business.
_IGNORED = frozenset(
    {
        "logit_bias", "moderation", "prediction", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention", "reasoning_effort", "safety_identifier", "service_tier", "user", "verbosity",
    }
)  # fmt: skip
_REFUSED = {
    "functions": "functions are given as tools",
    "function_call": "functions are given as tools, and chosen by tool_choice",
    "logprobs": "ibid gives no log probabilities; see `ibid.claims` for verdicts",
    "top_logprobs": "ibid gives no log probabilities; see `ibid.claims` for verdicts",
    "audio": "ibid answers in text only",
    "web_search_options": "ibid reads its own documents only",
}
_NEUTRAL: dict[str, tuple[Any, ...]] = {  # what clients send without meaning anything by it
    "functions": ([],),
    "function_call": ("none", "auto"),
    "logprobs": (False,),
    "top_logprobs": (0,),
}
_STOP_CHARACTERS = 200  # of one sequence: a sentence; each is looked for after every one
_SEED = 2**63  # OpenAI's own range

StopSequence = Annotated[str, Field(min_length=1, max_length=_STOP_CHARACTERS)]
StopSequences = StopSequence | Annotated[list[StopSequence], Field(max_length=4)] | None  # OpenAI's own number


class ContentPart(JsonBody):
    """A part of a message. Only text is understood."""

    type: str
    text: str = ""
    refusal: str = ""


class Message(JsonBody):
    """One message of the conversation."""

    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[ContentPart] | None = None
    name: str | None = None
    tool_calls: list[MadeCall] | None = None
    tool_call_id: str | None = None

    def words(self, place: int) -> str:
        """The text of the message.

        Raises:
            ApiError: a part of it is no text.
        """
        if self.content is None or isinstance(self.content, str):
            return self.content or ""
        for number, part in enumerate(self.content):
            if part.type not in {"text", "input_text", "output_text", "refusal"}:
                raise unsupported(
                    f"messages[{place}].content[{number}].type",
                    f"content of type {part.type!r} cannot be read, only text",
                )
        return "\n".join(part.text or part.refusal for part in self.content)


class StreamOptions(JsonBody):
    """How to stream."""

    include_usage: bool = False
    include_obfuscation: bool = False  # OpenAI pads chunks against listeners on the line; loopback has none


class SampledRequest(JsonBody):
    """How a model's words are drawn, and where they end, in chat and completions alike. The ranges are OpenAI's."""

    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    seed: int | None = Field(default=None, ge=-_SEED, lt=_SEED)
    frequency_penalty: float | None = Field(default=None, ge=-2, le=2)
    presence_penalty: float | None = Field(default=None, ge=-2, le=2)
    stop: StopSequences = None

    def wishes(
        self,
        *,
        max_tokens: int | None,
        instructions: str = "",
        toolbox: Toolbox | None = None,
        form: JsonForm | None = None,
    ) -> Wishes:
        """What the request wants of the answer's form."""
        stop = (self.stop,) if isinstance(self.stop, str) else tuple(self.stop or ())
        sampling = Sampling(self.temperature, self.top_p, self.seed, self.frequency_penalty, self.presence_penalty)
        return Wishes(max_tokens, stop, instructions, sampling, toolbox, form)


class ChatRequest(SampledRequest):
    """A question with the conversation before it."""

    model_config = ConfigDict(extra="forbid")

    model: str
    messages: list[Message] = Field(min_length=1)
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    n: int | None = 1
    max_tokens: int | None = Field(default=None, ge=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    response_format: dict[str, Any] | None = None
    tools: list[FunctionTool] = Field(default_factory=list, max_length=MOST_TOOLS)
    tool_choice: str | dict[str, Any] | None = None
    parallel_tool_calls: bool | None = None
    store: bool | None = False  # whether it is kept: among the past answers (`ibid history`), and by its id
    metadata: Metadata | None = None
    ibid: IbidOptions = IbidOptions()

    @model_validator(mode="before")
    @classmethod
    def _without_what_does_not_matter(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for name, reason in _REFUSED.items():
            if given.get(name) is not None and given[name] not in _NEUTRAL.get(name, ()):
                raise unsupported(name, f"{name}: {reason}")
        _check_modalities(given)
        _check_tools(given.get("tools"))
        dropped = _IGNORED | _REFUSED.keys() | {"modalities"}
        dropped |= {"tools"} if given.get("tools") is None else set()
        return {name: value for name, value in given.items() if name not in dropped}

    @property
    def wants_usage(self) -> bool:
        """Whether a stream ends with the number of its tokens."""
        return self.stream_options is not None and self.stream_options.include_usage

    def words(self) -> str:
        """All that was said, to count it."""
        return "\n".join(message.words(place) for place, message in enumerate(self.messages))

    def instructions(self) -> str:
        """What system and developer messages want of the answer's form."""
        return "\n\n".join(
            message.words(place)
            for place, message in enumerate(self.messages)
            if message.role in {"system", "developer"}
        )

    def conversation(self) -> tuple[str, tuple[Turn, ...]]:
        """The question and the turns before it.

        Raises:
            ApiError: the last message is not the user's, or a message holds more than text.
        """
        if self.n not in {None, 1}:
            raise unsupported("n", "n: there is one answer to a question")
        last = self._place_of_question()
        turns = [
            Turn(message.role, message.words(place))
            for place, message in enumerate(self.messages[: last + 1])
            if message.role in {"user", "assistant"} and (message.content or place == last)
        ]
        return turns[-1].text, tuple(turns[:-1])

    def toolbox(self) -> Toolbox | None:
        """The tools, and the calls since the question with what came of them."""
        after = self.messages[self._place_of_question() + 1 :]
        exchange = [{"content": "", **message.model_dump(exclude_none=True)} for message in after]
        return toolbox_of(self.tools, self.tool_choice, exchange, parallel=self.parallel_tool_calls)

    def form(self) -> JsonForm | None:
        """The JSON that the answer is to be."""
        form = form_of(self.response_format, "response_format")
        if form is not None and self.tools:
            raise unsupported("response_format", "response_format: an answer as JSON calls no tools; send one of both")
        return form

    def _place_of_question(self) -> int:
        """Where the last message of the user is; only calls of tools and what came of them may follow it.

        Raises:
            ApiError: there is none, or something else follows it.
        """
        places = [place for place, message in enumerate(self.messages) if message.role == "user"]
        last = places[-1] if places else -1
        after = self.messages[last + 1 :]
        if last < 0 or (after and not _is_exchange(after)):
            raise ApiError(
                400,
                "the last message must be the user's question, or what came of the tools that were called for it",
                code="invalid_value",
                param="messages",
            )
        return last


def _is_exchange(messages: Sequence[Message]) -> bool:
    """Whether messages are calls of tools, each answered."""
    made = {call.id for message in messages if message.role == "assistant" for call in message.tool_calls or ()}
    answered = [message.tool_call_id for message in messages if message.role == "tool"]
    known = {"assistant", "tool"}
    return messages[-1].role == "tool" and made == set(answered) and all(one.role in known for one in messages)


def _check_tools(tools: Any) -> None:
    for place, tool in enumerate(tools if isinstance(tools, list) else ()):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind != "function":
            raise unsupported(f"tools[{place}].type", f"tools: {kind[:80]!r} cannot be called, only functions can")


def _check_modalities(given: dict[str, Any]) -> None:
    if given.get("modalities") not in (None, ["text"]):
        raise unsupported("modalities", "modalities: ibid answers in text only")
