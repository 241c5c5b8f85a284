"""Titles and names in the order that people expect."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.ordering import natural_key


@pytest.mark.parametrize(
    "in_order",
    [
        ["note 1", "note 2", "note 10", "note 10a", "note 11", "note x"],
        ["lecture 2.pdf", "lecture 10.pdf", "lecture 100.pdf"],
        ["week 02", "week 3", "week 010"],
        ["v1.2", "v1.10", "v2.0"],
        ["第一讲", "第二讲", "第三讲", "第四讲", "第九讲", "第十讲", "第十二讲", "第二十讲"],
        ["第1章", "第二章", "第３章", "第10章"],
        ["第九十九條", "第一百條", "第一百零五條"],
    ],
    ids=["words", "files", "zeros before", "versions", "zh lectures", "every way to write them", "zh-Hant articles"],
)
def test_numbers_are_sorted_by_their_size(in_order: list[str]) -> None:
    shuffled = random.Random(1).sample(in_order, len(in_order))
    assert sorted(shuffled, key=natural_key) == in_order


def test_numbers_come_before_letters_and_what_holds_none_is_sorted_as_it_is() -> None:
    assert sorted(["b", "a 1", "a", "10", "中", "a b"], key=natural_key) == ["10", "a", "a 1", "a b", "b", "中"]


@given(st.integers(0, 10**39), st.integers(0, 10**39))
def test_the_smaller_of_two_numbers_comes_first(one: int, other: int) -> None:
    assert (natural_key(f"note {one}") < natural_key(f"note {other}")) == (one < other)


@given(st.text(alphabet="abcxyz -./中文讲课", max_size=20))
def test_what_holds_no_number_is_its_own_key(text: str) -> None:
    assert natural_key(text) == text


@given(st.text(max_size=30))
def test_any_text_has_a_key(text: str) -> None:
    assert bool(natural_key(text)) == bool(text)
