"""What every Reranker promises. A test module calls `check_reranker` with each reranker it has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kb.ports import Reranker

QUESTIONS = ("refund within how many days?", "退款需要多少天？", "課程考試", "", "a very long question " * 60)
PASSAGES = (
    "refunds are paid within 14 days",
    "退款将在十四天内完成。",
    "a",
    "本課程的期末考試",
    "first word " * 200,  # longer than any small model's window
    "refunds are paid within 14 days",
    "",
)
NEAR = 0.01  # the same pair in another batch may differ in the last bits


def check_reranker(reranker: Reranker) -> None:
    for question in QUESTIONS:
        scores = reranker.rerank(question, PASSAGES)
        assert scores.shape == (len(PASSAGES),)
        assert scores.dtype == np.float32
        assert bool(((scores >= 0) & (scores <= 1)).all())
        assert abs(float(scores[0] - scores[5])) <= NEAR  # the same pair
    _no_passages_get_no_scores(reranker)
    _a_score_is_of_its_own_pair(reranker)
    _several_threads_may_ask_at_once(reranker)


def _no_passages_get_no_scores(reranker: Reranker) -> None:
    scores = reranker.rerank("anything", [])
    assert scores.shape == (0,)
    assert scores.dtype == np.float32


def _a_score_is_of_its_own_pair(reranker: Reranker) -> None:
    together = reranker.rerank(QUESTIONS[0], PASSAGES)
    backwards = reranker.rerank(QUESTIONS[0], PASSAGES[::-1])
    np.testing.assert_allclose(together, backwards[::-1], atol=NEAR)
    for passage, score in zip(PASSAGES, together, strict=True):
        assert abs(float(reranker.rerank(QUESTIONS[0], [passage])[0] - score)) <= NEAR
    assert len({round(float(score), 4) for score in together}) > 1  # not one answer for everything


def _several_threads_may_ask_at_once(reranker: Reranker) -> None:
    alone = [reranker.rerank(question, PASSAGES) for question in QUESTIONS]
    with ThreadPoolExecutor(4) as threads:
        for place, scores in enumerate(threads.map(lambda text: reranker.rerank(text, PASSAGES), QUESTIONS * 3)):
            np.testing.assert_allclose(scores, alone[place % len(QUESTIONS)], atol=NEAR)
