"""Embedding on a GPU, through torch: in bfloat16 where that gives the same vectors, else in float32."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from kb.embedding.kinds import EMBEDDERS, ModelKind
from kb.embedding.manifest import ModelFacts
from kb.embedding.sources import ModelSource
from kb.embedding.torch_embedder import TorchEmbedder, load_sentence_transformer
from kb.ports import Embedder, Vectors
from kb.records import EmbeddingSpace

# Fewer texts than this are embedded on the CPU where it is ready: moving a model to a GPU takes seconds, once.
_FEW = 64


def open_on_gpu(facts: ModelFacts, source: ModelSource, device: str = "cuda") -> TorchEmbedder:
    """The model on the GPU. Its vectors in bfloat16 are compared with those in float32 first (some seconds, once).

    Raises:
        ModelError: torch cannot load it.
    """
    model = halved_where_it_agrees(lambda: load_sentence_transformer(source, device=device), facts, EMBEDDERS)
    return TorchEmbedder(facts, model)


def halved_where_it_agrees(load: Callable[[], Any], facts: ModelFacts, kind: ModelKind) -> Any:
    """The model that `load` gives, its weights in bfloat16 where that agrees with float32 as runtimes have to.

    bfloat16 takes half the memory and runs two to sixteen times as fast, by the GPU.
    """
    import torch

    model = load()
    reference = kind.reference(model, facts)
    model.to(torch.bfloat16)
    if kind.agreement(kind.reference(model, facts), reference) >= kind.bound:
        return model
    del model  # its weights are rounded now
    return load()


class PassagesOnGpu:
    """Implements `kb.ports.Embedder`: questions on the CPU, where they take milliseconds; many passages on the GPU.

    Both give the same vectors (each was compared with torch in float32), so that they are of one space.

    Args:
        quick: for questions, counting, and a few passages.
        open_bulk: opens the one for many passages, when it is first needed.
    """

    def __init__(self, quick: Embedder, open_bulk: Callable[[], Embedder]) -> None:
        self._quick = quick
        self._open_bulk = open_bulk
        self._bulk: Embedder | None = None
        self._opening = threading.Lock()

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes."""
        return self._quick.space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`."""
        if len(texts) < _FEW and self._bulk is None:
            return self._quick.embed_passages(texts)
        with self._opening:
            if self._bulk is None:
                self._bulk = self._open_bulk()
        return self._bulk.embed_passages(texts)

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1."""
        return self._quick.embed_question(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in this model, special tokens not counted."""
        return self._quick.count_tokens(texts)
