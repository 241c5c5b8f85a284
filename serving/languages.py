"""The language in which an answer is given."""

from __future__ import annotations

from kb.text.language import detect_language

ENGLISH, SIMPLIFIED, TRADITIONAL = "en", "zh-Hans", "zh-Hant"


def language_of(question: str) -> str:
    """The language of a question as "en", "zh-Hans" or "zh-Hant". What is neither is answered in English."""
    return detect_language(question) or (SIMPLIFIED if has_han(question) else ENGLISH)


def has_han(text: str) -> bool:
    """Whether Chinese characters stand in `text`."""
    return any("\u3400" <= character <= "\u9fff" for character in text)
