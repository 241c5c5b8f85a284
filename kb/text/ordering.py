"""The order in which people expect titles and names that hold numbers: 2 before 10, 第二讲 before 第十讲."""

from __future__ import annotations

import re

from kb.text.numerals import canonical_numerals

_ASCII_DIGITS = re.compile(r"[0-9]+")
# Only these are worth reading as numerals: reading costs twenty times what all the rest does.
_OTHER_NUMERALS = re.compile(r"[０-９〇零一二两兩三四五六七八九十百千廿卅]")
_LONGEST = 40  # digits of a number that are counted: longer ones are no numbers (the length is told by one character)


def natural_key(text: str) -> str:
    """What to sort `text` by: numbers by their size, however they are written, and all else as it is.

    Case is left alone: fold it before.
    """
    read = canonical_numerals(text) if _OTHER_NUMERALS.search(text) else text
    return _ASCII_DIGITS.sub(_by_size, read)


def _by_size(digits: re.Match[str]) -> str:
    """The number after its length, so that of two the shorter one comes first. Still below all letters."""
    number = digits.group().lstrip("0") or "0"
    return f"0{chr(ord('0') + min(len(number), _LONGEST))}{number}"
