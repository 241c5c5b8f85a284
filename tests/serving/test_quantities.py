"""Amounts are the same however they are written, and a least is no most."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import Verdict
from serving.bounds import Bound
from serving.quantities import find_quantities, quantities, same_amount
from serving.units import unit_named
from serving.verification import LexicalVerifier


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.5 g", "500 mg"),
        ("0.5克", "500 mg"),
        ("2 weeks", "14 days"),
        ("兩週", "14天"),
        ("半年", "六个月"),
        ("half a year", "六個月"),
        ("一年半", "18 months"),
        ("1 year and 6 months", "18个月"),
        ("one and a half years", "一年半"),
        ("两个半小时", "150分钟"),
        ("1小时30分钟", "90 minutes"),
        ("1.5万元", "15,000元"),
        ("15 万元", "RMB 150,000"),
        ("¥500", "500元人民币"),
        ("$5 million", "500万美元"),
        ("€ 20", "20 euros"),
        ("HK$100", "100港元"),
        ("3斤", "1.5公斤"),
        ("15亩", "1 hectare"),
        ("5 mg/ml", "5 g/L"),
        ("75%", "three quarters"),
        ("百分之五", "50‰"),
        ("三成", "30%"),
        ("98.6 °F", "37℃"),
        ("5 to 10 mg", "5毫克"),
        ("20", "20 mg"),
    ],
)
def test_the_same_amount_in_other_units_and_languages(one: str, other: str) -> None:
    assert same_amount(quantities(one)[0], quantities(other)[0])


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("0.5 g", "50 mg"),
        ("1 month", "30 days"),
        ("30个工作日", "30天"),
        ("5 mg/kg", "5 mg/dl"),
        ("500元", "500美元"),
        ("¥500", "$500"),
        ("下半年", "六个月"),
        ("5 to 10 mg", "5 g"),
        ("37 °F", "37 °C"),
    ],
)
def test_other_amounts(one: str, other: str) -> None:
    assert not any(same_amount(mine, its) for mine in quantities(one) for its in quantities(other))


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("at least 3 days", Bound.LEAST),
        ("no fewer than 3 days", Bound.LEAST),
        ("3 days or more", Bound.LEAST),
        ("不少于3天", Bound.LEAST),
        ("不得低於3天", Bound.LEAST),
        ("三年以上", Bound.LEAST),
        ("up to 3 days", Bound.MOST),
        ("shall not exceed 3 days", Bound.MOST),
        ("within 3 days", Bound.MOST),
        ("不得超过3天", Bound.MOST),
        ("三日內", Bound.MOST),
        ("十年以下", Bound.MOST),
        ("more than 3 days", Bound.ABOVE),
        ("超過3天", Bound.ABOVE),
        ("未满18周岁", Bound.BELOW),
        ("under 18 years", Bound.BELOW),
        ("for 3 days", Bound.NONE),
        ("三日内容", Bound.NONE),
    ],
)
def test_a_least_and_a_most_are_read_in_both_languages(text: str, bound: Bound) -> None:
    assert [quantity.bound for quantity in quantities(text)] == [bound]


@pytest.mark.parametrize(
    ("sentence", "quote", "verdict"),
    [
        ("Adults take 500 mg once a day.", "Adults take 0.5 g once a day.", Verdict.SUPPORTED),
        ("Adults take 50 mg once a day.", "Adults take 0.5 g once a day.", Verdict.CONTRADICTED),
        ("The treatment lasts 14 days.", "The treatment lasts two weeks.", Verdict.SUPPORTED),
        ("保管期为六个月。", "保管期为半年。", Verdict.SUPPORTED),
        ("保管期為半年。", "保管期为六个月。", Verdict.SUPPORTED),
        ("保管期为一年。", "保管期为半年。", Verdict.CONTRADICTED),
        ("罚款不超过1.5万元。", "罚款最高15,000元。", Verdict.SUPPORTED),
        ("Students must pass at most 3 tests.", "Students must pass at least 3 tests.", Verdict.CONTRADICTED),
        ("学生至少通过3门考试。", "学生最多通过3门考试。", Verdict.CONTRADICTED),
        ("Students pass at least 3 tests.", "Students pass no fewer than 3 tests.", Verdict.SUPPORTED),
        ("押金不得少于三个月租金。", "押金不得超过三个月租金。", Verdict.CONTRADICTED),
        ("押金最多为三个月租金。", "押金不得超过三个月租金。", Verdict.SUPPORTED),
        ("Three absences at most are excused.", "Three absences at most are excused.", Verdict.SUPPORTED),
    ],
)
def test_amounts_decide_the_verdict(sentence: str, quote: str, verdict: Verdict) -> None:
    around = "Before it. {} After it." if sentence.isascii() else "前一句话。{}后一句话。"
    assert LexicalVerifier().verify(sentence, [around.format(quote)]).verdict is verdict


def test_more_than_may_say_the_same_as_at_most_from_the_other_side() -> None:
    quote = "Whoever misses more than 3 lessons fails the course."
    judgement = LexicalVerifier().verify("Students may miss at most 3 lessons of the course.", [quote])
    assert judgement.verdict is Verdict.PARTLY


def test_the_reason_names_both_bounds() -> None:
    judgement = LexicalVerifier().verify("Keep it for at most 3 years.", ["Keep it for at least 3 years."])
    assert judgement.why == "the cited words say at least 3 years, the answer at most 3 years"


LETTERS = "0123456789.,%半年个月 mgkl天小时至-/两百不超过以上内 and half of at least$¥元"
UNITS = [("kg", "g", 1000), ("weeks", "days", 7), ("万元", "元", 10_000), ("公里", "米", 1000)]


@given(st.text(st.sampled_from(LETTERS), max_size=40))
def test_quantities_stand_where_they_say_and_apart(text: str) -> None:
    position = 0
    for quantity in find_quantities(text):
        assert position <= quantity.start < quantity.end <= len(text)
        assert quantity.written in text[quantity.start :]
        assert same_amount(quantity, quantity)
        position = quantity.end


@given(
    st.integers(1, 10**6),
    st.sampled_from(UNITS),
)
def test_conversion_is_exact(number: int, units: tuple[str, str, int]) -> None:
    large, small, factor = units
    (one,) = quantities(f"{number} {large}")
    assert same_amount(one, *quantities(f"{number * factor} {small}"))
    assert not same_amount(one, *quantities(f"{number * factor + 1} {small}"))


def test_a_unit_knows_its_size() -> None:
    pound = unit_named("lb")
    assert pound is not None
    assert pound.size == Fraction("453.59237")
