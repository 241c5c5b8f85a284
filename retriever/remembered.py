"""Vectors of the texts asked for last: the same passages are found and cited again and again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kb.ports import Embedder, Vectors

_MOST = 2_000  # vectors, 3 MB: the sentences of some hundred answers


class RememberedVectors:
    """An embedder's vectors, the latest kept. Safe to use from several threads where the embedder is."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._kept: OrderedDict[str, Vectors] = OrderedDict()
        self._lock = threading.Lock()

    def vectors_of(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), in their order; only those not kept are embedded.

        Each by itself, side by side: in a batch of few texts, short ones cost as much as the longest, on one core.
        """
        with self._lock:
            known = {text: self._kept[text] for text in texts if text in self._kept}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            with ThreadPoolExecutor(len(new), "likeness") as workers:
                known |= dict(zip(new, workers.map(self._embedded, new), strict=True))
        with self._lock:
            for text in texts:
                self._kept[text] = known[text]
                self._kept.move_to_end(text)
            while len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return np.stack([known[text] for text in texts])

    def _embedded(self, text: str) -> Vectors:
        vector: Vectors = self._embedder.embed_passages([text])[0]
        return vector
