"""One thing wrong: a number, unit, date, negation, name or article number of a true sentence is altered."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence

from benchmarks.planted_errors.limits import bound, conversion, exception
from benchmarks.planted_errors.placing import is_chinese, pick, put

Alter = Callable[[str, Sequence[str], random.Random], str | None]  # sentence, names from elsewhere → altered, or None

_HAN = "\u3400-\u9fff"
MONTHS = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
]
_MONTH = "|".join(MONTHS)
_CHINESE_DIGITS = "一二三四五六七八九十"

_ENGLISH_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\b(?<!may)(?: (?P<day>\d{{1,2}})\b)?|(?P<year>(?:1[5-9]|20)\d\d)\b(?![-–%.]))"
)
_CHINESE_DATE = re.compile(r"(?P<year>\d{4})年|(?P<month>\d{1,2})月|(?P<day>\d{1,2})日")
_ARTICLE = re.compile(
    rf"(?P<before>\b(?:Section|Article|Clause|Chapter|Part|Exhibit|Schedule|§)\s?)"
    rf"(?:[\d.]+(?P<part>\([a-z\d]\))|(?P<digits>\d+))"
    rf"|(?P<di>第)(?P<chinese>[{_CHINESE_DIGITS}百]+|\d+)(?P<kind>[条條款项項章节節])"
)
_NUMBER = re.compile(
    rf"(?<![\w.,/$%-])\d+(?:\.\d+)?(?![\w/-]|[.,]\d)(?!\s?(?:年|月|日|[.)、]))|(?<=[{_HAN}])\d+(?:\.\d+)?(?=[{_HAN}])(?![年月日条款项])"
    rf"|(?<=[{_HAN}])[一二三四五六七八九]?十[一二三四五六七八九]?(?=[年日月万个倍人元])"
)
_ENGLISH_UNITS = (
    ("mg", "g"), ("g", "mg"), ("milligrams", "grams"), ("kg", "g"), ("mL", "L"), ("ml", "l"), ("cm", "mm"), ("km", "m"),
    ("days", "weeks"), ("weeks", "months"), ("months", "years"), ("years", "months"), ("hours", "days"),
    ("minutes", "hours"), ("seconds", "minutes"), ("percent", "per thousand"), ("%", "‰"), ("miles", "kilometres"),
    ("dollars", "euros"), ("day", "week"), ("month", "year"), ("year", "month"),
)  # fmt: skip
_CHINESE_UNITS = (
    ("毫克", "克"), ("克", "毫克"), ("小时", "天"), ("分钟", "小时"), ("天", "周"), ("个月", "年"), ("年", "个月"),
    ("日", "个月"), ("周", "个月"), ("岁", "个月"), ("公里", "米"), ("米", "公里"), ("公斤", "克"), ("万元", "元"),
    ("元", "万元"), ("%", "倍"), ("％", "倍"), ("毫升", "升"), ("次", "天"), ("平方公里", "平方米"), ("倍", "成"),
)  # fmt: skip
_AUXILIARY = r"\b(is|are|was|were|can|could|should|may|must|will|shall|would|does|do|did|has been|have been)"
_ENGLISH_NEGATIONS = (
    (re.compile(rf"{_AUXILIARY}\b(?! not\b)"), lambda found: f"{found[0]} not"),
    (re.compile(rf"{_AUXILIARY}(?: not|n't)\b"), lambda found: found[1]),
    (re.compile(r"\bcannot\b"), lambda _: "can"),
    (re.compile(r"\b(?:except|excluding|other than)\b"), lambda _: "including"),
    (re.compile(r"\bwithout\b"), lambda _: "with"),
)  # fmt: skip
_CHINESE_NEGATIONS = (
    (re.compile(r"不得"), lambda _: "可以"),
    (re.compile(r"应当|必须|應當"), lambda _: "不得"),
    (re.compile(r"(?<!不)可以"), lambda _: "不可以"),
    (re.compile(r"(?<!不)(?<![能会要总还])是(?!否)"), lambda _: "不是"),
    (re.compile(r"没有|沒有"), lambda _: "有"),
    (re.compile(r"不(?=[能会需属可宜])"), lambda _: ""),
    (re.compile(r"除外"), lambda _: "在内"),
)  # fmt: skip
_ENGLISH_NAME = re.compile(r"(?<=[a-z,] )(?:[A-Z][a-z]{2,}|[A-Z]{2,}[a-z]?)(?: (?:[A-Z][a-z]{2,}|[A-Z]{2,}))*\b")
_PLACES = "北京|上海|广东|江苏|浙江|四川|湖南|山东|河南|重庆|天津|南京|武汉|成都|美国|英国|法国|德国|日本|韩国|印度"
_CHINESE_NAME = re.compile(
    rf"《[^《》]{{2,20}}》|“[^“”]{{2,10}}”|「[^「」]{{2,10}}」|(?<=[{_HAN}，。、 ])[A-Z][A-Za-z-]{{2,}}"
    rf"|{_PLACES}"
)


def number(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """Another digit, a digit more, or one added."""
    found = pick(_NUMBER.finditer(sentence), generator)
    return None if found is None else put(sentence, found.span(), _other_number(found[0], generator))


def unit(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """The same number of something else."""
    choices = []
    table = _CHINESE_UNITS if is_chinese(sentence) else _ENGLISH_UNITS
    before, after = (rf"(?:\d|[{_CHINESE_DIGITS}])", "") if is_chinese(sentence) else (r"\d\s?", r"(?![A-Za-z])")
    for old, new in table:
        pattern = re.compile(rf"(?P<before>{before}){re.escape(old)}{after}")
        choices += [(found.start() + len(found["before"]), found.end(), new) for found in pattern.finditer(sentence)]
    choices = [c for c in choices if not any(o[0] == c[0] and o[1] > c[1] for o in choices)]  # the longest unit there
    choices = [c for c in choices if not (sentence[c[0]] == "年" and re.search(r"\d{4}$", sentence[: c[0]]))]
    choices = [c for c in choices if not (sentence[c[0]] == "日" and re.search(r"月\d+$", sentence[: c[0]]))]
    if not choices:
        return None
    start, end, new = generator.choice(choices)
    return put(sentence, (start, end), new)


def date(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """Another month, day or year."""
    chinese = is_chinese(sentence)
    found = pick((_CHINESE_DATE if chinese else _ENGLISH_DATE).finditer(sentence), generator)
    if found is None:
        return None
    part = generator.choice([name for name, text in found.groupdict().items() if text])
    text = found[part]
    if text in MONTHS:
        return put(sentence, found.span(part), generator.choice([month for month in MONTHS if month != text]))
    limit = {"month": 12, "day": 28}.get(part, 0)
    shift = generator.choice([1, 2, 3])
    new = str((int(text) - 1 + shift) % limit + 1 if limit else int(text) + generator.choice([-1, 1]) * shift)
    return put(sentence, found.span(part), new)


def negation(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """Yes for no, no for yes, an exception for none."""
    chinese = is_chinese(sentence)
    choices = []
    for pattern, new in _CHINESE_NEGATIONS if chinese else _ENGLISH_NEGATIONS:
        choices += [(found.span(), new(found)) for found in pattern.finditer(sentence)]
    if not choices:
        return None
    span, text = generator.choice(choices)
    return put(sentence, span, text)


def name(sentence: str, names: Sequence[str], generator: random.Random) -> str | None:
    """A name from another document."""
    chinese = is_chinese(sentence)
    found = pick((_CHINESE_NAME if chinese else _ENGLISH_NAME).finditer(sentence), generator)
    if found is None or re.fullmatch(
        rf"(?:{_MONTH}|Section|Article|Clause|Chapter|Part|Exhibit|Schedule)\b.*", found[0]
    ):
        return None
    old = found[0]
    others = [other for other in names if _sort(other) == _sort(old)]
    others = [other for other in others if other.strip("《》“”「」").lower() not in sentence.lower()]
    return put(sentence, found.span(), generator.choice(others)) if others else None


def _sort(name: str) -> str:
    """Which bracket a name stands in, "A" for Latin letters, "" for bare Chinese characters."""
    return name[0] if name[0] in "《“「" else "A" if name[0].isascii() else ""


def article(sentence: str, _names: Sequence[str], generator: random.Random) -> str | None:
    """The number of another article, section or paragraph: 5(2) as 5(3), 第三款 as 第四款."""
    found = pick(_ARTICLE.finditer(sentence), generator)
    if found is None:
        return None
    if found["part"]:
        label = found["part"][1]
        return put(sentence, found.span("part"), f"({chr(ord(label) + 1) if label not in '9z' else '1'})")
    group = "digits" if found["digits"] else "chinese"
    text = found[group]
    if text.isdecimal():
        return put(sentence, found.span(group), str(int(text) + generator.choice([1, 2, 10])))
    last = text[-1] if text[-1] in _CHINESE_DIGITS[:9] else ""
    new = text[:-1] + _CHINESE_DIGITS[(_CHINESE_DIGITS.index(last) + 1) % 9] if last else text + "一"
    return put(sentence, found.span(group), new)


KINDS: dict[str, Alter] = {
    "number": number, "unit": unit, "date": date, "negation": negation, "name": name, "article": article,
    "bound": bound, "exception": exception, "conversion": conversion,
}  # fmt: skip


def names_in(sentence: str) -> list[str]:
    """Names that can stand for others."""
    return [found[0] for pattern in (_ENGLISH_NAME, _CHINESE_NAME) for found in pattern.finditer(sentence)]


def _other_number(text: str, generator: random.Random) -> str:
    if not text[0].isdecimal():
        return "五十" if text != "五十" else "六十"
    if generator.random() < 0.4 and float(text) > 0:
        return text + "0" if "." not in text else text.replace(".", "", 1).lstrip("0") or "1"
    place = generator.choice([place for place, character in enumerate(text) if character.isdecimal()])
    digits = [digit for digit in "123456789" if digit != str(int(text[place]))]  # which may be a full-width one
    return text[:place] + generator.choice(digits) + text[place + 1 :]
