"""Numbers as documents write them at the head of a rule: 12, １２, 十二, 一百零三, 一〇三, XII."""

from __future__ import annotations

import re
import unicodedata

_CHINESE = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_UNITS = {"十": 10, "百": 100, "千": 1000}
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_ROMAN_SHAPE = re.compile("(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})|C{1,3}(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})")


def number_of(written: str) -> int | None:
    """The whole number that `written` stands for, or None if it is none."""
    plain = unicodedata.normalize("NFKC", written).strip()
    if not plain:
        return None
    if plain.isdecimal():
        return int(plain)
    if all(character in _CHINESE or character in _UNITS for character in plain):
        return _chinese_number(plain)
    return _roman_number(plain) if _ROMAN_SHAPE.fullmatch(plain) else None


def _chinese_number(written: str) -> int:
    if not any(character in _UNITS for character in written):
        return int("".join(str(_CHINESE[character]) for character in written))
    total = digit = 0
    for character in written:
        if character in _UNITS:
            total += (digit or 1) * _UNITS[character]
            digit = 0
        else:
            digit = _CHINESE[character]
    return total + digit


def _roman_number(written: str) -> int:
    values = [_ROMAN[character] for character in written]
    return sum(-value if value < max(values[index:]) else value for index, value in enumerate(values))
