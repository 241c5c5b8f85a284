"""The embedder over an exported graph: tokenizer, batches, one runtime."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol

import numpy as np

from kb.embedding.batches import Tokens, pad, plan_batches
from kb.embedding.manifest import ModelFacts
from kb.embedding.tokens import TextTokenizer
from kb.ports import Vectors
from kb.records import EmbeddingSpace

# Padded tokens in a batch: enough to keep the multipliers busy, few enough for the activations to stay in a core's
# second-level cache (measured: docs/decisions/0002-embedding-runtime.md).
_BATCH_TOKENS = 1024

# Texts tokenised and sorted at once: enough for batches of even length, bounded memory for any number of texts.
_WINDOW = 2048


class Runtime(Protocol):
    """Runs the exported graph. Must be safe to call from several threads."""

    @property
    def lanes(self) -> int:
        """How many calls gain from running at once."""
        ...

    def run(self, numbers: Tokens, mask: Tokens) -> Vectors:
        """Vectors of shape (batch, dimension), float32, for token numbers and mask of shape (batch, length)."""
        ...


class GraphEmbedder:
    """Implements `kb.ports.Embedder` over a prepared model. Safe to use from several threads."""

    def __init__(self, facts: ModelFacts, tokenizer: TextTokenizer, runtime: Runtime) -> None:
        self._facts = facts
        self._space = facts.space
        self._tokenizer = tokenizer
        self._runtime = runtime

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes."""
        return self._space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`."""
        vectors = np.zeros((len(texts), self._facts.dimension), dtype=np.float32)
        with ThreadPoolExecutor(self._runtime.lanes, "embed") as workers:
            running: list[Future[None]] = []
            for start in range(0, len(texts), _WINDOW):
                # Tokenised while the workers still run the window before.
                rows = self._encode(texts[start : start + _WINDOW], self._facts.passage_prefix)
                wait_for_all(running)
                part = vectors[start : start + _WINDOW]
                running = [
                    workers.submit(self._fill, part, places, [rows[place] for place in places])
                    for places in plan_batches([len(row) for row in rows], _BATCH_TOKENS)
                ]
            wait_for_all(running)
        return vectors

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1."""
        rows = self._encode([text], self._facts.query_prefix)
        vector: Vectors = self._finish(self._runtime.run(*self._pad(rows)))[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in this model, special tokens not counted."""
        return self._tokenizer.count(texts)

    def _encode(self, texts: Sequence[str], prefix: str) -> list[list[int]]:
        return self._tokenizer.encode([prefix + text for text in texts] if prefix else texts)

    def _pad(self, rows: list[list[int]]) -> tuple[Tokens, Tokens]:
        return pad(rows, self._facts.pad_id, self._facts.max_tokens)

    def _fill(self, vectors: Vectors, places: list[int], rows: list[list[int]]) -> None:
        vectors[places] = self._finish(self._runtime.run(*self._pad(rows)))

    def _finish(self, vectors: Vectors) -> Vectors:
        """The first `dimension` coordinates (all, or fewer of a Matryoshka model), of length 1."""
        return to_unit_length(vectors[:, : self._facts.dimension])


def wait_for_all(futures: Sequence[Future[None]]) -> None:
    """Returns when all are done; raises what the first failed one raised, after dropping those not yet begun."""
    try:
        for future in futures:
            future.result()
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def to_unit_length(vectors: Vectors) -> Vectors:
    """Rows of length 1 in float32: a graph run in bfloat16 has rounded its own normalisation."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(lengths, 1e-12), dtype=np.float32)
