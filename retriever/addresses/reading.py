"""The addresses in a question: article 12, § 12, Section 4.2, 第十二条, 第12条之一."""

from __future__ import annotations

import re
from typing import NamedTuple

from kb.text.folding import fold
from kb.text.numerals import canonical_numerals

# Read in text with numerals in digits, then folded. "Week 3" and "page 3" are places, too, but not those of a rule.
_ENGLISH = re.compile(
    r"(?:\b(?:articles?|arts?\.?|sections?|secs?\.|clauses?|rules?)|§{1,2})\s?"
    r"(?P<number>\d+[a-z]?(?:\.\d+)*)\b(?!\s?%)"
)
_CHINESE = re.compile(r"第\s?(?P<number>\d+)\s?条(?:之(?P<sub>\d+|[一二三四五六七八九十]+))?")


class Address(NamedTuple):
    """The number of an article or section as digits: "12", "12.1" (also of 第十二条之一), "4.2.1", "12a"."""

    number: str


def read_addresses(text: str) -> tuple[Address, ...]:
    """The addresses in `text`, each once, in their order."""
    plain = fold(canonical_numerals(text))
    found: list[tuple[int, str]] = [(match.start(), match["number"]) for match in _ENGLISH.finditer(plain)]
    for match in _CHINESE.finditer(plain):
        sub = canonical_numerals(f"第{match['sub']}条")[1:-1] if match["sub"] else ""  # 一 alone is no number there
        found.append((match.start(), match["number"] + (f".{sub}" if sub else "")))
    return tuple(dict.fromkeys(Address(_plain(number)) for _, number in sorted(found)))


def _plain(number: str) -> str:
    return ".".join(part.lstrip("0") or "0" for part in number.split("."))
