"""What every Embedder promises. A test module calls `check_embedder` with each embedder it has."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from kb.ports import Embedder

TEXTS = (
    "The tenant gives thirty days' notice.",
    "退款需要多少天？",
    "a",
    "本課程的期末考試佔總成績百分之四十。",
    "Take 400 mg every six hours with food. " * 40,  # longer than any small model's window
    "The tenant gives thirty days' notice.",
    "",
)
NEAR = 0.999  # the same text in another batch may differ in the last bits, no more


def check_embedder(embedder: Embedder) -> None:
    _passages_get_unit_vectors_in_their_order(embedder)
    _no_passages_get_no_vectors(embedder)
    _a_question_gets_one_unit_vector(embedder)
    _tokens_are_counted_text_by_text(embedder)
    _several_threads_may_ask_at_once(embedder)


def _passages_get_unit_vectors_in_their_order(embedder: Embedder) -> None:
    vectors = embedder.embed_passages(TEXTS)
    assert vectors.shape == (len(TEXTS), embedder.space.dimension)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert float(vectors[0] @ vectors[5]) > NEAR
    assert float(vectors[0] @ vectors[1]) < NEAR
    for text, vector in zip(TEXTS, vectors, strict=True):
        assert float(embedder.embed_passages([text])[0] @ vector) > NEAR


def _no_passages_get_no_vectors(embedder: Embedder) -> None:
    vectors = embedder.embed_passages([])
    assert vectors.shape == (0, embedder.space.dimension)
    assert vectors.dtype == np.float32


def _a_question_gets_one_unit_vector(embedder: Embedder) -> None:
    for text in TEXTS:
        vector = embedder.embed_question(text)
        assert vector.shape == (embedder.space.dimension,)
        assert vector.dtype == np.float32
        assert abs(float(np.linalg.norm(vector)) - 1) < 1e-5


def _tokens_are_counted_text_by_text(embedder: Embedder) -> None:
    counts = embedder.count_tokens(TEXTS)
    assert embedder.count_tokens([]) == []
    assert counts == [embedder.count_tokens([text])[0] for text in TEXTS]
    assert counts[-1] == 0
    once = embedder.count_tokens(["word"])[0]
    assert embedder.count_tokens([" ".join(["word"] * 5000)]) == [5000 * once]  # never cut


def _several_threads_may_ask_at_once(embedder: Embedder) -> None:
    alone = [embedder.embed_question(text) for text in TEXTS]
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(embedder.embed_question, TEXTS * 8))
        passages = list(threads.map(embedder.embed_passages, [TEXTS] * 4))
    for place, vector in enumerate(together):
        assert float(alone[place % len(TEXTS)] @ vector) > NEAR
    for vectors in passages:
        assert bool((np.sum(vectors * passages[0], axis=1) > NEAR).all())
