"""The two steps that all claim-level judges share: split a text into claims, check claims against a text."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from eval.judging.asking import Judge
from eval.judging.replies import numbered_verdicts, texts_of
from eval.metrics.words import is_chinese

_AT_ONCE = 20  # claims in one call: with more, models lose count of them


def language_of_texts(*texts: str) -> str:
    """The language in which a judge is asked: "zh" where Chinese outweighs Latin writing, else "en"."""
    return "zh" if is_chinese(*texts) else "en"


def claims_of(judge: Judge, question: str, text: str, language: str) -> list[str]:
    """The claims of a text, each understandable alone.

    Raises:
        NotJudgedError: the judge failed.
    """
    if not text.strip():
        return []
    return judge.ask("claims", language, partial(texts_of, key="claims"), question=question, text=text)


def supported(judge: Judge, claims: Sequence[str], text: str, language: str) -> list[bool]:
    """Whether `text` bears each claim out.

    Raises:
        NotJudgedError: the judge failed on any of them.
    """
    return [verdict == 1 for verdict in verdicts_on(judge, "support", "supported", claims, text, language, highest=1)]


def verdicts_on(
    judge: Judge, prompt: str, key: str, items: Sequence[str], text: str, language: str, *, highest: int
) -> list[int]:
    """The verdict on each item given a text, 0 to `highest`."""
    found: list[int] = []
    for first in range(0, len(items), _AT_ONCE):
        batch = items[first : first + _AT_ONCE]
        check = partial(numbered_verdicts, key=key, count=len(batch), highest=highest)
        numbered = "\n".join(f"{number}. {item}" for number, item in enumerate(batch, start=1))
        found += judge.ask(prompt, language, check, text=text, items=numbered)
    return found
