"""Where in a sentence something is altered."""

from __future__ import annotations

import random
import re


def is_chinese(text: str) -> bool:
    """Whether Chinese characters stand in it."""
    return any("\u3400" <= character <= "\u9fff" for character in text)


def pick(found: object, generator: random.Random) -> re.Match[str] | None:
    """One of the matches, by chance; None for none."""
    matches = list(found)  # type: ignore[call-overload]  # an iterator of matches
    return generator.choice(matches) if matches else None


def put(sentence: str, span: tuple[int, int], text: str) -> str:
    """The sentence with `text` at the span."""
    return sentence[: span[0]] + text + sentence[span[1] :]
