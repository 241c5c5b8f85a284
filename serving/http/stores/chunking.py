"""OpenAI's `chunking_strategy`: how long passages may be. Where they are cut, the documents' own structure says."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from kb.records import MOST_PASSAGE_TOKENS
from serving.http.errors import unsupported


class AutoChunking(BaseModel):
    """As ibid always does."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["auto"]


class ChunkSizes(BaseModel):
    """Sizes in tokens, within OpenAI's own bounds."""

    model_config = ConfigDict(extra="forbid")

    max_chunk_size_tokens: int = Field(ge=100, le=4096)
    chunk_overlap_tokens: int = Field(ge=0)


class StaticChunking(BaseModel):
    """With sizes that the client names."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["static"]
    static: ChunkSizes


ChunkingStrategy = Annotated[AutoChunking | StaticChunking, Field(discriminator="type")]


def passage_tokens(strategy: AutoChunking | StaticChunking | None) -> int:
    """The most tokens of a passage. A larger maximum than ibid's own is kept to as well, by smaller passages.

    Raises:
        ApiError: 400, passages are to overlap.
    """
    if not isinstance(strategy, StaticChunking):
        return MOST_PASSAGE_TOKENS
    if strategy.static.chunk_overlap_tokens:
        raise unsupported(
            "chunking_strategy.static.chunk_overlap_tokens",
            "chunk_overlap_tokens must be 0: passages are parts of the document that do not overlap, so that each"
            " citation is one place; a search hands their neighbours on with them",
        )
    return min(strategy.static.max_chunk_size_tokens, MOST_PASSAGE_TOKENS)


def chunking_json(tokens: int) -> dict[str, Any]:
    """What was done, in OpenAI's shape."""
    return {"type": "static", "static": {"max_chunk_size_tokens": tokens, "chunk_overlap_tokens": 0}}
