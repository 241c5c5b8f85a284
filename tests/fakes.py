"""Scripted stand-ins for the ports: they do what the script says and remember what they were asked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from kb.errors import ModelError
from kb.ports import JsonSchema, Scores, Vectors
from kb.records import EmbeddingSpace, Turn


class HashEmbedder:
    """Unit vectors from hashed words and character pairs: texts that share them are near. Needs no model."""

    def __init__(self, dimension: int = 64, model: str = "hash") -> None:
        self._space = EmbeddingSpace(model=model, revision="1", dimension=dimension)
        self.embedded: list[str] = []

    @property
    def space(self) -> EmbeddingSpace:
        return self._space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        self.embedded.extend(texts)
        return np.stack([self._vector(text) for text in texts]) if texts else np.zeros((0, self.space.dimension), "f4")

    def embed_question(self, text: str) -> Vectors:
        return self._vector(text)

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return [len(self._words(text)) for text in texts]

    def _words(self, text: str) -> list[str]:
        return re.findall(r"[a-z0-9]+|[\u3400-\u9fff]", text.lower())

    def _vector(self, text: str) -> Vectors:
        words = self._words(text)
        vector = np.zeros(self.space.dimension, dtype=np.float32)
        for feature in [*words, *map("".join, pairwise(words))]:
            digest = hashlib.blake2b(feature.encode(), digest_size=8).digest()
            vector[digest[0] % self.space.dimension] += 1.0 if digest[1] % 2 else -1.0
        length = float(np.linalg.norm(vector))
        if length == 0:
            vector[0], length = 1.0, 1.0
        return (vector / length).astype(np.float32)


class ScriptedChatModel:
    """Streams the pieces of its script, one reply for each call, and remembers the prompts."""

    name = "scripted"

    def __init__(self, *replies: Sequence[str] | ModelError) -> None:
        self.replies = list(replies)
        self.asked: list[tuple[str, tuple[Turn, ...]]] = []
        self.schemas: list[JsonSchema | None] = []
        self.closed = 0

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        self.asked.append((system, tuple(turns)))
        self.schemas.append(schema)
        reply = self.replies.pop(0)
        if isinstance(reply, ModelError):
            raise reply
        try:
            yield from reply
        finally:
            self.closed += 1


class OverlapReranker:
    """Scores a passage by the share of the question's words that it has; fails when it is told to."""

    def __init__(self, failure: ModelError | None = None) -> None:
        self.failure = failure
        self.asked: list[tuple[str, tuple[str, ...]]] = []

    def rerank(self, question: str, passages: Sequence[str]) -> Scores:
        self.asked.append((question, tuple(passages)))
        if self.failure is not None:
            raise self.failure
        wanted = self._words(question)
        shares = [len(wanted & self._words(passage)) / max(1, len(wanted)) for passage in passages]
        # A longer passage is a little worse, so that the order is never left to chance.
        return np.array([share / (1 + len(text) / 1e4) for share, text in zip(shares, passages, strict=True)], "f4")

    def _words(self, text: str) -> set[str]:
        return set(re.findall(r"[a-z0-9]+|[\u3400-\u9fff]", text.lower()))
