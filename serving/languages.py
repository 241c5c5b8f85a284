"""The language in which an answer is given."""

from __future__ import annotations

import re

from kb.text.folding import traditional_only
from kb.text.language import detect_language

ENGLISH, SIMPLIFIED, TRADITIONAL = "en", "zh-Hans", "zh-Hant"

_HAN = re.compile("[\u3400-\u9fff]")
_LATIN = re.compile("[A-Za-z]+")


def language_of(question: str) -> str:
    """The language of a question as "en", "zh-Hans" or "zh-Hant". What is neither is answered in English."""
    return detect_language(question) or (SIMPLIFIED if has_han(question) else ENGLISH)


def script_of(sentence: str) -> str:
    """The language of one sentence by its characters alone."""
    if not is_chinese(sentence):
        return ENGLISH
    return SIMPLIFIED if traditional_only().isdisjoint(sentence) else TRADITIONAL


def is_chinese(text: str) -> bool:
    """Whether a text is more Chinese than English by its characters: a Chinese one stands for some three letters."""
    return 3 * len(_HAN.findall(text)) > sum(map(len, _LATIN.findall(text)))


def has_han(text: str) -> bool:
    """Whether Chinese characters stand in `text`."""
    return _HAN.search(text) is not None
