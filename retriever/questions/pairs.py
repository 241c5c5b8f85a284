"""All that one passage says about which expressions mean the same."""

from __future__ import annotations

import re
from collections.abc import Sequence

from retriever.questions.acronyms import find_acronyms
from retriever.questions.bilingual import find_parallel_headings, find_translations
from retriever.questions.records import Pair
from retriever.questions.shorthands import find_shorthands, find_synonyms

# Raise it whenever other pairs are found in the same text: what is kept of another version is learnt anew.
PAIRS_VERSION = 1

_HAN = re.compile("[\u3400-\u9fff]")
_LONGEST_KEPT = 60  # characters of an expression: longer ones are sentences


def find_pairs(title: str, headings: Sequence[str], text: str) -> list[Pair]:
    """The pairs that a passage gives, each once, in no promised order."""
    found: dict[Pair, None] = {}
    chinese = _HAN.search(text) is not None
    if "(" in text or "（" in text:
        found |= dict.fromkeys(find_acronyms(text))
        if chinese:
            found |= dict.fromkeys(find_translations(text))
    found |= dict.fromkeys(find_shorthands(text))
    found |= dict.fromkeys(find_synonyms(text))
    found |= dict.fromkeys(find_parallel_headings((title, *headings)))
    return [pair for pair in found if len(pair.short) <= _LONGEST_KEPT and len(pair.long) <= _LONGEST_KEPT]
