"""Nugget recall: how many of the facts that an answer must have it has.

Facts are listed from the gold answer and marked vital or not; the answer states each fully (1), partly (1/2) or not
(0). The score is the mean over the vital facts, over all where none is vital ("V" of the AutoNuggetizer, Pradeep et al.
2024, section 3).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from eval.judging.asking import Judge, NotJudgedError
from eval.judging.claims import language_of_texts, verdicts_on

_MOST = 20  # facts of one answer, the AutoNuggetizer's own limit
_FULLY = 2  # the verdict on a fact that is stated whole


class _Nugget(NamedTuple):
    text: str
    vital: bool


def judge_nuggets(judge: Judge, question: str, answer: str, gold: str) -> float:
    """0 to 1; an answer without words has no fact: 0.

    Raises:
        NotJudgedError: the judge failed, or found no fact in the gold answer.
    """
    language = language_of_texts(answer, gold)
    nuggets = judge.ask("nuggets", language, _nuggets, question=question, text=gold, most=str(_MOST))
    if not nuggets:
        raise NotJudgedError("the gold answer holds no fact")
    if not answer.strip():
        return 0.0
    chosen = [nugget for nugget in nuggets if nugget.vital] or nuggets
    items = [nugget.text for nugget in chosen]
    verdicts = verdicts_on(judge, "coverage", "stated", items, answer, language, highest=_FULLY)
    return sum(verdicts) / (_FULLY * len(verdicts))


def _nuggets(value: dict[str, Any]) -> list[_Nugget] | str:
    listed = value.get("nuggets")
    if not isinstance(listed, list):
        return "`nuggets` is no list"
    found = []
    for entry in listed[:_MOST]:
        text = entry.get("text") if isinstance(entry, dict) else entry
        if not isinstance(text, str):
            return "a nugget has no text"
        vital = entry.get("vital", 1) if isinstance(entry, dict) else 1
        if text.strip():
            found.append(_Nugget(" ".join(text.split()), vital in (1, True, "1", "true", "yes", "是")))
    return found
