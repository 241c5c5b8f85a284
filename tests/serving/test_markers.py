from __future__ import annotations

import pytest

from serving.markers import cited_numbers, replace_markers, without_markers


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("a [1]", (1,)),
        ("a [1,2]", (1, 2)),
        ("a [1, 2][3]", (1, 2, 3)),
        ("a【1】", (1,)),
        ("a［１］", (1,)),
        ("a [１，２]", (1, 2)),
        ("a [2-4]", (2, 3, 4)),
        ("a [1][1]", (1,)),
        ("a [^3]", (3,)),
        ("in [2020]", ()),
        ("[see 1]", ()),
        ("[1-300]", (1, 300)),
    ],
)
def test_markers_in_every_way_that_models_write_them(text: str, numbers: tuple[int, ...]) -> None:
    assert cited_numbers(text) == numbers


def test_markers_go_with_the_blanks_before_them() -> None:
    assert without_markers("One [1], two [2][3]. 三【4】。") == "One, two. 三。"


def test_markers_are_written_anew_and_those_that_cite_nothing_are_dropped() -> None:
    resolve = {1: 7, 2: 8, 3: 7}.get
    assert replace_markers("One [1, 2], two [9]. Three [1][3].", resolve) == "One [7][8], two. Three [7]."
    assert replace_markers("一【1】。二［２］", resolve) == "一[7]。二[8]"
