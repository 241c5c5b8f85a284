"""POST /v1/embeddings: the embedder that the collections are made with."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Sequence
from typing import Any, Literal

from fastapi import APIRouter, Request
from pydantic import ConfigDict, Field

from kb.ports import Embedder, Vectors
from serving.http.bodies import JsonBody, JsonRoute
from serving.http.declared import WITHOUT_EFFECT
from serving.http.errors import ApiError, unsupported
from serving.http.state import services_of

router = APIRouter(route_class=JsonRoute)

_MOST_TEXTS = 2048  # OpenAI's own limit
_NAMES = frozenset({"ibid", "ibid-embedding"})  # stand for whatever embedder is set
_TOKENS_REFUSED = (
    "token numbers belong to another model's tokenizer; send text. "
    "LangChain does with OpenAIEmbeddings(check_embedding_ctx_length=False)"
)


class EmbeddingRequest(JsonBody):
    """Texts to embed."""

    model_config = ConfigDict(extra="forbid")

    model: str
    input: str | list[str] | list[int] | list[list[int]]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(default=None, ge=1)
    user: str | None = Field(default=None, json_schema_extra=WITHOUT_EFFECT)


@router.post("/v1/embeddings")
async def create_embeddings(request: Request, asked: EmbeddingRequest) -> dict[str, Any]:
    """A unit vector for each text, in order."""
    texts = _texts(asked.input)
    vectors, tokens, name = await asyncio.to_thread(_embed, request, asked, texts)
    written = _base64 if asked.encoding_format == "base64" else _numbers
    data = [{"object": "embedding", "index": index, "embedding": written(row)} for index, row in enumerate(vectors)]
    return {
        "object": "list",
        "data": data,
        "model": name,
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _embed(request: Request, asked: EmbeddingRequest, texts: Sequence[str]) -> tuple[Vectors, int, str]:
    embedder = services_of(request).collections.embedder
    _check(asked, embedder)
    return embedder.embed_passages(texts), sum(embedder.count_tokens(texts)), embedder.space.model


def _texts(given: str | list[str] | list[int] | list[list[int]]) -> list[str]:
    texts = [given] if isinstance(given, str) else given
    if not texts:
        raise ApiError(400, "input is empty", code="invalid_value", param="input")
    if len(texts) > _MOST_TEXTS:
        raise ApiError(400, f"input has {len(texts)} texts, {_MOST_TEXTS} are the most", param="input")
    plain: list[str] = []
    for text in texts:
        if not isinstance(text, str):
            raise unsupported("input", f"input: {_TOKENS_REFUSED}")
        if not text.strip():
            raise ApiError(400, "input: a text is empty", code="invalid_value", param="input")
        plain.append(text)
    return plain


def _check(asked: EmbeddingRequest, embedder: Embedder) -> None:
    space = embedder.space
    known = {*_NAMES, space.model, space.model.rpartition("/")[2]}
    if asked.model not in known:
        message = f"the embedding model {asked.model!r} does not exist; there are: {', '.join(sorted(known))}"
        raise ApiError(404, message, code="model_not_found", param="model")
    if asked.dimensions not in {None, space.dimension}:
        message = f"dimensions: vectors of {space.model} have {space.dimension} dimensions and cannot be shortened"
        raise unsupported("dimensions", message)


def _numbers(vector: Vectors) -> list[float]:
    return [float(number) for number in vector]


def _base64(vector: Vectors) -> str:
    """Little-endian 32-bit floats, as OpenAI's clients expect them."""
    return base64.b64encode(vector.astype("<f4").tobytes()).decode("ascii")
