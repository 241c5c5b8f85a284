"""The embedder over sentence-transformers itself: for models that cannot be exported, and what all others are held against."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kb.embedding.manifest import ModelFacts
from kb.embedding.sources import ModelSource
from kb.errors import ModelError
from kb.ports import Vectors
from kb.records import EmbeddingSpace

_BATCH = 32


class TorchEmbedder:
    """Implements `kb.ports.Embedder` with `SentenceTransformer.encode`."""

    def __init__(self, facts: ModelFacts, model: Any) -> None:
        self._facts = facts
        self._space = facts.space
        self._model = model

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes."""
        return self._space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`."""
        if not texts:
            return np.zeros((0, self._facts.dimension), dtype=np.float32)
        return self._encode(list(texts), self._facts.passage_prefix)

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1."""
        return self._encode([text], self._facts.query_prefix)[0]

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in this model, special tokens not counted."""
        return [len(self._model.tokenizer.encode(text, add_special_tokens=False)) for text in texts]

    def _encode(self, texts: list[str], prefix: str) -> Vectors:
        # prompt=prefix: pooling may have to leave the prefix out. normalize: not every model does it itself.
        vectors = self._model.encode(
            texts, prompt=prefix, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def load_sentence_transformer(source: ModelSource, device: str | None = None) -> Any:
    """The model in float32, as sentence-transformers loads it; a hub name from its local cache where it is there.

    Raises:
        ModelError: it cannot be loaded or fetched.
    """
    from sentence_transformers import SentenceTransformer

    place = str(source.folder or source.name)
    try:
        return SentenceTransformer(
            place, device=device, trust_remote_code=False, model_kwargs={"dtype": "float32", "attn_implementation": "eager"}
        ).eval()
    except Exception as error:
        raise ModelError(
            f"cannot load the embedding model {source.name}",
            str(error).splitlines()[0] if str(error) else type(error).__name__,
            "Give a folder with its files, or fetch it while the network is there",
        ) from error
