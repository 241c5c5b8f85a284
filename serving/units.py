"""Units of measure in the ways both languages write them, and what they are in terms of each other, exactly.

0.5 g and 500 mg are the same amount, 1.5万元 and 15,000 yuan, half a year and 六个月. A month is no number of days, and
30 days are not "one month" to a court: time has two kinds. Working days are a third.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import NamedTuple

# kind, then each unit as "size of one in the kind's base = its names"; the first name is the unit's own. Names are
# read in folded text (lower case, simplified Chinese, ² as 2). Sizes are definitions: SI, the international yard and
# pound (1959), the market system of China (1959: 1斤 = 500 g, 1亩 = 1/15 hectare).
_TABLE = """
share        1/100 = % | percent | per cent | 个百分点 | percentage points | percentage point
share        1/1000 = ‰ | permille | per mille | per thousand
share        1/10 = tenth | 成
fold         1 = fold | 倍
mass         1 = g | 克 | gram | grams | gramme | grammes
mass         1/1000 = mg | 毫克 | milligram | milligrams
mass         1/1000000 = µg | μg | mcg | ug | 微克 | microgram | micrograms
mass         1/1000000000 = ng | 纳克 | nanogram | nanograms
mass         1000 = kg | 公斤 | 千克 | kilogram | kilograms | kilo | kilos
mass         500 = 斤 | 市斤
mass         1000000 = tonne | tonnes | 吨 | 公吨
mass         45359237/100000 = pound (mass) | lb | lbs | 磅
mass         45359237/1600000 = ounce | ounces | oz | 盎司
volume       1 = l | 升 | 公升 | litre | litres | liter | liters
volume       1/1000 = ml | 毫升 | millilitre | millilitres | milliliter | milliliters | cc | cm3 | 立方厘米
volume       1/10 = dl | 分升 | decilitre | decilitres | deciliter | deciliters
volume       1/1000000 = µl | μl | ul | 微升 | microlitre | microlitres | microliter | microliters
volume       1000 = m3 | 立方米 | 立方公尺 | cubic metre | cubic metres | cubic meter | cubic meters
amount       1 = mol | 摩尔 | mole | moles
amount       1/1000 = mmol | 毫摩尔 | millimole | millimoles
amount       1/1000000 = µmol | μmol | umol | 微摩尔 | micromole | micromoles
activity     1 = iu | 国际单位 | international unit | international units
pressure     1 = mmhg | 毫米汞柱
pascal       1 = kpa | 千帕
energy       1 = kcal | 千卡 | 大卡 | kilocalorie | kilocalories
length       1 = m | 米 | 公尺 | metre | metres | meter | meters
length       1000 = km | 公里 | 千米 | kilometre | kilometres | kilometer | kilometers
length       1/100 = cm | 厘米 | 公分 | centimetre | centimetres | centimeter | centimeters
length       1/1000 = mm | 毫米 | millimetre | millimetres | millimeter | millimeters
length       1/1000000 = µm | μm | um | 微米 | micrometre | micrometres | micrometer | micrometers
length       1/1000000000 = nm | 纳米 | nanometre | nanometres | nanometer | nanometers
length       1609344/1000 = mile | miles | 英里
length       3048/10000 = foot | feet | ft | 英尺
length       254/10000 = inch | inches | 英寸
length       9144/10000 = yard | yards | 码
length       500 = 华里
area         1 = m2 | 平方米 | 平米 | 平方公尺 | square metre | square metres | square meter | square meters | sq m
area         1000000 = km2 | 平方公里 | 平方千米 | square kilometres | square kilometers | sq km
area         10000 = hectare | hectares | ha | 公顷
area         10000/15 = 亩
area         40468564224/10000000 = acre | acres | 英亩
area         1/10000 = cm2 | 平方厘米 | square centimetres | square centimeters
area         9290304/100000000 = sq ft | square foot | square feet | 平方英尺
duration     1 = second | seconds | 秒 | 秒钟 | sec | secs
duration     1/1000 = millisecond | milliseconds | ms | 毫秒
duration     60 = minute | minutes | min | mins | 分钟
duration     3600 = hour | hours | h | hr | hrs | 小时 | 钟头
duration     86400 = day | days | 天 | 日 | 自然日 | 昼夜 | calendar day | calendar days
duration     604800 = week | weeks | 周 | 星期 | 礼拜
duration     1209600 = fortnight | fortnights
working day  1 = working day | working days | business day | business days | 工作日
months       1 = month | months | 月 | calendar month | calendar months
months       3 = quarter | 季度
months       12 = year | years | yr | yrs | 年 | 岁 | 周年 | 周岁 | 学年 | calendar year | calendar years
months       120 = decade | decades
time         1 = time | times | 次 | 回
tablet       1 = tablet | tablets | 片
capsule      1 = capsule | capsules | 粒
point        1 = point | points | 分
credit       1 = credit | credits | 学分
yuan         1 = yuan | 元 | rmb | cny | 人民币 | 元人民币 | 块钱 | 块 | renminbi
yuan         10000 = 10,000 yuan | 万元 | 万余元
yuan         100000000 = 100 million yuan | 亿元 | 亿余元
yuan         1/10 = jiao | 角
us dollar    1 = dollar | dollars | 美元 | usd | us dollars | us dollar | 美金
hk dollar    1 = hk dollar | hk dollars | hong kong dollars | 港元 | 港币 | hkd
nt dollar    1 = nt dollar | nt dollars | 新台币 | 台币 | twd
euro         1 = euro | euros | 欧元 | eur
sterling     1 = pound | pounds | 英镑 | gbp
yen          1 = yen | 日元 | 日圆 | jpy
data         1 = byte | bytes | 字节
data         1024 = kb | kilobyte | kilobytes
data         1048576 = mb | megabyte | megabytes
data         1073741824 = gb | gigabyte | gigabytes
celsius      1 = °c | 摄氏度 | degrees | degrees celsius | degree celsius | °
celsius      5/9 = °f | 华氏度 | degrees fahrenheit | degree fahrenheit
"""
_ICE = {"°f": 32}  # where the scale stands at the base's zero
_SIGNS = {
    "us$": "dollar", "$": "dollar", "hk$": "hk dollar", "nt$": "nt dollar", "€": "euro", "£": "pound", "¥": "yuan",
    "rmb": "yuan", "cny": "yuan", "人民币": "yuan", "usd": "dollar", "eur": "euro", "gbp": "pound", "hkd": "hk dollar",
    "港币": "hk dollar", "新台币": "nt dollar",
}  # fmt: skip


class Unit(NamedTuple):
    """A unit of measure. Amounts of one kind can be compared."""

    name: str
    kind: str
    size: Fraction  # of one, in the kind's base
    zero: int = 0  # on this unit's scale, at the base's zero


def _read_table() -> dict[str, Unit]:
    units: dict[str, Unit] = {}
    for line in _TABLE.strip().splitlines():
        measure, _, names = line.partition(" = ")
        kind, size = measure.rsplit(None, 1)
        written = names.split(" | ")
        unit = Unit(written[0], kind.strip(), Fraction(size), _ICE.get(written[0], 0))
        units |= dict.fromkeys(written, unit)
    return units


_UNITS = _read_table()
_LATIN_END = r"(?![a-z])"
_NAMES = "|".join(
    re.escape(name) + (_LATIN_END if name[-1].isascii() and name[-1].isalpha() else "")
    for name in sorted(_UNITS, key=len, reverse=True)
)
# "30余天", "十多个月", "3 个工作日"; 2-week; 5 mg/kg, 元/月. "3 m" is three metres, "3 m." may be anything: so be it.
_AFTER = re.compile(rf"[\s-]?[余多]?个?(?P<unit>{_NAMES})(?:\s?/\s?(?P<per>{_NAMES}))?")
_BEFORE = re.compile(rf"(?:^|(?<![a-z]))(?P<sign>{'|'.join(re.escape(s) for s in sorted(_SIGNS, key=len)[::-1])})\s?$")
_LONGEST_SIGN = 4  # characters with the space


class FoundUnit(NamedTuple):
    """A unit at a number: `per` is what it is taken by (mg/kg), `start` and `end` include number, sign and unit."""

    unit: Unit | None
    per: Unit | None
    start: int
    end: int


def unit_named(name: str) -> Unit | None:
    """The unit of this name, None where there is none."""
    return _UNITS.get(name)


def unit_at(text: str, start: int, end: int) -> FoundUnit:
    """The unit of the number that stands at `[start:end]` of a folded text: a sign before it or a name after it."""
    before = _BEFORE.search(text[max(0, start - _LONGEST_SIGN) : start])
    after = _AFTER.match(text, end)
    unit = _UNITS[after["unit"]] if after else None
    per = _UNITS[after["per"]] if after and after["per"] else None
    if before is not None:
        sign = _UNITS[_SIGNS[before["sign"]]]
        if unit is None or unit.kind != sign.kind:  # ¥1.5 万元 says it twice
            return FoundUnit(sign, None, start - len(before[0]), end)
        start -= len(before[0])
    return FoundUnit(unit, per, start, after.end() if after else end)
