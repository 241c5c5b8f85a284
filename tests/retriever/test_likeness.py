"""How alike sentences and a question are by the searching model, and what is not embedded twice."""

from __future__ import annotations

import numpy as np
import pytest

from kb.ports import Vectors
from retriever.likeness import SentenceLikeness
from tests.fakes import HashEmbedder


class CountingEmbedder(HashEmbedder):
    """Remembers questions too among what it was asked to embed."""

    def embed_question(self, text: str) -> Vectors:
        self.embedded.append(text)
        return super().embed_question(text)


@pytest.mark.parametrize(
    ("question", "sentences"),
    [
        ("When is the exam?", ["The exam is on Monday.", "Coffee is served at noon."]),
        ("考试是什么时候？", ["考试在星期一举行。", "中午供应咖啡。"]),
    ],
)
def test_cosines_are_those_of_the_embedder(question: str, sentences: list[str]) -> None:
    embedder = CountingEmbedder()
    found = SentenceLikeness(lambda: embedder).cosines(question, sentences)
    expected = HashEmbedder().embed_passages(sentences) @ HashEmbedder().embed_question(question)
    assert found.tolist() == pytest.approx(expected.tolist())
    assert np.argmax(found) == 0


def test_neither_a_question_that_was_searched_nor_a_sentence_is_embedded_twice() -> None:
    embedder = CountingEmbedder()
    likeness = SentenceLikeness(lambda: embedder)
    likeness.note_question("When is the exam?", HashEmbedder().embed_question("When is the exam?"))
    for _ in range(2):
        likeness.cosines("When is the exam?", ["The exam is on Monday."])
    assert embedder.embedded == ["The exam is on Monday."]


def test_only_the_latest_questions_are_kept() -> None:
    embedder = CountingEmbedder()
    likeness = SentenceLikeness(lambda: embedder)
    for number in range(101):
        likeness.note_question(f"question {number}", HashEmbedder().embed_question("any"))
    likeness.cosines("question 100", ["A sentence."])
    likeness.cosines("question 0", ["A sentence."])
    assert embedder.embedded == ["A sentence.", "question 0"]
