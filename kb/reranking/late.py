"""A reranker that is loaded by the first question, and left alone for a while after it failed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from kb.errors import IbidError, ModelError
from kb.ports import Reranker, Scores

# After a failure nobody waits for the reranker again for so long: a server that is down would make every search wait.
REST_SECONDS = 30.0


class LateReranker:
    """Implements `kb.ports.Reranker`. Safe to use from several threads.

    Args:
        open_reranker: loads it.
        clock: seconds that only go up.
    """

    def __init__(self, open_reranker: Callable[[], Reranker], clock: Callable[[], float] = time.monotonic) -> None:
        self._open = open_reranker
        self._clock = clock
        self._opening = threading.Lock()
        self._reranker: Reranker | None = None
        self._failure: IbidError | None = None
        self._failed_at = 0.0

    def rerank(self, question: str, passages: Sequence[str]) -> Scores:
        """Shape (len(passages),), float32, from 0 to 1; higher is better.

        Raises:
            ModelError: it cannot be loaded, failed, or failed a moment ago.
        """
        if self._failure is not None and self._clock() - self._failed_at < REST_SECONDS:
            raise ModelError("the reranker is left alone for a while", str(self._failure)) from self._failure
        try:
            scores = self._opened().rerank(question, passages)
        except Exception as error:
            failure = error if isinstance(error, IbidError) else ModelError("the reranker failed", str(error))
            self._failure, self._failed_at = failure, self._clock()
            if isinstance(failure, ModelError):
                raise failure from error
            raise ModelError("the reranker cannot be opened", str(failure)) from error
        self._failure = None
        return scores

    def _opened(self) -> Reranker:
        with self._opening:
            if self._reranker is None:
                self._reranker = self._open()
            return self._reranker
