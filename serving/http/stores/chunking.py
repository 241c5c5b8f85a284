"""OpenAI's `chunking_strategy`: how long passages may be. Where they are cut, the documents' own structure says.

An overlap is there so that no passage is read without the words around it. Passages of ibid stay disjoint, so that each
citation is one place, and an answer reads them joined with their neighbours instead: an overlap is taken and told, and
changes nothing.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from kb.records import MOST_PASSAGE_TOKENS
from serving.http.bodies import JsonBody


class AutoChunking(JsonBody):
    """As ibid always does."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["auto"]


class ChunkSizes(JsonBody):
    """Sizes in tokens, within OpenAI's own bounds."""

    model_config = ConfigDict(extra="forbid")

    max_chunk_size_tokens: int = Field(ge=100, le=4096)
    chunk_overlap_tokens: int = Field(ge=0)

    @field_validator("chunk_overlap_tokens")
    @classmethod
    def _at_most_half(cls, overlap: int, info: ValidationInfo) -> int:
        size = info.data.get("max_chunk_size_tokens")  # absent where it was wrong itself
        if size is not None and 2 * overlap > size:
            message = f"{overlap} is more than half of max_chunk_size_tokens, which is {size}"
            raise PydanticCustomError("overlap_too_large", "{message}", {"message": message})
        return overlap


class StaticChunking(JsonBody):
    """With sizes that the client names."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["static"]
    static: ChunkSizes


ChunkingStrategy = Annotated[AutoChunking | StaticChunking, Field(discriminator="type")]


class Sizes(NamedTuple):
    """What was asked for, as a job keeps it and a file tells it."""

    passage_tokens: int
    overlap_tokens: int


def sizes_of(strategy: AutoChunking | StaticChunking | None) -> Sizes:
    """The sizes that a strategy asks for; by default those that ibid's own passages have."""
    if not isinstance(strategy, StaticChunking):
        return Sizes(MOST_PASSAGE_TOKENS, 0)
    return Sizes(strategy.static.max_chunk_size_tokens, strategy.static.chunk_overlap_tokens)


def chunking_json(sizes: Sizes) -> dict[str, Any]:
    """What was asked for, in OpenAI's shape."""
    asked = {"max_chunk_size_tokens": sizes.passage_tokens, "chunk_overlap_tokens": sizes.overlap_tokens}
    return {"type": "static", "static": asked}
