"""What the cosines of sentences change in extractive answers: which sentence is quoted, and how many are embedded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.ports import Scores
from kb.records import Finished
from retriever.searcher import Searcher
from serving.answering import answer_question
from serving.extractive import extract
from serving.extractive.alike import ALIKE_NAMES, alike_features, in_question
from serving.verification import LexicalVerifier
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.serving.library import make_collection
from tests.serving.test_extractive_quotes import make_hit

PACKAGED = "all-MiniLM-L6-v2+multilingual-e5-small"


class ScriptedCosines:
    """Gives the sentences that hold `near` a high cosine and all others a low one; remembers what it was asked."""

    def __init__(self, near: str) -> None:
        self._near = near
        self.asked: list[list[str]] = []

    def __call__(self, question: str, sentences: Sequence[str]) -> Scores:
        self.asked.append(list(sentences))
        return np.array([0.8 if self._near in sentence else 0.1 for sentence in sentences], dtype=np.float32)


@pytest.mark.parametrize(
    ("question", "text", "near"),
    [
        (
            "Which groups held the land between the colonies?",
            "Settlers farmed the colonies. Native tribes dominated the land that lay in between. "
            "The land of the rivers was fertile.",
            "Native tribes",
        ),
        (
            "两个殖民地之间的土地归谁管？",
            "移民在殖民地耕种。中间的土地由原住民部落控制。两条河边的土地很肥沃。",
            "原住民部落",
        ),
    ],
)
def test_the_sentence_nearest_in_meaning_comes_first_where_words_leave_it_open(
    question: str, text: str, near: str
) -> None:
    cosines = ScriptedCosines(near)
    quotes = extract(question, [make_hit(text)], cosines=cosines).quotes
    assert near in quotes[0].text
    assert len(cosines.asked) == 1  # one call for all sentences in question
    assert near not in extract(question, [make_hit(text)]).quotes[0].text


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Who founded the library?", "The library was founded by Clara Whitfield."),
        ("图书馆由谁创办？", "图书馆由林若兰创办。"),
    ],
)
def test_nothing_is_embedded_where_only_one_sentence_can_be_meant(question: str, text: str) -> None:
    cosines = ScriptedCosines("nothing")
    assert extract(question, [make_hit(text)], cosines=cosines).quotes
    assert cosines.asked == []


def test_no_sentence_that_words_rule_out_is_embedded() -> None:
    assert in_question(np.array([0.0, 4.0, 3.5, -9.0])) == [1, 2, 0]
    assert in_question(np.array([0.0, 9.0, 1.0])) == []
    assert in_question(np.zeros(40)) == list(range(12))


def test_what_is_not_embedded_lies_behind_what_is() -> None:
    features = alike_features(np.array([4.0, 3.0, -9.0]), lambda places: np.array([0.3, 0.5], dtype=np.float32))
    assert features[:, 0].tolist() == pytest.approx([0.3, 0.5, 0.25])
    assert features[:, 1].tolist() == pytest.approx([-0.2, 0.0, -0.25])
    assert features[:, 3].tolist() == [0.0, 1.0, 0.0]


@given(st.lists(st.floats(-30, 30), min_size=1, max_size=30))
def test_any_scores_give_finite_features(scores: list[float]) -> None:
    features = alike_features(np.array(scores), lambda places: np.zeros(len(places), dtype=np.float32))
    assert features.shape == (len(scores), len(ALIKE_NAMES))
    assert np.isfinite(features).all()


@pytest.mark.parametrize(
    ("model", "writes", "embeds"),
    [(PACKAGED, False, True), (PACKAGED, True, False), ("another", False, False)],
)
@pytest.mark.parametrize("question", ["What are the rules for students and tenants?", "承租人有哪些规定？"])
def test_sentences_are_embedded_only_by_the_packaged_model_and_where_no_model_writes(
    model: str, writes: bool, embeds: bool, question: str, tmp_path: Path
) -> None:
    embedder = HashEmbedder(model=model)
    catalog = make_collection(tmp_path, embedder)
    embedder.embedded.clear()
    *_, last = answer_question(
        question,
        searcher=Searcher(catalog, embedder),
        catalog=catalog,
        verifier=LexicalVerifier(),
        model=ScriptedChatModel(["That is so. [1]"]) if writes else None,
    )
    assert isinstance(last, Finished)
    assert bool(embedder.embedded) == embeds
