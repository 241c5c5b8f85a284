"""The embedder over HTTP: a server with OpenAI's embeddings API (vLLM, TEI, llama.cpp) runs the model."""

from __future__ import annotations

import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from kb.embedding.exporting import family_prefixes
from kb.embedding.graph_embedder import to_unit_length
from kb.embedding.manifest import ModelFacts
from kb.embedding.overrides import overridden
from kb.errors import ModelError, SettingsError
from kb.model_server import ModelServer
from kb.ports import Vectors
from kb.records import EmbeddingSpace
from kb.settings import EmbedderSettings

_BATCH = 32  # texts in a request: TEI's default limit
_CALLS = 4  # requests under way at once: the server fills its own batches from them, and never waits for our JSON

# What the server's weights are, it does not say; by this revision its vectors are never taken for a local model's.
_REVISION = "served"


def open_served(settings: EmbedderSettings) -> ServedEmbedder:
    """The embedder behind `embedder.base_url`. Asks it for one vector, to know how many dimensions there are.

    Raises:
        SettingsError: no model is named, or a setting does not fit it.
        ModelError: the server cannot be reached or refuses.
    """
    if settings.model == "packaged":
        raise SettingsError(
            "setting embedder.base_url is given without embedder.model",
            advice="Set embedder.model to a name that the server lists under /v1/models",
        )
    server = ModelServer("embedder", settings.base_url, settings.api_key, settings.timeout_seconds)
    dimension = _ask(server, settings.model, ["a"]).shape[1]
    query, passage = family_prefixes(settings.model)
    facts = ModelFacts(settings.model, _REVISION, dimension, "served", 0, 0, query, passage)
    return ServedEmbedder(overridden(facts, settings), server)


class ServedEmbedder:
    """Implements `kb.ports.Embedder` with `POST {base_url}/embeddings`. Safe to use from several threads."""

    def __init__(self, facts: ModelFacts, server: ModelServer) -> None:
        self._facts = facts
        self._space = facts.space
        self._server = server

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes."""
        return self._space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`.

        Raises:
            ModelError: the server failed, or gave something else than a vector for each text.
        """
        if not texts:
            return np.zeros((0, self._facts.dimension), dtype=np.float32)
        prefixed = [self._facts.passage_prefix + text for text in texts]
        batches = [prefixed[start : start + _BATCH] for start in range(0, len(prefixed), _BATCH)]
        if len(batches) == 1:
            return self._embed(batches[0])
        with ThreadPoolExecutor(_CALLS, "embed") as calls:
            return np.concatenate(list(calls.map(self._embed, batches)))

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1. Raises as `embed_passages`."""
        vector: Vectors = self._embed([self._facts.query_prefix + text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """About how many tokens each text takes: there is no common way to ask a server for it.

        A Chinese character or a sign counts as one, a Latin word as one for every five letters: rather too many.
        """
        return [sum(-(-len(piece) // 5) for piece in _PIECE.findall(text)) for text in texts]

    def _embed(self, texts: list[str]) -> Vectors:
        # Some servers refuse an empty text; a space says as little.
        vectors = _ask(self._server, self._facts.name, [text or " " for text in texts])
        if vectors.shape[1] < self._facts.dimension:
            raise ModelError(
                f"the embedder's server gave vectors of {vectors.shape[1]} dimensions instead of at least "
                f"{self._facts.dimension}",
                "its model was changed",
                "Serve the model that embedder.model names, or start again and change collections with `ibid reembed`",
            )
        return to_unit_length(vectors[:, : self._facts.dimension])


_PIECE = re.compile(r"[A-Za-z0-9À-ɏ]+|[^\s]")


def _ask(server: ModelServer, model: str, texts: list[str]) -> Vectors:
    answer = server.post("/embeddings", {"model": model, "input": texts, "encoding_format": "float"})
    try:
        return _read(answer, len(texts))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise ModelError("the embedder's server gave no usable vectors", str(error) or type(error).__name__) from error


def _read(answer: Any, count: int) -> Vectors:
    rows: list[Any] = [None] * count
    for item in answer["data"]:
        rows[range(count)[item["index"]]] = item["embedding"]
    vectors = np.array(rows, dtype=np.float32)
    if vectors.ndim != 2 or not np.isfinite(vectors).all() or not np.linalg.norm(vectors, axis=1).all():
        raise ValueError("a text has no vector, or one that points nowhere")
    return vectors
