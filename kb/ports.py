"""The five places where a part can be exchanged. Nothing else in ibid is abstract.

Each port has a real part and a scripted fake, and one shared test suite that both pass (tests/ports/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from kb.records import EmbeddingSpace, Turn, Verdict

Vectors = NDArray[np.float32]
Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
JsonSchema = Mapping[str, Any]


class Embedder(Protocol):
    """Turns text into unit vectors of one embedding space."""

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes."""
        ...

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`."""
        ...

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1."""
        ...

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in this model, special tokens not counted."""
        ...


class ChatModel(Protocol):
    """A language model that streams text."""

    @property
    def name(self) -> str:
        """The model's name as answers report it."""
        ...

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        """Pieces of the reply as they come. Closing the iterator stops the model call.

        Args:
            system: the instructions.
            turns: the conversation, the oldest turn first.
            max_tokens: of the reply; the settings' number where it is None.
            schema: a JSON schema that the reply should follow. A server that cannot hold a reply to a schema is asked
                without one: whoever reads the reply must check it all the same.

        Raises:
            ModelError: the model failed, refused or went silent, before or in the middle of the reply.
        """
        ...


class Reranker(Protocol):
    """Scores passages against a question, better and slower than the first search."""

    def rerank(self, question: str, passages: Sequence[str]) -> Scores:
        """Shape (len(passages),), float32; higher is better."""
        ...


class VectorIndex(Protocol):
    """Finds the nearest vectors by inner product. Ids are passage numbers of the catalog."""

    def __len__(self) -> int: ...

    def add(self, ids: Ids, vectors: Vectors) -> None:
        """Adds vectors of shape (n, dimension) under ids of shape (n,). Ids already present are replaced."""
        ...

    def remove(self, ids: Ids) -> None:
        """Removes what is present of `ids`; the others are passed over."""
        ...

    def search(self, vector: Vectors, k: int, allowed: Ids | None = None) -> tuple[Ids, Scores]:
        """At most `k` ids and scores, best first; only among `allowed` where given."""
        ...


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verifier's word on one claim. `confidence` is 0 to 1: how sure it is of the verdict."""

    verdict: Verdict
    why: str
    confidence: float = 1.0


class Verifier(Protocol):
    """Says how far quotes bear a sentence out."""

    def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
        """Judges `sentence` (without its markers) against the words it cites, and nothing else."""
        ...
