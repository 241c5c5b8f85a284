"""The reranker over an exported graph: tokenizer, batches of like length, one runtime."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kb.embedding.batches import pad, plan_batches
from kb.embedding.graph_embedder import Runtime, wait_for_all
from kb.embedding.manifest import ModelFacts
from kb.ports import Scores
from kb.reranking.pairs import PairTokenizer

# Padded tokens in a batch, as for embedding: docs/decisions/0002-embedding-runtime.md.
_BATCH_TOKENS = 1024


class GraphReranker:
    """Implements `kb.ports.Reranker` over a prepared cross-encoder. Safe to use from several threads."""

    def __init__(self, facts: ModelFacts, tokenizer: PairTokenizer, runtime: Runtime) -> None:
        self._facts = facts
        self._tokenizer = tokenizer
        self._runtime = runtime

    def rerank(self, question: str, passages: Sequence[str]) -> Scores:
        """Shape (len(passages),), float32, from 0 to 1; higher is better."""
        return logistic(self.logits(question, passages))

    def logits(self, question: str, passages: Sequence[str]) -> Scores:
        """What the model itself gives: shape (len(passages),), float32."""
        scores = np.zeros(len(passages), dtype=np.float32)
        if not passages:
            return scores
        rows = self._tokenizer.encode(question, passages)
        with ThreadPoolExecutor(self._runtime.lanes, "rerank") as workers:
            wait_for_all(
                [
                    workers.submit(self._fill, scores, places, [rows[place] for place in places])
                    for places in plan_batches([len(row) for row in rows], _BATCH_TOKENS)
                ]
            )
        return scores

    def _fill(self, scores: Scores, places: list[int], rows: list[list[int]]) -> None:
        scores[places] = self._runtime.run(*pad(rows, self._facts.pad_id, self._facts.max_tokens))[:, 0]


def logistic(logits: Scores) -> Scores:
    """1 / (1 + e^-x), from 0 to 1, in the order of the logits; above about 17 float32 knows no differences."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -80, 80))), dtype=np.float32)
