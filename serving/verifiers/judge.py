"""Meaning by a chat model: it reads the sentences and the quotes that they cite, and nothing else.

Whether it judges, or does as a document told it, is checked twice. Among the sentences stands one, at a place that no
document can know, of which no quote speaks: a judge that bears it out is not believed. And the words by which it says
that a sentence is decided must stand in the quote.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any, NamedTuple

from kb.chat.replies import json_objects
from kb.chat.spending import Spending
from kb.errors import ModelError
from kb.ports import ChatModel, JsonSchema, Judgement
from kb.prompting import PromptText, as_data, frame_key
from kb.records import Turn, Verdict
from kb.text.folding import fold
from kb.turns import standing_aside
from serving.cancellation import Cancellation
from serving.languages import language_of
from serving.placed_quotes import headings_of
from serving.prompts import fill
from serving.verifiers.checked import Question

_QUOTE_CHARACTERS = 4_000  # of one quote: passages joined for a model are at most some 3,200 long
_TOKENS_FOR_A_SENTENCE = 150  # copied words, a reason, and the rest of its entry
_REASON_CHARACTERS = 300
_TRIES = 2  # a second try mends a stray word; a model that fails twice fails the third time too

_JUDGED = {verdict.value: verdict for verdict in Verdict if verdict is not Verdict.UNCITED}
# What each verdict is worth as a probability: chat models give none.
_CONFIDENCE = {Verdict.SUPPORTED: 0.9, Verdict.PARTLY: 0.7, Verdict.CONTRADICTED: 0.8, Verdict.UNSUPPORTED: 0.8}
_BORNE_OUT = (Verdict.SUPPORTED, Verdict.PARTLY)


class _Asked(NamedTuple):
    """One request: what is sent, and what the reply must fit."""

    system: str
    request: str
    quotes: tuple[str, ...]
    cited: tuple[frozenset[int], ...]  # by sentence, the control among them: numbers of quotes
    control: int  # its place among the sentences


class JudgeMeaning:
    """Implements `Meaning` with a chat model.

    Args:
        model: asked once for all sentences of a call.
        seconds: for one call; then it is closed.
    """

    def __init__(self, model: ChatModel, seconds: float) -> None:
        self._model = model
        self._seconds = seconds

    def counted(self, spending: Spending) -> JudgeMeaning:
        """The same judge; its calls are counted."""
        return JudgeMeaning(spending.counting(self._model), self._seconds)

    def judge(self, questions: Sequence[Question]) -> list[Judgement]:
        """One judgement for each question.

        Raises:
            ModelError: the model failed, took too long, gave nothing usable twice, or cannot be believed.
        """
        if not questions:
            return []
        asked = _asked(questions)
        wrong = ""
        for _ in range(_TRIES):
            found = _read(self._reply(asked), asked)
            if not isinstance(found, str):
                return _believed(found, asked)
            wrong = found
        raise ModelError(f"{self._model.name} gave no usable verdicts", wrong)

    def _reply(self, asked: _Asked) -> str:
        most = _TOKENS_FOR_A_SENTENCE * len(asked.cited)
        cancellation = Cancellation()
        timer = threading.Timer(self._seconds, cancellation.cancel)
        stream = self._model.stream(
            asked.system, (Turn("user", asked.request),), max_tokens=most, schema=_schema(len(asked.cited))
        )
        timer.daemon = True  # an interrupted program need not wait for it
        timer.start()
        try:
            with cancellation.watching(stream) as pieces, standing_aside():
                reply = "".join(pieces)
        finally:
            timer.cancel()
        if cancellation.cancelled:
            raise ModelError(f"{self._model.name} took too long to judge", f"no verdict within {self._seconds:g} s")
        return reply


def _asked(questions: Sequence[Question]) -> _Asked:
    language = language_of(questions[0].sentence)
    quotes = tuple(dict.fromkeys(quote for question in questions for quote in question.quotes if quote.strip()))
    numbers = {quote: number for number, quote in enumerate(quotes, start=1)}
    cited = [frozenset(numbers[quote] for quote in q.quotes if quote.strip()) for q in questions]
    sentences = [question.sentence for question in questions]
    sources = [_source(quote) for quote in quotes]
    key = frame_key((*sentences, *quotes, *sources))
    control = int(key, 16) % (len(sentences) + 1)
    sentences.insert(control, fill("judge_control", language, code=f"{int(key, 16):010d}"))
    cited.insert(control, frozenset(numbers.values()))
    framed_quotes = [
        fill("judge_quote", language, key=key, number=str(number), source=source, text=quote[:_QUOTE_CHARACTERS])
        for number, (quote, source) in enumerate(zip(quotes, sources, strict=True), start=1)
    ]
    framed_sentences = [
        fill("judge_sentence", language, key=key, number=str(number), cites=" ".join(map(str, sorted(own))), text=text)
        for number, (text, own) in enumerate(zip(sentences, cited, strict=True), start=1)
    ]
    request = fill(
        "judge_sentences",
        language,
        quotes=PromptText("\n".join(framed_quotes)),
        sentences=PromptText("\n".join(framed_sentences)),
        count=str(len(sentences)),
    )
    return _Asked(fill("judge_system", language), request, quotes, tuple(cited), control)


def _source(quote: str) -> str:
    return " ".join(as_data(" > ".join(headings_of(quote))).replace('"', "'").replace("<", "'").split())


def _schema(count: int) -> JsonSchema:
    entry = {
        "type": "object",
        "properties": {
            "number": {"type": "integer"},
            "quote": {"type": "integer"},
            "words": {"type": "string"},
            "reason": {"type": "string"},
            "verdict": {"type": "string", "enum": list(_JUDGED)},
        },
        "required": ["number", "quote", "words", "reason", "verdict"],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"verdicts": {"type": "array", "items": entry, "minItems": count, "maxItems": count}},
        "required": ["verdicts"],
        "additionalProperties": False,
    }


def _read(reply: str, asked: _Asked) -> list[Judgement] | str:
    """The judgements by sentence, the control among them; or what is wrong with the reply."""
    wrong = "it holds no whole JSON object"
    for value in json_objects(reply):
        entries = value.get("verdicts")
        found = _by_number(entries, asked) if isinstance(entries, list) else "`verdicts` is no list"
        if not isinstance(found, str):
            return found
        wrong = found
    return wrong


def _by_number(entries: list[Any], asked: _Asked) -> list[Judgement] | str:
    found: dict[int, Judgement] = {}
    for entry in entries:
        number = entry.get("number") if isinstance(entry, dict) else None
        if type(number) is not int or not 1 <= number <= len(asked.cited) or number in found:
            return "the numbers do not fit the sentences"
        judgement = _of_entry(entry, asked, asked.cited[number - 1])
        if isinstance(judgement, str):
            return judgement
        found[number] = judgement
    if len(found) != len(asked.cited):
        return f"{len(asked.cited)} verdicts were asked for, {len(found)} came"
    return [found[number] for number in range(1, len(found) + 1)]


def _of_entry(entry: dict[str, Any], asked: _Asked, cited: frozenset[int]) -> Judgement | str:
    verdict, quote, words, reason = (entry.get(key) for key in ("verdict", "quote", "words", "reason"))
    if not isinstance(verdict, str) or verdict not in _JUDGED:
        return f"a verdict is none of {', '.join(_JUDGED)}"
    if not isinstance(words, str) or not isinstance(reason, str) or type(quote) is not int:
        return "an entry is not of the wanted form"
    judged = _JUDGED[verdict]
    if judged is not Verdict.UNSUPPORTED:
        if quote not in cited:
            return "a sentence is decided by a quote that it does not cite"
        if not _stands_in(words, asked.quotes[quote - 1]):
            return "the deciding words do not stand in their quote"
    return Judgement(judged, _why(reason, words), _CONFIDENCE[judged])


def _stands_in(words: str, quote: str) -> bool:
    """Whether every part of the copied words (parts are parted by …) is in the quote, and there are any."""
    held = _letters(quote)
    parts = [letters for part in words.replace("...", "…").split("…") if (letters := _letters(part))]
    return bool(parts) and all(part in held for part in parts)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, fold(as_data(text))))


def _why(reason: str, words: str) -> str:
    said = " ".join(as_data(reason).split())
    said = said if len(said) <= _REASON_CHARACTERS else said[:_REASON_CHARACTERS] + "…"
    return said or (f"“{' '.join(words.split())}”" if words.strip() else "the judge gave no reason")


def _believed(found: list[Judgement], asked: _Asked) -> list[Judgement]:
    """The judgements without the control's.

    Raises:
        ModelError: the control was borne out.
    """
    if found[asked.control].verdict in _BORNE_OUT:
        raise ModelError("the judge bore out a sentence of which no quote speaks", "it may do as a document tells it")
    return [judgement for place, judgement in enumerate(found) if place != asked.control]
