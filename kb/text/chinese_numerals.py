"""Chinese numerals: 十二, 两千零五, 一百二 (120), 3万5千, 二〇二四, 壹佰, 廿三, 三点一四, 百分之三十."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_DIGITS = {
    **{character: value for value, character in enumerate("〇一二三四五六七八九")},
    **{character: value for value, character in enumerate("零壹贰叁肆伍陆柒捌玖")},
    **{character: value for value, character in enumerate("○壹貳參肆伍陸柒捌玖")},
    "两": 2,
    "兩": 2,
    "叄": 3,
}
_TENS = {"十": 10, "百": 100, "千": 1000, "拾": 10, "佰": 100, "仟": 1000}
_MYRIADS = {"万": 10**4, "萬": 10**4, "亿": 10**8, "億": 10**8, "兆": 10**12}
_JOINED_TENS = {"廿": 20, "卅": 30, "卌": 40}

_DIGIT = f"[{''.join(_DIGITS)}]"
_UNIT = f"[{''.join((*_TENS, *_MYRIADS, *_JOINED_TENS))}]"
_ANY = f"[{''.join((*_DIGITS, *_TENS, *_MYRIADS, *_JOINED_TENS))}]"

# A run that may be a numeral. No number needs more than 40 characters.
_RUN = re.compile(rf"{_ANY}(?:{_ANY}|(?<={_UNIT})\d){{0,40}}(?:[点點]{_DIGIT}{{1,10}}(?![分刻鐘钟个個线線半]))?")
_DIGITS_BEFORE = re.compile(r"(?<![\dA-Za-z.,])\d{1,12}(?:\.\d{1,6})?\Z")
_PART_OF = re.compile(
    rf"(?P<whole>{_ANY}{{1,6}})分之(?P<part>(?:{_ANY}{{1,8}}(?:[点點]{_DIGIT}{{1,6}})?|\d{{1,9}}(?:\.\d{{1,6}})?))"
)
_UNITS_IN = re.compile(_UNIT)
_SIGNS = {"百": "%", "千": "‰"}

# What a single character must stand before to be a number.
_COUNTED = re.compile(
    r"[个個名位人元倍级級度克米升吨噸种種类類份张張件家户戶层層期条條款项項章节節编編篇卷页頁届屆次年月日号號天周週岁歲时時秒门門]"
    r"|成(?![为為了功立员員果分长長绩績本型都对對])|小[时時]|星期|公[里斤分顷頃]|毫[米升克]|厘米|平方|立方|分[钟鐘]|[学學][时時分]"
)
_TIME = re.compile(
    r"[年月日天周週岁歲]|小[时時]|[个個]月|星期|分[钟鐘]|倍"
)  # "one" of these is a quantity, not an article
_NO_NUMBER_BEFORE_ONE = "统統唯同单單专專之划劃进進万萬每任某另这這那星周週期拜"


def find_chinese_numerals(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, the number in ASCII digits) of the Chinese numerals in `text`, in order."""
    position = 0
    for match in _RUN.finditer(text):
        start, end = match.span()
        if start < position:
            continue
        digits = ""
        if text[end : end + 2] == "分之" and (fraction := _PART_OF.match(text, start)):
            digits, end = _fraction(fraction), fraction.end()
        elif start and text[start - 1].isascii() and text[start - 1].isdigit():
            start, digits = _after_digits(text, start, match[0])
        else:
            digits = _digits(text, start, match[0])
        if digits:
            position = end
            yield start, end, digits


def _after_digits(text: str, start: int, written: str) -> tuple[int, str]:
    """3万, 1.5亿: Arabic digits with Chinese units."""
    before = _DIGITS_BEFORE.search(text[max(0, start - 20) : start])
    value = parse_chinese_numeral(before[0] + written) if before and written[0] not in _DIGITS else None
    if before is None or value is None:
        return start, ""
    return start - len(before[0]), f"{value.normalize():f}"


def _fraction(match: re.Match[str]) -> str:
    part = parse_chinese_numeral(match["part"])
    if part is None and match["part"][0].isdigit():
        part = Decimal(match["part"])
    if part is None:
        return ""
    if match["whole"] in _SIGNS:
        return f"{part:f}{_SIGNS[match['whole']]}"
    whole = parse_chinese_numeral(match["whole"])
    return "" if whole is None else f"{part:f}/{whole:f}"


def _digits(text: str, start: int, written: str) -> str:
    if len(written) == 1 and not _is_counted(text, start, written):
        return ""
    value = parse_chinese_numeral(written)
    has_units = _UNITS_IN.search(written) is not None
    if value is None or not (has_units or len(written) == 1 or _is_code(text, start, written)):
        return ""
    return f"{value.normalize():f}"


def _is_counted(text: str, start: int, character: str) -> bool:
    """Whether a single character stands where numbers stand: 第三, （三）, 三年."""
    before, after = text[max(0, start - 1) : start], text[start + 1 : start + 2]
    if before == "第" or (before in "（(" and before and after in "）)" and after):
        return True
    if character in "一壹":
        return _TIME.match(text, start + 1) is not None and (not before or before not in _NO_NUMBER_BEFORE_ONE)
    return _COUNTED.match(text, start + 1) is not None


def _is_code(text: str, start: int, written: str) -> bool:
    """Whether digits without units are read one by one (二〇二四, 一九九八年) and are no word (七八个)."""
    if len(written) >= 4 or "点" in written or "點" in written or written[1] in "〇零○":
        return True
    return text[start + len(written) : start + len(written) + 1] in ("年", "號", "号")


def parse_chinese_numeral(text: str) -> Decimal | None:
    """The number that `text` writes in Chinese numerals (with Arabic digits among them or not), or None.

    None is also the answer for what is no well-formed number: 十七八 ("17 or 18"), 千万 ("by all means"), 万一 ("in
    case"). Digits without units are read one by one: 二〇二四 is 2024. A last digit after 百, 千 or 万 counts the next
    lower unit, as it is spoken: 一百二 is 120.
    """
    whole, point, fraction = text.partition("点" if "点" in text else "點")
    if point:
        return _with_fraction(whole, fraction)
    if not _UNITS_IN.search(text):
        return _digit_by_digit(text)
    return _by_units(_parts(text))


def _with_fraction(whole: str, fraction: str) -> Decimal | None:
    units = parse_chinese_numeral(whole) if whole else None
    digits = _digit_by_digit(fraction)
    if units is None or digits is None:
        return None
    return units + digits.scaleb(-len(fraction))


def _digit_by_digit(text: str) -> Decimal | None:
    is_read_so = len(text) == 1 or not ("两" in text or "兩" in text)  # 三三两两 is a word
    if not text or not is_read_so or any(character not in _DIGITS for character in text):
        return None
    return Decimal("".join([str(_DIGITS[character]) for character in text]))


def _parts(text: str) -> list[str]:
    """Single characters, and runs of Arabic digits as one."""
    parts: list[str] = []
    for character in text:
        if parts and _is_arabic(character) and _is_arabic(parts[-1][-1]):
            parts[-1] += character
        else:
            parts.append(character)
    return parts


def _is_arabic(character: str) -> bool:
    return character.isascii() and (character.isdigit() or character == ".")


def _by_units(parts: list[str]) -> Decimal | None:
    """Reads digits followed by units: sections below 10,000, each ended by 万, 亿 or the end."""
    total = Decimal(0)
    section: list[str] = []
    last_myriad = 0
    for part in parts:
        if part not in _MYRIADS:
            section.append(part)
            continue
        scale = _MYRIADS[part]
        value = _section(section) if section else None
        if value is None and total and not section:  # 万亿
            total, last_myriad = total * scale, scale
            continue
        if value is None or not value:
            return None
        total = (total + value) * scale if scale > last_myriad > 0 else total + value * scale
        section, last_myriad = [], scale
    if not section:
        return total
    if last_myriad and len(section) == 1 and _DIGITS.get(section[0], 0) > 0:  # 三万五
        return total + Decimal(_DIGITS[section[0]] * last_myriad) / 10
    rest = _section(section)
    return None if rest is None else total + rest


def _section(parts: list[str]) -> Decimal | None:
    """A number below 10,000, such as 两千零五十 or 一百二."""
    total = Decimal(0)
    digit: Decimal | None = None
    last_unit = 10**4
    after_zero = False
    for position, part in enumerate(parts):
        if part in _JOINED_TENS and digit is None and last_unit > 10:
            total, last_unit = total + _JOINED_TENS[part], 10
        elif part in _TENS:
            unit = _TENS[part]
            if digit is None and not (unit == 10 and (position == 0 or after_zero)):
                return None
            if unit >= last_unit:
                return None
            total += (1 if digit is None else digit) * unit
            digit, last_unit, after_zero = None, unit, False
        elif digit is not None:
            return None
        elif _DIGITS.get(part) == 0 and len(parts) > 1:
            after_zero = True
        else:
            digit = _value(part)
            if digit is None:
                return None
    if digit is None:
        return total
    spoken_short = not after_zero and 10 < last_unit < 10**4 and parts[-1] in _DIGITS
    return total + digit * (last_unit // 10 if spoken_short else 1)


def _value(part: str) -> Decimal | None:
    if part in _DIGITS:
        return Decimal(_DIGITS[part])
    return Decimal(part) if part[0].isdigit() and part.count(".") <= 1 and part[-1] != "." else None
