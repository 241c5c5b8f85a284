"""English number words (twenty-one, one hundred and five, three million, two thirds) and Roman numerals (type II)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TY = "twenty thirty forty fifty sixty seventy eighty ninety"
_UNITS = {word: value for value, word in enumerate(_SMALL.split())}
_TENS = {word: 10 * value for value, word in enumerate(_TY.split(), start=2)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_TH = "first second third fourth fifth sixth seventh eighth ninth"
_ORDINALS = {word: value for value, word in enumerate(_TH.split(), start=1)}
_PARTS_OF = {**{word: value for word, value in _ORDINALS.items() if value > 2}, "tenth": 10, "half": 2, "quarter": 4}
_NUMBER_WORDS = frozenset((*_UNITS, *_TENS))
_WORD = re.compile(r"[A-Za-z]+")
_FIRST_WORDS = frozenset(form for word in (*_NUMBER_WORDS, "a") for form in (word, word.capitalize(), word.upper()))

_TEN_WORDS = "|".join(_TENS)
_UNIT_WORDS = "|".join(reversed(_UNITS))  # longer words before their beginnings: seventeen, seven
_SCALE_WORDS = "|".join(_SCALES)
_BELOW_HUNDRED = (
    rf"(?:(?:{_TEN_WORDS})(?:[-\s](?:one|two|three|four|five|six|seven|eight|nine)\b)?|(?:{_UNIT_WORDS})\b)"
)
_BELOW_THOUSAND = rf"(?:(?:a|{_UNIT_WORDS})\s+hundred\b(?:\s+(?:and\s+)?{_BELOW_HUNDRED})?|{_BELOW_HUNDRED})"
_PERCENT = r"\s?(?:%|percent\b|per\s?cent\b)"
_NUMERAL = re.compile(
    rf"\b(?:(?P<ten>{_TEN_WORDS})[-\s](?P<ordinal>{'|'.join(_ORDINALS)})\b"
    rf"|(?P<number>(?:{_BELOW_THOUSAND}|a(?=\s+(?:{_SCALE_WORDS})\b))"
    rf"(?:[-\s]+(?:{_SCALE_WORDS})\b(?:,?\s+(?:and\s+)?{_BELOW_THOUSAND})?){{0,4}})\b"
    rf"(?:(?P<percent>{_PERCENT})|[-\s](?P<part>{'|'.join(_PARTS_OF)}|halve)s?\b)?)",
    re.IGNORECASE,
)
_TIME_OR_PERCENT = re.compile(rf"[-\s](?:hour|day|week|month|year|minute|second)s?\b|{_PERCENT}", re.IGNORECASE)
_ENDINGS = {1: "st", 2: "nd", 3: "rd"}


def find_english_numerals(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, the number in ASCII digits) of the number words in `text`, in order.

    "one" alone counts only before units of time and percent, ordinals only after a ten (twenty-first, but not third).
    """
    position = 0
    for word in _WORD.finditer(text):
        if word[0] not in _FIRST_WORDS or word.start() < position:
            continue
        match = _NUMERAL.match(text, word.start())
        digits = _digits(match) if match else ""
        if match and digits:
            position = match.end()
            yield match.start(), position, digits


def _digits(match: re.Match[str]) -> str:
    if match["ten"]:
        ordinal = _TENS[match["ten"].lower()] + _ORDINALS[match["ordinal"].lower()]
        return f"{ordinal}{_ENDINGS.get(ordinal % 10, 'th')}"
    written = match["number"]
    is_bare_one = written.lower() == "one" and not match["part"]
    if is_bare_one and not _TIME_OR_PERCENT.match(match.string, match.end("number")):
        return ""
    value = parse_english_numeral(written)
    return "" if value is None else f"{value:f}{_rest(match)}"


def _rest(match: re.Match[str]) -> str:
    if match["part"]:
        return f"/{_PARTS_OF.get(match['part'].lower(), 2)}"
    return "%" if match["percent"] else ""


def parse_english_numeral(text: str) -> Decimal | None:
    """The number that `text` writes in English words ("one hundred and five" is 105), or None if it is none."""
    total = current = Decimal(0)
    seen = False
    for word in _WORD.findall(text.lower()):
        if word in _NUMBER_WORDS:
            current += _UNITS.get(word, 0) + _TENS.get(word, 0)
        elif word == "hundred":
            current = max(current, Decimal(1)) * 100
        elif word in _SCALES:
            total, current = total + max(current, Decimal(1)) * _SCALES[word], Decimal(0)
        elif word in {"and", "a"}:
            continue
        else:
            return None
        seen = True
    return total + current if seen else None


def scale_of(word: str) -> int:
    """What "million" multiplies by."""
    return _SCALES[word.lower()]


_ROMAN_WORD = re.compile(r"[IVX]+(?![A-Za-z])")
_ROMAN_NUMBER = re.compile(r"X{0,3}(?:IX|IV|V?I{0,3})")
_LABEL = re.compile(
    r"\b(?:(?:Articles?|Sections?|Chapters?|Parts?|Titles?|Books?|Volumes?|Schedules?|Annex|Appendix)"
    r"|(?i:phase|type|grade|stage|class|level|tier|category))\s+\Z"
)
_LONGEST_LABEL = 12  # characters with the space
_ROMAN = {"I": 1, "V": 5, "X": 10}


def find_roman_numerals(text: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, the number in ASCII digits) of Roman numerals up to 39 after a word that they number."""
    for match in _ROMAN_WORD.finditer(text):
        start = match.start()
        if _ROMAN_NUMBER.fullmatch(match[0]) and _LABEL.search(text[max(0, start - _LONGEST_LABEL) : start]):
            values = [_ROMAN[character] for character in match[0]]
            signed = [-value if value < after else value for value, after in zip(values, [*values[1:], 0], strict=True)]
            yield start, match.end(), str(sum(signed))
