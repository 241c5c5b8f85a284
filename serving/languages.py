"""The language in which an answer is given."""

from __future__ import annotations

from kb.text.folding import traditional_only
from kb.text.language import detect_language

ENGLISH, SIMPLIFIED, TRADITIONAL = "en", "zh-Hans", "zh-Hant"


def language_of(question: str) -> str:
    """The language of a question as "en", "zh-Hans" or "zh-Hant". What is neither is answered in English."""
    return detect_language(question) or (SIMPLIFIED if has_han(question) else ENGLISH)


def script_of(sentence: str) -> str:
    """The language of one sentence by its characters alone: a Chinese one stands for some three Latin letters."""
    han = sum("\u3400" <= character <= "\u9fff" for character in sentence)
    latin = sum(character.isascii() and character.isalpha() for character in sentence)
    if han * 3 <= latin:
        return ENGLISH
    return SIMPLIFIED if traditional_only().isdisjoint(sentence) else TRADITIONAL


def has_han(text: str) -> bool:
    """Whether Chinese characters stand in `text`."""
    return any("\u3400" <= character <= "\u9fff" for character in text)
