import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import EmbeddingSpace
from retriever.fusion import chinese_share, dense_weight, fuse

ENGLISH = EmbeddingSpace("all-MiniLM-L6-v2", "1", 384)
MULTILINGUAL = EmbeddingSpace("BAAI/bge-m3", "1", 1024)


def test_scores_are_the_weighted_sum_of_share_of_best_bm25_and_cosine() -> None:
    fused = fuse({1: 8.0, 2: 4.0}, {2: 0.9, 3: 0.5}, dense_weight=0.6)
    assert [(item.number, item.dense, item.lexical) for item in fused] == [
        (2, 0.9, 4.0),
        (1, None, 8.0),
        (3, 0.5, None),
    ]
    assert [item.score for item in fused] == pytest.approx([0.4 * 0.5 + 0.6 * 0.9, 0.4, 0.6 * 0.5])


def test_one_search_alone_keeps_its_order() -> None:
    assert [item.number for item in fuse({7: 3.0, 5: 2.0}, {}, dense_weight=0.0)] == [7, 5]
    assert [item.number for item in fuse({}, {7: 0.1, 5: 0.2}, dense_weight=1.0)] == [5, 7]
    assert fuse({}, {}, dense_weight=0.5) == []


def test_equal_scores_stand_in_the_order_of_the_numbers() -> None:
    assert [item.number for item in fuse({9: 1.0, 3: 1.0, 6: 1.0}, {}, 0.0)] == [3, 6, 9]


def test_a_cosine_below_zero_counts_as_nothing() -> None:
    assert fuse({}, {1: -0.4}, 1.0)[0].score == 0.0


@given(
    st.dictionaries(st.integers(0, 20), st.floats(0.01, 50), max_size=10),
    st.dictionaries(st.integers(0, 20), st.floats(-1, 1), max_size=10),
    st.floats(0, 1),
)
def test_every_number_comes_back_once_with_a_score_from_0_to_1(
    lexical: dict[int, float], dense: dict[int, float], weight: float
) -> None:
    fused = fuse(lexical, dense, weight)
    assert sorted(item.number for item in fused) == sorted(lexical.keys() | dense.keys())
    assert all(0 <= item.score <= 1 + 1e-9 for item in fused)
    assert [item.score for item in fused] == sorted((item.score for item in fused), reverse=True)


@pytest.mark.parametrize(
    ("text", "share"),
    [("what is depreciation", 0.0), ("什么是折旧", 1.0), ("第12条 metformin", 2 / 3), ("", 0.0), ("12 + 5", 0.0)],
)
def test_the_chinese_share_counts_characters_and_words(text: str, share: float) -> None:
    assert chinese_share(text) == pytest.approx(share)


def test_an_english_model_counts_less_for_chinese_questions() -> None:
    english = dense_weight("what is depreciation", ENGLISH)
    mixed = dense_weight("metformin 的用法", ENGLISH)
    chinese = dense_weight("什么是折旧", ENGLISH)
    assert english > mixed > chinese
    assert dense_weight("什么是折旧", MULTILINGUAL) == english
