"""The sentences of an answer, made while they pass: what each kind of answer hands on, and how it is summed up."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from kb.records import AnswerStatus, Claimed, Conflict, ToolCall, Verdict, Withheld

# What a sentence of each verdict is worth: the mean over an answer's sentences is the checker's part of its confidence.
# Nothing says that a partly supported sentence is worth just this; the order is what matters.
_WORTH = {
    Verdict.SUPPORTED: 1.0,
    Verdict.PARTLY: 0.6,
    Verdict.UNCITED: 0.2,
    Verdict.UNSUPPORTED: 0.1,
    Verdict.CONTRADICTED: 0.0,
}
_BORNE_OUT = frozenset({Verdict.SUPPORTED, Verdict.PARTLY})

OF_IBID_ITSELF = "said by ibid about its search, not by the documents"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an answer ended. Where it is refused, the refusal is still to be said (`serving/refusal.py`)."""

    status: AnswerStatus
    confidence: float  # 0 to 1
    model: str
    withheld: tuple[Withheld, ...] = ()
    prompts: Mapping[str, int] = field(default_factory=dict)  # name and version
    conflicts: tuple[Conflict, ...] = ()
    why: str = OF_IBID_ITSELF  # of a refusal: what is missing
    cut: bool = False  # the model's reply was ended at its greatest length
    calls: tuple[ToolCall, ...] = ()  # of tools, which the model wants made

    @property
    def found_nothing(self) -> bool:
        """Whether it is refused because no answer was found, not because one was held back."""
        return self.status is AnswerStatus.REFUSED and not self.withheld and not self.is_final

    @property
    def is_final(self) -> bool:
        """Whether there is nothing to try again or to say in its place, although nothing may have been answered."""
        return self.cut or bool(self.calls)


Claims = Generator[Claimed, None, Outcome]


def status_of(verdicts: Sequence[Verdict], *, whole: bool) -> AnswerStatus:
    """ANSWERED when every sentence is borne out at least partly, REFUSED when nothing may be shown, else PARTLY.

    `whole` is False when sentences were withheld, or the model said that it knows no more.
    """
    if not verdicts:
        return AnswerStatus.REFUSED
    if whole and all(verdict in _BORNE_OUT for verdict in verdicts):
        return AnswerStatus.ANSWERED
    return AnswerStatus.PARTLY


def is_withheld(verdict: Verdict) -> bool:
    """Whether a strict collection keeps a sentence of this verdict back."""
    return verdict not in _BORNE_OUT


def confidence_of(verdicts: Sequence[Verdict], evidence: float | None) -> float:
    """How sure a model's answer is, 0 to 1: what the checker says of its sentences, and the search of its passages.

    Their product: an answer is unsure when its sentences are not borne out, and also when they are, by passages that do
    not look as if they answered the question.

    Args:
        verdicts: of every sentence, shown or withheld.
        evidence: how likely the passages are to hold an answer, 0 to 1; None where that cannot be told.
    """
    worth = worth_of(verdicts)
    return worth if evidence is None else worth * evidence


def worth_of(verdicts: Sequence[Verdict]) -> float:
    """The mean worth of sentences with these verdicts, 0 to 1."""
    return sum(_WORTH[verdict] for verdict in verdicts) / len(verdicts) if verdicts else 0.0
