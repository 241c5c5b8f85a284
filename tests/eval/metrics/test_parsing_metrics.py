"""Error rates against the textbook's table."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.parsing import character_error_rate, edit_distance, names_right_page, token_recall

TEXT = st.text("abc甲乙", max_size=30)


def distance_by_table(left: str, right: str) -> int:
    """Wagner and Fischer's table (1974)."""
    table = np.zeros((len(left) + 1, len(right) + 1), int)
    table[:, 0], table[0, :] = range(len(left) + 1), range(len(right) + 1)
    for i in range(1, len(left) + 1):
        for j in range(1, len(right) + 1):
            replaced = table[i - 1, j - 1] + (left[i - 1] != right[j - 1])
            table[i, j] = min(table[i - 1, j] + 1, table[i, j - 1] + 1, replaced)
    return int(table[-1, -1])


@settings(max_examples=60)
@given(TEXT, TEXT)
def test_the_bit_vectors_give_the_distance_of_the_table(left: str, right: str) -> None:
    assert edit_distance(left, right) == distance_by_table(left, right)


@settings(max_examples=60)
@given(TEXT, TEXT, TEXT)
def test_the_distance_is_a_distance(one: str, two: str, three: str) -> None:
    assert edit_distance(one, one) == 0
    assert edit_distance(one, two) == edit_distance(two, one) <= max(len(one), len(two))
    assert edit_distance(one, three) <= edit_distance(one, two) + edit_distance(two, three)


def test_well_known_distances() -> None:
    assert edit_distance("kitten", "sitting") == 3
    assert edit_distance("", "abc") == edit_distance("abc", "") == 3
    assert edit_distance("a" * 300 + "x" + "b" * 300, "a" * 299 + "b" * 302) == 2


@pytest.mark.parametrize(
    ("text", "reference", "rate"),
    [
        ("The fee is 40 euros", "The fee is 40 euros", 0),
        ("The fee\n is 40euros", "The fee is 40 euros", 0),  # white space is not read
        ("The fee is 4O euros", "The fee is 40 euros", 1 / 15),
        ("第十二条 承祖人", "第十二条承租人", 1 / 7),
        ("第十二條 承祖人", "第十二條承租人", 1 / 7),
        ("第十二条", "第十二條", 1 / 4),  # a parser has to give the character that stands there
        ("", "甲乙", 1),
        ("abcd", "a", 3),
        ("x", "", 1),
    ],
)
def test_the_error_rate_counts_edits_for_each_character(text: str, reference: str, rate: float) -> None:
    assert character_error_rate(text, reference) == pytest.approx(rate)


def test_recall_counts_each_word_as_often_as_the_reference_has_it() -> None:
    assert token_recall("the fee the", "The the the fee!") == pytest.approx(3 / 4)
    assert token_recall("押金三十日", "三十日内退还押金") == pytest.approx(5 / 8)
    assert token_recall("押金", "退還押金") == pytest.approx(1 / 2)
    assert token_recall("anything", "") == 0.0


def test_the_markup_of_a_reference_is_no_word() -> None:
    assert token_recall("see the page", "<!-- image --> see [the page](http://example.org/x) ![](y.png)") == 1.0


def test_a_page_is_right_where_one_of_them_is() -> None:
    assert names_right_page({3, 4}, {4, 9}) == 1.0
    assert names_right_page({3}, {4}) == names_right_page((), {4}) == 0.0
