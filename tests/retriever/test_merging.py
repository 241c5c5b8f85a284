from retriever.fusion import Fused
from retriever.merging import merge


def test_one_ranking_stays_as_it_is() -> None:
    ranking = [Fused(3, 0.5, 0.1, None), Fused(1, 0.2, None, 4.0)]
    assert merge([ranking], [0.3]) == ranking


def test_scores_add_up_by_the_share_of_the_weights() -> None:
    first = [Fused(1, 1.0, 0.9, None), Fused(2, 0.4, None, 2.0)]
    second = [Fused(2, 1.0, 0.7, 5.0), Fused(3, 0.8, 0.6, None)]
    assert merge([first, second], [3.0, 1.0]) == [
        Fused(1, 0.75, 0.9, None),
        Fused(2, 0.55, 0.7, 2.0),
        Fused(3, 0.2, 0.6, None),
    ]


def test_equal_scores_come_in_the_order_of_the_numbers() -> None:
    assert [item.number for item in merge([[Fused(9, 0.5, None, None)], [Fused(4, 0.5, None, None)]], [1, 1])] == [4, 9]
