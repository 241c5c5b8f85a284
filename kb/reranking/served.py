"""The reranker over HTTP: `POST {base_url}/rerank` in the two forms that servers know.

vLLM, llama.cpp, Jina and Cohere take `documents` and give `results` with an `index` and a `relevance_score`; TEI takes
`texts` and gives a list with an `index` and a `score`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kb.errors import ModelError
from kb.model_server import ModelServer, RefusedError
from kb.ports import Scores
from kb.reranking.graph_reranker import logistic
from kb.settings import RerankerSettings

# Characters sent of a question and of a passage: servers refuse a pair longer than their model's window (8,192 tokens
# for bge-reranker-v2-m3) instead of cutting it. ibid's own passages are a quarter as long.
_QUESTION_CHARACTERS = 400
_PASSAGE_CHARACTERS = 2400

_OTHER_FORM = {400, 422}  # what a server answers to the form that it does not know


class ServedReranker:
    """Implements `kb.ports.Reranker` with a server. Safe to use from several threads; connects at the first call."""

    def __init__(self, settings: RerankerSettings) -> None:
        self._server = ModelServer("reranker", settings.base_url, settings.api_key, settings.timeout_seconds)
        self._model = settings.model
        self._tei = False  # the form that the server understood last
        self._logits = False  # whether it has shown scores outside 0 to 1: llama.cpp gives logits

    def rerank(self, question: str, passages: Sequence[str]) -> Scores:
        """Shape (len(passages),), float32, from 0 to 1; higher is better.

        Raises:
            ModelError: the server cannot be reached, refuses, or gives something else than a score for each passage.
        """
        if not passages:
            return np.zeros(0, dtype=np.float32)
        short = question[:_QUESTION_CHARACTERS]
        texts = [passage[:_PASSAGE_CHARACTERS] or " " for passage in passages]
        answer = self._ask(short, texts)
        try:
            scores = _read(answer, len(texts))
        except (KeyError, TypeError, ValueError, IndexError) as error:
            raise ModelError(
                "the reranker's server gave no usable scores", str(error) or type(error).__name__
            ) from error
        self._logits = self._logits or bool((scores < 0).any() or (scores > 1).any())
        return logistic(scores) if self._logits else scores

    def _ask(self, question: str, texts: list[str]) -> Any:
        try:
            return self._post(question, texts, tei=self._tei)
        except RefusedError as error:
            if error.status not in _OTHER_FORM:
                raise
            try:
                answer = self._post(question, texts, tei=not self._tei)
            except RefusedError:
                raise error from None
            self._tei = not self._tei
            return answer

    def _post(self, question: str, texts: list[str], *, tei: bool) -> Any:
        if tei:
            return self._server.post("/rerank", {"query": question, "texts": texts, "truncate": True})
        body: dict[str, Any] = {"query": question, "documents": texts}
        return self._server.post("/rerank", {"model": self._model, **body} if self._model else body)


def _read(answer: Any, count: int) -> Scores:
    scores = np.full(count, np.nan, dtype=np.float32)
    for item in answer["results"] if isinstance(answer, dict) else answer:
        place = range(count)[item["index"]]
        scores[place] = item["relevance_score"] if "relevance_score" in item else item["score"]
    if not np.isfinite(scores).all():
        raise ValueError("a passage has no score")
    return scores
