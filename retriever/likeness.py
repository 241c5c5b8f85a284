"""How alike sentences and a question are in meaning, for whoever reads what a search has found."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np

from kb.ports import Embedder, Scores, Vectors
from retriever.remembered import RememberedVectors

_QUESTIONS = 100  # vectors kept, 150 KB: a question is read right after its search, many at once on a server


class SentenceLikeness:
    """Cosines by a searcher's embedder. Safe to use from several threads where the embedder is.

    Args:
        open_embedder: gives the embedder, the same one at each call.
    """

    def __init__(self, open_embedder: Callable[[], Embedder]) -> None:
        self._open_embedder = open_embedder
        self._lock = threading.Lock()
        self._questions: OrderedDict[str, Vectors] = OrderedDict()
        self._remembered: RememberedVectors | None = None

    def note_question(self, question: str, vector: Vectors) -> None:
        """Keeps the vector with which a question was searched, so that it is not embedded twice."""
        with self._lock:
            self._questions[question] = vector
            self._questions.move_to_end(question)
            if len(self._questions) > _QUESTIONS:
                self._questions.popitem(last=False)

    def cosines(self, question: str, sentences: Sequence[str]) -> Scores:
        """The cosine of each sentence to the question, shape (len(sentences),): -1 to 1.

        Raises:
            ModelError: the embedder failed.
        """
        embedder = self._open_embedder()
        with self._lock:
            asked = self._questions.get(question)
            if self._remembered is None:
                self._remembered = RememberedVectors(embedder)
            remembered = self._remembered
        if asked is None:
            asked = embedder.embed_question(question)
            self.note_question(question, asked)
        return np.asarray(remembered.vectors_of(sentences) @ asked, dtype=np.float32)
