"""When a reply repeats itself without end, and when it only has a refrain."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.chat.repetition import RepetitionWatch, _repeated_end


def repeated(text: str, cut: int = 7) -> str:
    """What the watch says of `text`, read in pieces; the first thing it finds."""
    watch = RepetitionWatch()
    for start in range(0, len(text), cut):
        if found := watch.read(text[start : start + cut]):
            return found
    return ""


@pytest.mark.parametrize(
    "unit",
    [
        "Students must hand in the final report within fourteen days [1]. ",
        "no ",
        "承租人应当在十五日内提出异议[1]。",
        "是",
        "A sentence of its own. And another one, which is longer than the first was. ",
    ],
)
def test_one_thing_over_and_over_is_noticed(unit: str) -> None:
    found = repeated("The answer is as follows. " + unit * 200)
    assert found
    assert found.strip() in (unit * 60).replace(" [1]", "").replace("[1]", "")


def test_new_numbers_of_passages_and_lists_do_not_hide_a_loop() -> None:
    assert repeated("".join(f"Late reports lose 5% a day [{n}].\n" for n in range(1, 60)))
    assert repeated("".join(f"{n}. 迟交的报告每天扣百分之五。\n" for n in range(1, 60)))


@pytest.mark.parametrize(
    "text",
    [
        "".join(f"Article {n} is repealed [1]. " for n in range(1, 60)),
        "".join(f"第{n}条已废止[1]。" for n in range(101, 160)),
        "| a | b |\n|---|---|\n| 1 | 2 |\n" + "-" * 80,
        "No. No. No. The dose must not exceed 2000 mg a day [1].",
    ],
)
def test_a_list_or_a_rule_is_no_loop(text: str) -> None:
    assert repeated(text) == ""


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=100), st.integers(min_value=1, max_value=400))
def test_any_cutting_of_the_stream_notices_a_loop(unit: str, cut: int) -> None:
    assert repeated(unit * (2000 // len(unit) + 8), cut)


@given(st.text(alphabet="ab一", max_size=3), st.lists(st.sampled_from(["a", "b", "一", "ab", "ba一"]), max_size=9))
def test_what_is_repeated_is_the_shortest_unit_that_stands_there_often_enough(before: str, parts: list[str]) -> None:
    text = before + "".join(parts) * 40
    units = (text[-length:] for length in range(1, len(text) // 4 + 1))
    often = (unit for unit in units if text.endswith((unit * 121)[-max(4 * len(unit), 120) :]))
    assert _repeated_end(text) == (next(often, "") if len(text) >= 120 else "")
