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

# What a question for an article's text holds beside its number. Read in folded text.
_ASKING = re.compile(
    r"\b(?:what|which|how|does|do|did|is|are|the|of|in|an?|and|please|me|say|says|said|state|states|provide|provides"
    r"|stipulate|stipulates|prescribe|prescribes|contain|contains|regulate|regulates|text|wording|content|contents"
    r"|quote|show|read|cite|tell)\b|[请第条款说讲写的了些是有和与问]|规定|内容|原文|全文|什么|如何|怎么|怎样"
)

_NUMBERED = re.compile(r"[ \t]*(?P<number>\d{1,3}[a-z]?(?:\.\d{1,3})*)[.)]?[ \t]+(?=[^\W\d])")


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


def names_nothing_else(question: str) -> bool:
    """Whether a question asks for an article and says not a word of what it is about, nor of what document it is in."""
    plain = fold(canonical_numerals(question))
    rest = _ASKING.sub(" ", _CHINESE.sub(" ", _ENGLISH.sub(" ", plain)))
    return bool(read_addresses(question)) and not any(character.isalnum() for character in rest)


def numbered_line(line: str) -> Address | None:
    """The number with which a line begins that needs no word before it: "12. Charges", "12.1 The Client shall pay"."""
    match = _NUMBERED.match(line)
    return Address(_plain(match["number"].lower())) if match else None


def _plain(number: str) -> str:
    return ".".join(part.lstrip("0") or "0" for part in number.split("."))
