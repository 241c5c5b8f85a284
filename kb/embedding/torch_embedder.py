"""The embedder over sentence-transformers itself: for models that cannot be exported, and the measure of all others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kb.embedding.hub import place_to_load
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
        vector: Vectors = self._encode([text], self._facts.query_prefix)[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in this model, special tokens not counted."""
        if not texts:
            return []
        # verbose: transformers would warn of texts longer than the window, which are meant to be counted.
        tokens = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(row) for row in tokens["input_ids"]]

    def _encode(self, texts: list[str], prefix: str) -> Vectors:
        # prompt=prefix: pooling may have to leave the prefix out. normalize: not every model does it itself.
        vectors = self._model.encode(
            texts, prompt=prefix, batch_size=_BATCH, normalize_embeddings=True, show_progress_bar=False
        )
        return np.asarray(vectors, dtype=np.float32)


def load_sentence_transformer(source: ModelSource, *, to_export: bool = False) -> Any:
    """The model in float32 as sentence-transformers loads it, on its own choice of device or, `to_export`, on the CPU.

    Raises:
        ModelError: it cannot be loaded or fetched.
    """
    place = str(source.folder) if source.folder else place_to_load(source.name)
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    # A bar for files that load within a second, in the midst of our own lines.
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    arguments: dict[str, Any] = {"dtype": "float32"}
    if to_export:
        # Attention written out in full: runtimes recognise it and fuse it themselves, better than torch's fused kind.
        arguments["attn_implementation"] = "eager"
    try:
        return SentenceTransformer(
            place,
            device="cpu" if to_export else None,
            trust_remote_code=False,
            model_kwargs=arguments,
        ).eval()
    except Exception as error:  # the loader raises OSError, ValueError, KeyError, ImportError and its own kinds
        raise ModelError(
            f"cannot load the embedding model {source.name}",
            str(error).partition("\n")[0] or type(error).__name__,
            "Check that the folder is complete: save_pretrained of sentence-transformers writes all that it needs",
        ) from error
