"""Numerals: Chinese, English, Roman and digits come to the same number."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.text.chinese_numerals import parse_chinese_numeral
from kb.text.english_numerals import parse_english_numeral
from kb.text.numerals import canonical_numerals, find_numerals


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        # digits
        ("１２３", "123"),
        ("1,234,567.50 USD", "1234567.50 USD"),
        ("1,2,3 and 12,34", "1,2,3 and 12,34"),
        ("version 5.2.1 of B12, p53", "version 5.2.1 of B12, p53"),
        ("３０％", "30%"),
        ("30 percent, 5 per cent", "30%, 5%"),
        ("2.5 million people", "2500000 people"),
        # Chinese
        ("第十二条", "第12条"),
        ("第一百二十条之一", "第120条之一"),
        ("二十天", "20天"),
        ("一百零五元", "105元"),
        ("两千人", "2000人"),
        ("兩千人", "2000人"),
        ("三萬五千", "35000"),
        ("二〇二四年五月三日", "2024年5月3日"),
        ("一九九八年", "1998年"),
        ("壹佰贰拾叁元", "123元"),
        ("廿三日", "23日"),
        ("3万5千元", "35000元"),
        ("1.5亿元", "150000000元"),
        ("三点一四", "3.14"),
        ("百分之三十", "30%"),
        ("百分之0.5", "0.5%"),
        ("千分之五", "5‰"),
        ("三分之二以上", "2/3以上"),
        ("不少于三人", "不少于3人"),
        ("十五日内", "15日内"),
        ("一年", "1年"),
        ("一个月", "1个月"),
        ("第（三）项", "第（3）项"),
        # what is no number
        ("一般、统一、万一、千万不要、十分、三三两两", "一般、统一、万一、千万不要、十分、三三两两"),
        ("一个人", "一个人"),
        ("七八个，十七八岁", "七八个，十七八岁"),
        ("三点十分", "三点十分"),
        ("同一天，星期一", "同一天，星期一"),
        ("百姓，亿万，零售", "百姓，亿万，零售"),
        # English
        ("twenty-one days", "21 days"),
        ("Twenty Two", "22"),
        ("one hundred and five", "105"),
        ("seven hundred thousand and five", "700005"),
        ("three million", "3000000"),
        ("a hundred patients", "100 patients"),
        ("two thirds, one-third", "2/3, 1/3"),
        ("the twenty-first century", "the 21st century"),
        ("thirty per cent", "30%"),
        ("a five-year term", "a 5-year term"),
        ("one day", "1 day"),
        ("one of the third parties", "one of the third parties"),
        ("someone weighs a lot", "someone weighs a lot"),
        # Roman
        ("Article IV", "Article 4"),
        ("type II diabetes", "type 2 diabetes"),
        ("Chapter XXXIX", "Chapter 39"),
        ("Class C and the part I like", "Class C and the part I like"),
    ],
)
def test_numerals_become_digits(text: str, canonical: str) -> None:
    assert canonical_numerals(text) == canonical


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("3.50", "3.5"),
        ("007", "7"),
        ("1,000", "一千"),
        ("twelve", "十二"),
        ("30%", "百分之三十"),
        ("0.50%", "百分之零点五"),
    ],
)
def test_equal_numbers_have_equal_values(one: str, other: str) -> None:
    assert [numeral.value for numeral in find_numerals(one)] == [numeral.value for numeral in find_numerals(other)]


def _in_chinese(number: int) -> str:
    """Writes a number below 10 ** 8, the school way."""
    digits = "零一二三四五六七八九"
    if number >= 10_000:
        high, low = divmod(number, 10_000)
        return _in_chinese(high) + "万" + ("" if low == 0 else ("零" if low < 1000 else "") + _in_chinese(low))
    text = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            text += digits[digit] + name
        elif text and not text.endswith("零") and number:
            text += "零"
    return text or "零"


@given(st.integers(min_value=0, max_value=99_999_999))
def test_every_number_written_in_chinese_is_read_back(number: int) -> None:
    assert parse_chinese_numeral(_in_chinese(number)) == number


_SMALL = [
    *"zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen".split(),  # noqa: SIM905
    *"fifteen sixteen seventeen eighteen nineteen".split(),  # noqa: SIM905
]
_TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def _in_english(number: int) -> str:
    for scale, name in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if number >= scale:
            rest = number % scale
            return f"{_in_english(number // scale)} {name}" + (f" {_in_english(rest)}" if rest else "")
    if number < 20:
        return _SMALL[number]
    return _TENS[number // 10] + (f"-{_SMALL[number % 10]}" if number % 10 else "")


@given(st.integers(min_value=0, max_value=10**12 - 1))
def test_every_number_written_in_english_is_read_back(number: int) -> None:
    assert parse_english_numeral(_in_english(number)) == number
    if number != 1:
        assert canonical_numerals(f"it is {_in_english(number)}!") == f"it is {number}!"


@pytest.mark.parametrize("text", ["十七八", "千万", "万一", "", "abc", "十十", "百", "一百千", "三点"])
def test_what_is_not_well_formed_is_no_number(text: str) -> None:
    assert parse_chinese_numeral(text) is None


def test_short_spoken_forms_count_the_next_unit() -> None:
    assert [parse_chinese_numeral(text) for text in ("一百二", "三千二", "一万五", "一百零二")] == [
        Decimal(value) for value in (120, 3200, 15000, 102)
    ]


@given(
    st.one_of(
        st.text(max_size=120), st.text(alphabet="一二十百千万亿点分之第零〇两3.,5 oneahudr twy-IVX%年条", max_size=60)
    )
)
def test_numerals_are_ordered_disjoint_and_within_any_text(text: str) -> None:
    position = 0
    for numeral in find_numerals(text):
        assert position <= numeral.start < numeral.end <= len(text)
        assert any(character.isdigit() for character in numeral.canonical)
        position = numeral.end
    assert find_numerals(canonical_numerals(text)) is not None
