"""A verifier that asks a model about meaning: after words have settled what they can, and never at an answer's cost.

Where a model fails (its server is down, it runs out of memory, it answers with garbage), words decide, the reason says
so, and the model is left alone for a while: else every sentence would wait for it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol, runtime_checkable

from kb.chat.spending import Spending
from kb.errors import IbidError, ModelError
from kb.ports import Judgement, Verifier
from kb.records import Verdict
from serving.reasons import Reason, because
from serving.verifiers.word_checks import WordCheck, check_words

REST_SECONDS = 30.0  # as long as a reranker that failed is left alone

_FAILURE_CHARACTERS = 300
_MOST_AT_ONCE = 6  # sentences in one call: with more, models lose count of them


class Question(NamedTuple):
    """A sentence and the words it cites."""

    sentence: str
    quotes: Sequence[str]


class Meaning(Protocol):
    """Judges meaning; what words say was looked at before."""

    def judge(self, questions: Sequence[Question]) -> Sequence[Judgement | None]:
        """One judgement for each question, in their order; None where it does not read such texts: words decide then.

        Raises:
            Exception: of any kind, where it cannot.
        """
        ...


@runtime_checkable
class AsksChatModel(Protocol):
    """Meaning that is judged by a chat model."""

    def counted(self, spending: Spending) -> Meaning:
        """The same; its calls are counted."""
        ...


class Health(NamedTuple):
    """How a verifier is doing. `failure` is "" where its model can be asked."""

    kind: str
    model: str
    failure: str = ""


class CheckedVerifier:
    """Implements `kb.ports.Verifier`. Safe to use from several threads.

    Args:
        kind: as the settings call it.
        name: the model's, before it is opened.
        open_meaning: opens what judges meaning, when the first sentence needs it.
        clock: seconds that only go up.
    """

    def __init__(
        self, kind: str, name: str, open_meaning: Callable[[], Meaning], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._kind = kind
        self._name = name
        self._open = open_meaning
        self._clock = clock
        self._opening = threading.Lock()
        self._meaning: Meaning | None = None
        self._failure = ""
        self._failed_at = 0.0

    @property
    def health(self) -> Health:
        """Whether its model could be asked last time."""
        return Health(self._kind, self._name, self._failure)

    def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
        """Judges `sentence` (without its markers) against the words it cites, and nothing else."""
        return self.verify_all([Question(sentence, quotes)])[0]

    def verify_all(self, questions: Sequence[Question], spending: Spending | None = None) -> list[Judgement]:
        """Judges several sentences, in as few calls to the model as it allows.

        Args:
            questions: the sentences with what they cite.
            spending: counts the calls to a chat model.
        """
        checks = [check_words(*question) for question in questions]
        open_ones = [place for place, check in enumerate(checks) if not check.final]
        judged = {place: check.judgement for place, check in enumerate(checks)}
        for first in range(0, len(open_ones), _MOST_AT_ONCE):
            places = open_ones[first : first + _MOST_AT_ONCE]
            asked = [questions[place] for place in places]
            said = self._judge(asked, spending)
            for number, place in enumerate(places):
                sentence, check = asked[number].sentence, checks[place]
                judged[place] = _unasked(check, sentence) if said is None else _settled(said[number], check, sentence)
        return [judged[place] for place in range(len(questions))]

    def open(self) -> None:
        """Loads the model, so that the first sentence need not wait for it. What fails is told with that sentence."""
        self._judge([])

    def _judge(
        self, questions: Sequence[Question], spending: Spending | None = None
    ) -> Sequence[Judgement | None] | None:
        """What the model says; None where it cannot be asked."""
        if self._failure and self._clock() - self._failed_at < REST_SECONDS:
            return None
        try:
            meaning = self._opened()
            if spending is not None and isinstance(meaning, AsksChatModel):
                meaning = meaning.counted(spending)
            judgements = meaning.judge(questions)
            if len(judgements) != len(questions):
                raise ModelError(f"{len(judgements)} verdicts came for {len(questions)} sentences")
        except Exception as error:  # whatever it is, an answer must not break on it
            self._failure, self._failed_at = _in_short(error), self._clock()
            return None
        if questions:  # an empty question proves no server
            self._failure = ""
        return judgements

    def _opened(self) -> Meaning:
        with self._opening:
            if self._meaning is None:
                self._meaning = self._open()
            return self._meaning


class _CountedVerifier(NamedTuple):
    """A verifier as one answer uses it."""

    verifier: CheckedVerifier
    spending: Spending

    def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
        """As the verifier's own."""
        return self.verifier.verify_all([Question(sentence, quotes)], self.spending)[0]


def counted(verifier: Verifier, spending: Spending) -> Verifier:
    """The same verifier; what it asks of a chat model is counted."""
    return _CountedVerifier(verifier, spending) if isinstance(verifier, CheckedVerifier) else verifier


def _unasked(check: WordCheck, sentence: str) -> Judgement:
    """What words say where the model cannot be asked; why it cannot is in the health."""
    return replace(check.judgement, why=because(Reason.BY_WORDS_ALONE, sentence, why=check.judgement.why))


def _settled(judgement: Judgement | None, check: WordCheck, sentence: str) -> Judgement:
    """The model's word where words allow it, theirs where it has none."""
    if judgement is None:
        return check.judgement
    if judgement.verdict is not Verdict.SUPPORTED:
        return judgement
    if check.flaw is not None:
        return check.flaw
    if not check.alike:
        return Judgement(Verdict.UNSUPPORTED, because(Reason.MODEL_ALONE, sentence), 0.3)
    return judgement


def judge_all(verifier: Verifier, questions: Sequence[Question]) -> list[Judgement]:
    """What any verifier says of several sentences: in few calls where it asks a model, else one after the other."""
    if isinstance(verifier, CheckedVerifier):
        return verifier.verify_all(questions)
    return [verifier.verify(*question) for question in questions]


def _in_short(error: Exception) -> str:
    said = error.what if isinstance(error, IbidError) else f"{type(error).__name__}: {error}"
    said = " ".join(said.split())
    return said if len(said) <= _FAILURE_CHARACTERS else said[:_FAILURE_CHARACTERS] + "…"
