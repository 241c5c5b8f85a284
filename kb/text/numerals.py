"""Numbers in a text, however they are written: 第十二条 and 第12条, twenty-one and 21, 3万 and 30,000 become the same.

What is a numeral, and what it becomes in `canonical_numerals`:

- Digits, full-width ones as ASCII: １２ → 12. Thousands separators go: 1,234,567 → 1234567. Decimals and dotted
  numbers stay as written (3.50, 5.2.1). Digits after a Latin letter are part of a name (B12, p53) and left alone.
- Chinese numerals: 十二 → 12, 两千 → 2000, 一百零五 → 105, 一百二 → 120, 二〇二四 → 2024, 壹佰 → 100, 廿三 → 23,
  3万5千 → 35000, 1.5亿 → 150000000, 三点一四 → 3.14, 百分之三十 → 30%, 三分之一 → 1/3. A single character counts
  only after 第, in brackets (（二） → （2）) and before a unit or measure word (三年 → 3年); 一 means "a" too often and
  counts only before units of time. So 一般, 统一, 万一, 千万, 十分, 三三两两 stay.
- English number words: twenty-one → 21, one hundred and five → 105, three million and 3 million → 3000000, two thirds →
  2/3, twenty-first → 21st, 30 percent → 30%. "one" alone counts only before units of time and percent; ordinals alone
  (third) stay.
- Roman numerals up to 39 after a word that they number: Article IV → Article 4, type II → type 2.

Signs and ranges are not read: "5-10" is two numerals, "-3" is 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from kb.text.chinese_numerals import find_chinese_numerals
from kb.text.english_numerals import find_english_numerals, find_roman_numerals, scale_of


class Numeral(NamedTuple):
    """A number written at `text[start:end]`.

    `canonical` is what `canonical_numerals` writes in its place. `value` is the same for equal numbers: no separators,
    no leading zeros, no zeros at the end of a fraction, no percent sign ("3.5", "30", "1/3", "5.2.1").
    """

    start: int
    end: int
    canonical: str
    value: str


_FULL_WIDTH = str.maketrans("０１２３４５６７８９．％", "0123456789.%")
_ARABIC = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_THOUSANDS = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_SUFFIX = re.compile(
    r"(?:\s?(?P<scale>thousand|million|billion|trillion)\b)?(?P<percent>\s?(?:%|percent\b|per\s?cent\b))?",
    re.IGNORECASE,
)


def canonical_numerals(text: str) -> str:
    """`text` with every numeral in ASCII digits, as the rules above say. The rest stays as it is."""
    pieces: list[str] = []
    position = 0
    for numeral in find_numerals(text):
        pieces += text[position : numeral.start], numeral.canonical
        position = numeral.end
    pieces.append(text[position:])
    return "".join(pieces)


def find_numerals(text: str) -> list[Numeral]:
    """All numerals of `text`, in order, disjoint."""
    plain = text if text.isascii() else text.translate(_FULL_WIDTH)
    found = [*_arabic(plain), *find_english_numerals(plain), *find_roman_numerals(plain)]
    if not plain.isascii():
        found += find_chinese_numerals(plain)
    numerals = []
    position = 0
    for start, end, canonical in sorted(found, key=lambda item: (item[0], -item[1])):
        if start >= position:
            numerals.append(Numeral(start, end, canonical, _value(canonical)))
            position = end
    return numerals


def _arabic(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _ARABIC.finditer(text):
        start, end = match.span()
        if start and text[start - 1].isalpha() and text[start - 1].isascii():
            continue  # part of a name
        if "," in match[0] and not _THOUSANDS.fullmatch(match[0]):  # several numbers: 1,2,3
            *others, _ = match[0].split(",")
            for other in others:
                yield start, start + len(other), other
                start += len(other) + 1
        yield _with_suffix(text, start, end)


def _with_suffix(text: str, start: int, end: int) -> tuple[int, int, str]:
    digits = text[start:end].replace(",", "")
    suffix = _SUFFIX.match(text, end)
    if suffix is None or suffix.end() == end:
        return start, end, digits
    if suffix["scale"] and digits.count(".") <= 1:
        digits = _without_zeros(f"{Decimal(digits) * scale_of(suffix['scale']):f}")
    return start, suffix.end(), digits + ("%" if suffix["percent"] else "")


def _value(canonical: str) -> str:
    number = canonical.rstrip("%‰sthndr")
    return "/".join(_without_zeros(part) for part in number.split("/"))


def _without_zeros(number: str) -> str:
    if number.count(".") > 1:
        return number
    whole, _, fraction = number.partition(".")
    fraction = fraction.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{fraction}" if fraction else "")
