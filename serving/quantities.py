"""Numbers with what they count: 20 mg, 三十日 and 30 days, 5%, Article 12 and 第十二条."""

from __future__ import annotations

import re
from typing import NamedTuple

from kb.text.folding import fold
from kb.text.numerals import find_numerals

# Each unit in the ways it is written; the first is its name. Read in folded text (lower case, simplified Chinese).
_UNITS = {
    written: names[0]
    for names in (
        ("%", "％", "percent", "per cent", "个百分点"),
        ("‰", "permille", "per mille", "per thousand"),
        ("fold", "倍"),
        ("tenth", "成"),
        ("mg", "毫克", "milligram", "milligrams"),
        ("µg", "μg", "mcg", "ug", "微克", "microgram", "micrograms"),
        ("kg", "公斤", "千克", "kilogram", "kilograms"),
        ("g", "克", "gram", "grams"),
        ("ml", "毫升", "millilitre", "millilitres", "milliliter", "milliliters"),
        ("l", "升", "litre", "litres", "liter", "liters"),
        ("mmol", "毫摩尔"),
        ("km", "公里", "千米", "kilometre", "kilometres", "kilometer", "kilometers"),
        ("cm", "厘米", "centimetre", "centimetres", "centimeter", "centimeters"),
        ("mm", "毫米", "millimetre", "millimetres", "millimeter", "millimeters"),
        ("m", "米", "metre", "metres", "meter", "meters"),
        ("mile", "miles", "英里"),
        ("foot", "feet", "ft", "英尺"),
        ("inch", "inches", "英寸"),
        ("km²", "square kilometres", "square kilometers", "sq km", "平方公里", "平方千米"),
        ("m²", "square metres", "square meters", "平方米"),
        ("hectare", "hectares", "公顷"),
        ("tonne", "tonnes", "吨"),
        ("second", "seconds", "秒"),
        ("minute", "minutes", "min", "mins", "分钟"),
        ("hour", "hours", "h", "hr", "hrs", "个小时", "小时"),
        ("working day", "working days", "business day", "business days", "个工作日", "工作日"),
        ("day", "days", "天", "日", "个自然日", "自然日"),
        ("week", "weeks", "周", "个星期", "星期"),
        ("month", "months", "个月", "月"),
        ("year", "years", "yr", "yrs", "年", "岁", "周年", "个学年"),
        ("time", "times", "次"),
        ("tablet", "tablets", "片"),
        ("point", "points", "分"),
        ("credit", "credits", "学分", "个学分"),
        ("yuan", "元", "rmb", "人民币"),
        ("10,000 yuan", "万元", "万余元"),
        ("100 million yuan", "亿元"),
        ("dollar", "dollars", "美元", "usd"),
        ("euro", "euros", "欧元", "eur"),
        ("°c", "℃", "摄氏度", "degrees"),
    )
    for written in names
}
_UNIT = re.compile(
    r"[\s-]?(?P<unit>"
    + "|".join(
        re.escape(written) + (r"(?![a-z])" if written[-1].isascii() and written[-1].isalpha() else "")
        for written in sorted(_UNITS, key=len, reverse=True)
    )
    + ")"
)
_BEFORE = re.compile(r"(?P<sign>[$€¥])\s?$|(?P<rule>第|\b(?:article|section|rule|chapter|clause|part|§|art\.)\s?)$")
_SIGNS = {"$": "dollar", "€": "euro", "¥": "yuan"}
_RULE_AFTER = re.compile(r"\s?[条款项章节编]")
_LIST_NUMBER = re.compile(r"^\W*\d{1,2}[.)、．]\s?(?=\D)")
_COUNTED = 10  # "two conditions" may be counted by whoever writes; from here on a number must be read


class Quantity(NamedTuple):
    """A number in a text. `unit` is "" where none is known, "rule" for the number of an article or section."""

    value: str
    unit: str
    written: str  # the number with its unit as it stands in the text
    is_count: bool  # a small number in words without a unit


def quantities(text: str, *, list_numbers: bool = False) -> list[Quantity]:
    """The numbers of `text` in order; the number of a list item at its beginning only with `list_numbers`."""
    folded = fold(text if list_numbers else _LIST_NUMBER.sub("", text))
    found = []
    for numeral in find_numerals(folded):
        unit, start, end = _unit_of(folded, numeral.start, numeral.end)
        if not unit and numeral.canonical.endswith("%"):
            unit = "%"
        in_words = not any(map(str.isdigit, folded[numeral.start : numeral.end]))
        small = numeral.value.isdigit() and int(numeral.value) <= _COUNTED and in_words
        found.append(Quantity(numeral.value, unit, folded[start:end].strip(), small and not unit))
    return found


def _unit_of(text: str, start: int, end: int) -> tuple[str, int, int]:
    """The unit of the number at `[start:end]`, and where the number begins and ends together with it."""
    before = _BEFORE.search(text[max(0, start - 10) : start])
    if before is not None:
        first = start - len(before[0])
        if before["sign"]:
            return _SIGNS[before["sign"]], first, end
        after = _RULE_AFTER.match(text, end)
        if after is not None or before["rule"] != "第":
            return "rule", first, after.end() if after else end
    unit, unit_end = unit_at(text, end)
    return unit, start, unit_end


def unit_at(text: str, end: int) -> tuple[str, int]:
    """The name of the unit that follows a number ending at `end` of a folded text, "" for none, and where it ends."""
    found = _UNIT.match(text, end)
    return (_UNITS[found["unit"]], found.end()) if found else ("", end)
