"""One thing wrong with what a rule limits: a most for a least, an exception more or less, a wrong conversion."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from decimal import Decimal

from benchmarks.planted_errors.placing import is_chinese, pick, put

# Units that occur in the texts, each with another unit and how many of those one is.
CONVERSIONS = {
    "mg": ("g", Decimal("0.001")), "g": ("mg", Decimal(1000)), "kg": ("g", Decimal(1000)),
    "weeks": ("days", Decimal(7)),
    "hours": ("minutes", Decimal(60)), "years": ("months", Decimal(12)), "km": ("m", Decimal(1000)),
    "minutes": ("seconds", Decimal(60)), "cm": ("mm", Decimal(10)), "days": ("hours", Decimal(24)),
    "毫克": ("克", Decimal("0.001")), "克": ("毫克", Decimal(1000)), "周": ("天", Decimal(7)),
    "小时": ("分钟", Decimal(60)),
    "公里": ("米", Decimal(1000)), "万元": ("元", Decimal(10_000)), "元": ("万元", Decimal("0.0001")),
    "公斤": ("克", Decimal(1000)), "分钟": ("秒", Decimal(60)), "厘米": ("毫米", Decimal(10)),
    "天": ("小时", Decimal(24)),
}  # fmt: skip
_NUMBER = r"[1-9]\d{0,5}(?:\.\d{1,2})?"
CONVERTED = re.compile(
    rf"(?<![\w.,/$%-])(?<! to )(?<! or )(?<!and )(?P<number>{_NUMBER})\s?"
    r"(?P<unit>mg|kg|weeks|hours|years|km|minutes|cm|days)(?![A-Za-z/]| \d)"
    rf"|(?<![\dA-Za-z.,，~-])(?P<n>{_NUMBER})"
    r"(?P<u>毫克|克|周(?![岁年])|小时|公里|万元|元|公斤|分钟|厘米|天)(?![a-z/左以之多后])"
)

_COUNT = r"(?=\d|one|two|three|four|five|six|ten|thirty|sixty|ninety|half)"
_CHINESE_COUNT = r"(?=[\d二两三四五六七八九十百])"
_COUNTED = r"(?<=[\d一二三四五六七八九十百千万])(?:[年月日天元人次名岁周倍个%]|个月|小时|万元)?"
_BOUNDS = (
    (re.compile(rf"(?P<bound>\bat least) {_COUNT}"), "at most"),
    (re.compile(rf"(?P<bound>\b(?:at most|up to|not more than|no more than)) {_COUNT}"), "at least"),
    (re.compile(rf"(?<!not )(?<!no )(?P<bound>\bmore than) {_COUNT}"), "less than"),
    (re.compile(rf"(?<!not )(?<!no )(?P<bound>\bless than) {_COUNT}"), "more than"),
    (re.compile(rf"(?P<bound>不得超过|不得超過|不超过|不超過|最多|最高){_CHINESE_COUNT}"), "不少于"),
    (re.compile(rf"(?P<bound>不得少于|不得低于|不少于|不低于|至少){_CHINESE_COUNT}"), "不超过"),
    (re.compile(rf"(?<!不)(?<!不得)(?P<bound>超过|超過){_CHINESE_COUNT}"), "少于"),
    (re.compile(rf"{_COUNTED}(?P<bound>以上)"), "以下"),
    (re.compile(rf"{_COUNTED}(?P<bound>以下|以内)"), "以上"),
)
_ENGLISH_EXCEPTIONS = (
    re.compile(r",? (?:except|unless|other than|excluding|save for|provided, however,) [^,.;]{8,}(?P<stop>[,.;])"),
    re.compile(r"\b(?:Except|Unless) [^,.;]{8,}, "),
)
_CHINESE_EXCEPTIONS = (
    re.compile(r"[，,；;][^，,。；;]{2,40}除外(?P<stop>[。；;])"),
    re.compile(r"[，,；]但是?[^。；]{2,40}(?:除外|可以|不得|应当|不适用|不予|必须)[^。；]{0,30}(?P<stop>[。；])"),
    re.compile(r"(?:，|,)除非[^，。；]{2,40}(?P<stop>[，。；])"),
    re.compile(r"除[^，。；]{2,30}(?:以外|之外|外)，"),
)
_MADE_UP_ENGLISH = (", except on public holidays", ", unless the other side objects", ", except for children")
_MADE_UP_CHINESE = ("，但未成年人除外", "，除非对方书面反对", "，但国家另有规定的除外")


def bound(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """A most for a least, or the other way round."""
    choices = [(found.span("bound"), new) for pattern, new in _BOUNDS for found in pattern.finditer(sentence)]
    if not choices:
        return None
    span, text = generator.choice(choices)
    return put(sentence, span, text)


def exception(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """An exception left out, or one made up."""
    chinese = is_chinese(sentence)
    dropped = [
        put(sentence, found.span(), found.groupdict().get("stop") or "")
        for pattern in (_CHINESE_EXCEPTIONS if chinese else _ENGLISH_EXCEPTIONS)
        for found in pattern.finditer(sentence)
    ]
    if dropped and generator.random() < 0.7:
        return generator.choice(dropped)
    if not re.search(r"[.。;；]$", sentence) or generator.random() < 0.7:  # most are left for other kinds
        return None
    made_up = _MADE_UP_CHINESE if chinese else _MADE_UP_ENGLISH
    return f"{sentence[:-1]}{generator.choice(made_up)}{sentence[-1]}"


def conversion(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """The amount in another unit, wrongly converted; `restyling.convert` does it rightly."""
    found = pick(CONVERTED.finditer(sentence), generator)
    if found is None:
        return None
    unit, factor = CONVERSIONS[found["unit"] or found["u"]]
    wrong = generator.choice([factor * 10, factor / 10, factor * 2])
    return put(sentence, found.span(), written_amount(Decimal(found["number"] or found["n"]) * wrong, unit))


def written_amount(number: Decimal, unit: str) -> str:
    """An amount without zeros at its end."""
    return f"{number.normalize():f}{' ' if unit[0].isascii() else ''}{unit}"
