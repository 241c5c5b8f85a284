"""The same in other words: what must not be taken for an error."""

from __future__ import annotations

import random
import re
from decimal import Decimal
from functools import cache

from benchmarks.planted_errors.alterations import MONTHS
from benchmarks.planted_errors.limits import CONVERSIONS, CONVERTED, written_amount
from kb.text.folding import simplified_characters

_SMALL = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_CHINESE = "零一二三四五六七八九"
_OPENINGS = re.compile(
    r"^(?:However|Therefore|Moreover|In addition|Also|Thus|Furthermore|For example), "
    r"|^(?:但是|因此|此外|另外|所以|同时)，?"
)
_UNITS = {"mg": "milligrams", "kg": "kilograms", "ml": "millilitres", "mL": "millilitres", "cm": "centimetres",
          "percent": "%", "毫克": "mg", "公斤": "千克", "小时": "个小时"}  # fmt: skip


def restyle(sentence: str, generator: random.Random) -> str:
    """The sentence with one thing written otherwise, where there is one: a number, unit, date, opening, or its stop."""
    written = [change(sentence) for change in _CHANGES]
    others = [text for text in written if text != sentence]
    return generator.choice(others) if others else sentence


def _number_words(sentence: str) -> str:
    return re.sub(r"(?<![\w.,$/-])([2-9]|1[0-2])(?= [a-z]+s\b)", lambda found: _SMALL[int(found[1])], sentence, count=1)


def _number_digits(sentence: str) -> str:
    found = re.search(
        r"\b(two|three|four|five|six|seven|eight|nine|ten|twelve)(?= (?:days|weeks|months|years|hours|times))", sentence
    )
    return sentence.replace(found[0], str(_SMALL.index(found[0])), 1) if found else sentence


def _chinese_digits(sentence: str) -> str:
    return re.sub(r"(?<=第)([一二三四五六七八九])(?=[条款项])", lambda found: str(_CHINESE.index(found[1])), sentence)


def _chinese_numerals(sentence: str) -> str:
    return re.sub(r"(?<![\d.])([2-9])(?=[天周年]|个月)(?!年代)", lambda found: _CHINESE[int(found[1])], sentence)


def _full_width(sentence: str) -> str:
    if not re.search(r"[\u3400-\u9fff]", sentence):
        return sentence
    return sentence.translate(str.maketrans("0123456789", "０１２３４５６７８９"))


def _date(sentence: str) -> str:
    return re.sub(
        rf"\b({'|'.join(MONTHS)}) (\d{{1,2}}), (\d{{4}})", lambda found: f"{found[2]} {found[1]} {found[3]}", sentence
    )


def _chinese_date(sentence: str) -> str:
    return re.sub(r"(\d{4})年(\d{1,2})月(\d{1,2})日", lambda found: f"{found[1]}-{found[2]}-{found[3]} ", sentence)


def _thousands(sentence: str) -> str:
    return re.sub(r"(?<=\d),(?=\d{3}\b)", "", sentence)


def _unit(sentence: str) -> str:
    for short, long in _UNITS.items():
        found = re.search(rf"(?<=\d)(\s?){re.escape(short)}(?![A-Za-z])", sentence)
        if found:
            return sentence[: found.start()] + (f" {long}" if long[0].isascii() else long) + sentence[found.end() :]
    return sentence


def _opening(sentence: str) -> str:
    rest = _OPENINGS.sub("", sentence)
    return rest[:1].upper() + rest[1:]


def _framed(sentence: str) -> str:
    if not sentence[0].isalpha():  # a list's number does not stand inside a sentence
        return sentence
    if re.search(r"[\u3400-\u9fff]", sentence):
        return "根据文件，" + sentence
    return "According to the document, " + (sentence if sentence[:2].isupper() else sentence[:1].lower() + sentence[1:])


def _converted(sentence: str) -> str:
    found = CONVERTED.search(sentence)
    if found is None:
        return sentence
    unit, factor = CONVERSIONS[found["unit"] or found["u"]]
    amount = written_amount(Decimal(found["number"] or found["n"]) * factor, unit)
    return sentence[: found.start()] + amount + sentence[found.end() :]


def _traditional(sentence: str) -> str:
    """Character by character: some come out as no writer would choose, but as the same character to a reader."""
    return "".join(_traditional_characters().get(character, character) for character in sentence)


@cache
def _traditional_characters() -> dict[str, str]:
    return {simplified: traditional for traditional, simplified in simplified_characters().items()}


_CHANGES = (
    _converted, _traditional,
    _number_words, _number_digits, _chinese_digits, _chinese_numerals, _full_width, _date, _chinese_date, _thousands,
    _unit, _opening, _framed,
)  # fmt: skip
