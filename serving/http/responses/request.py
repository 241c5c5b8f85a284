"""What may stand in a request to POST /v1/responses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag, model_validator

from serving.answering import PASSAGES
from serving.http.answers.chat_tools import MOST_TOOLS
from serving.http.answers.ibid_options import MOST_PASSAGES, IbidOptions
from serving.http.answers.json_forms import form_of
from serving.http.bodies import JsonBody
from serving.http.declared import WITHOUT_EFFECT
from serving.http.errors import ApiError, unsupported
from serving.http.metadata import Metadata
from serving.http.responses.function_calls import FunctionTool
from serving.http.responses.items import InputItem
from serving.http.stores.vector_store_search import RankingOptions
from serving.structured import JsonForm

# Vector stores that one answer is made from. OpenAI's description names no number; each is a search of its own.
MOST_STORES = 10
RESULTS = "file_search_call.results"  # of `include`: the passages that were read

# They steer a model's style or thoughts, or concern OpenAI's own business.
_IGNORED = frozenset(
    {
        "context_management", "max_tool_calls", "moderation", "prompt_cache_key", "prompt_cache_options",
        "prompt_cache_retention", "service_tier", "stream_options",
    }
)  # fmt: skip
_REFUSED = {
    "prompt": "ibid stores no prompt templates; send the question as input",
    "top_logprobs": "ibid gives no log probabilities; see `ibid.claims` for verdicts",
}
# Of `include`: what belongs to tools that are never called here, and is therefore never in an answer.
_INCLUDED_NOTHING = frozenset(
    {
        "web_search_call.results", "web_search_call.action.sources", "message.input_image.image_url",
        "computer_call_output.output.image_url", "code_interpreter_call.outputs", "reasoning.encrypted_content",
    }
)  # fmt: skip


class FileSearch(JsonBody):
    """Which collection to search, and how."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["file_search"]
    vector_store_ids: list[str]
    max_num_results: int | None = Field(default=None, ge=1, le=MOST_PASSAGES)
    filters: dict[str, Any] | None = None
    ranking_options: RankingOptions = RankingOptions()

    @property
    def passages(self) -> int:
        """How many passages are read."""
        return self.max_num_results or PASSAGES

    def as_json(self) -> dict[str, Any]:
        """The tool as responses repeat it."""
        return {
            "type": "file_search",
            "vector_store_ids": self.vector_store_ids,
            "max_num_results": self.passages,
            "ranking_options": self.ranking_options.model_dump(),
            "filters": self.filters,
        }


def _kind_of(tool: Any) -> str:
    is_function = tool.get("type") == "function" if isinstance(tool, dict) else isinstance(tool, FunctionTool)
    return "<function>" if is_function else "<file_search>"


# In brackets, so that errors can leave them out: the tag is no part of what the client sent.
Tool = Annotated[
    Annotated[FileSearch, Tag("<file_search>")] | Annotated[FunctionTool, Tag("<function>")], Discriminator(_kind_of)
]


class TextOptions(JsonBody):
    """How the answer is written."""

    format: dict[str, Any] | None = None
    verbosity: str | None = None

    def form(self) -> JsonForm | None:
        """The JSON that the answer is to be."""
        return form_of(self.format, "text.format")


class ConversationName(JsonBody):
    """A conversation by its id."""

    model_config = ConfigDict(extra="forbid")

    id: str


class ResponseRequest(JsonBody):
    """A question with what came before it."""

    model_config = ConfigDict(extra="forbid")

    model: str
    input: str | list[InputItem]
    instructions: str | None = None
    previous_response_id: str | None = None
    conversation: str | ConversationName | None = None
    store: bool | None = None  # None: where the server keeps answers
    stream: bool | None = False
    background: bool | None = False
    tools: list[Tool] = Field(default_factory=list, max_length=MOST_TOOLS)
    tool_choice: str | dict[str, Any] | None = "auto"
    parallel_tool_calls: bool | None = Field(default=True, json_schema_extra=WITHOUT_EFFECT)
    include: list[str] | None = None
    max_output_tokens: int | None = Field(default=None, ge=1)
    metadata: Metadata | None = None
    text: TextOptions | None = None
    truncation: Literal["auto", "disabled"] | None = Field(default="disabled", json_schema_extra=WITHOUT_EFFECT)
    temperature: float | None = Field(default=None, ge=0, le=2)
    top_p: float | None = Field(default=None, ge=0, le=1)
    reasoning: dict[str, Any] | None = Field(default=None, json_schema_extra=WITHOUT_EFFECT)
    user: str | None = Field(default=None, json_schema_extra=WITHOUT_EFFECT)
    safety_identifier: str | None = Field(default=None, json_schema_extra=WITHOUT_EFFECT)
    ibid: IbidOptions = IbidOptions()

    @model_validator(mode="before")
    @classmethod
    def _without_what_does_not_matter(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        for name, reason in _REFUSED.items():
            if given.get(name):
                raise unsupported(name, f"{name}: {reason}")
        _check_tools(given.get("tools"))
        dropped = _IGNORED | _REFUSED.keys()
        return {name: value for name, value in given.items() if name not in dropped and value is not None}

    @model_validator(mode="after")
    def _possible(self) -> ResponseRequest:
        if sum(isinstance(tool, FileSearch) for tool in self.tools) > 1:
            raise unsupported("tools", "tools: one answer is made from one file search")
        if self.form is not None and self.functions:
            raise unsupported("text.format", "text.format: an answer as JSON calls no functions; send one of both")
        kinds = {"auto", "required"} | {tool.type for tool in self.tools} | ({"none"} if self.functions else set())
        _check_choice(self.tool_choice, kinds)
        check_include(self.include or [])
        if self.conversation_id and self.previous_response_id:
            message = "a conversation and previous_response_id both say what came before; give one of them"
            raise ApiError(400, message, code="invalid_value", param="conversation")
        if self.background and self.store is False:
            raise unsupported("background", "background: a response in the background is asked for again; store it")
        return self

    @property
    def conversation_id(self) -> str:
        """The conversation that the response becomes part of; "" where none is named."""
        return self.conversation.id if isinstance(self.conversation, ConversationName) else self.conversation or ""

    @property
    def file_search(self) -> FileSearch | None:
        """Which collection to search, and how; None where the model's own is asked."""
        return next((tool for tool in self.tools if isinstance(tool, FileSearch)), None)

    @property
    def functions(self) -> list[FunctionTool]:
        """What the model may want called."""
        return [tool for tool in self.tools if isinstance(tool, FunctionTool)]

    @property
    def form(self) -> JsonForm | None:
        """The JSON that the answer is to be; None for text."""
        return self.text.form() if self.text is not None else None

    @property
    def wants_results(self) -> bool:
        """Whether the passages that were read are wanted."""
        return RESULTS in (self.include or [])


def check_include(wanted: list[str]) -> None:
    """Refuses what no answer can include.

    Raises:
        ApiError: 400.
    """
    for name in wanted:
        if name == "message.output_text.logprobs":
            raise unsupported("include", "include: ibid gives no log probabilities; see `ibid.claims` for verdicts")
        if name != RESULTS and name not in _INCLUDED_NOTHING:
            raise ApiError(
                400, f"include: {name[:80]!r} is not known; {RESULTS!r} is", code="invalid_value", param="include"
            )


def _check_tools(tools: Any) -> None:
    if not isinstance(tools, list):
        return
    for place, tool in enumerate(tools):
        kind = tool.get("type") if isinstance(tool, dict) else None
        if isinstance(kind, str) and kind not in {"file_search", "function"}:
            message = f"tools: {kind[:80]!r} is not a tool of ibid, which reads its own documents by file_search"
            raise unsupported(f"tools[{place}].type", message)


def _check_choice(choice: str | dict[str, Any] | None, kinds: set[str]) -> None:
    """Documents are always searched: a choice that lets them be, and calls nothing else, cannot be followed."""
    kind = choice.get("type") if isinstance(choice, dict) else choice
    if kind is None or kind in kinds or (kind == "allowed_tools" and "file_search" in kinds):
        return
    raise unsupported(
        "tool_choice", "tool_choice: every answer is made from documents; use auto, required or file_search"
    )
