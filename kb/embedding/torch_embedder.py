"""The embedder over sentence-transformers itself: for models that cannot be exported, and the measure of all others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kb.embedding.graph_embedder import to_unit_length
from kb.embedding.hub import place_to_load
from kb.embedding.manifest import ModelFacts
from kb.embedding.sources import ModelSource
from kb.errors import ModelError
from kb.ports import Vectors
from kb.records import EmbeddingSpace

_CPU_BATCH = 32  # texts: more only pad more
_GPU_BATCH = 256  # texts: enough to fill a large GPU with passages of 200 tokens; the library sorts them by length


class TorchEmbedder:
    """Implements `kb.ports.Embedder` with `SentenceTransformer.encode`."""

    def __init__(self, facts: ModelFacts, model: Any) -> None:
        self._facts = facts
        self._space = facts.space
        self._model = model
        self._batch = _GPU_BATCH if str(getattr(model, "device", "cpu")).startswith("cuda") else _CPU_BATCH

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes."""
        return self._space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`."""
        if not texts:
            return np.zeros((0, self._facts.dimension), dtype=np.float32)
        return self._encode(self._model.encode_document, list(texts), self._facts.passage_prefix)

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1."""
        vector: Vectors = self._encode(self._model.encode_query, [text], self._facts.query_prefix)[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in this model, special tokens not counted."""
        if not texts:
            return []
        # verbose: transformers would warn of texts longer than the window, which are meant to be counted.
        tokens = self._model.tokenizer(list(texts), add_special_tokens=False, truncation=False, verbose=False)
        return [len(row) for row in tokens["input_ids"]]

    def _encode(self, encode: Callable[..., Any], texts: list[str], prefix: str) -> Vectors:
        # prompt=prefix: pooling may have to leave the prefix out. normalize: not every model does it itself.
        vectors = encode(
            texts,
            prompt=prefix,
            batch_size=self._batch,
            truncate_dim=self._facts.dimension,
            normalize_embeddings=True,
            show_progress_bar=False,
        )
        return to_unit_length(np.asarray(vectors, dtype=np.float32))  # in bfloat16 it was rounded


def load_sentence_transformer(source: ModelSource, *, to_export: bool = False, device: str | None = None) -> Any:
    """The model in float32 as sentence-transformers loads it.

    Args:
        source: where it is.
        to_export: on the CPU, with attention written out in full.
        device: cpu or cuda; None leaves the choice to sentence-transformers.

    Raises:
        ModelError: it cannot be loaded or fetched.
    """
    place = str(source.folder) if source.folder else place_to_load(source)
    from sentence_transformers import SentenceTransformer

    quieten()
    arguments: dict[str, Any] = {"dtype": "float32"}
    if to_export:
        # Attention written out in full: runtimes recognise it and fuse it themselves, better than torch's fused kind.
        arguments["attn_implementation"] = "eager"
    try:
        return SentenceTransformer(
            place,
            device="cpu" if to_export else device,
            trust_remote_code=False,
            model_kwargs=arguments,
        ).eval()
    except Exception as error:  # the loader raises OSError, ValueError, KeyError, ImportError and its own kinds
        raise loading_error(error, source) from error


def quieten() -> None:
    """No bars for files that load within a second, in the midst of our own lines."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped


def loading_error(error: Exception, source: ModelSource) -> ModelError:
    """What a failed loading means."""
    reason = str(error).partition("\n")[0] or type(error).__name__
    if "trust_remote_code" in str(error):
        return ModelError(
            f"cannot load the {source.section}'s model {source.name}",
            "it brings program code of its own, which ibid does not run",
            f"Serve it with vLLM or TEI and set {source.section}.base_url, or choose another model",
        )
    return ModelError(
        f"cannot load the {source.section}'s model {source.name}",
        reason,
        "Check that the folder is complete: save_pretrained of sentence-transformers writes all that it needs",
    )
