"""Whether a value of an answer stands in the passages, and where."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement, Verifier
from kb.records import Hit, Verdict
from serving.citations import Span, narrow, quotes_of, whole_span
from serving.claims import worth_of
from serving.extractive.terms import read_terms
from serving.reasons import Reason, because
from serving.structured.leaves import Value
from serving.tightening import tighten
from serving.writing import compared_terms


def judge_value(value: Value, hits: Sequence[Hit], verifier: Verifier, question: str) -> tuple[Judgement, Span | None]:
    """The verdict on a value, and the words that bear it out best; reasons are in the question's language.

    A text is judged as a sentence is. A number is looked for, however it is written. True, false and null say nothing
    that words could be held against.
    """
    if value is None or isinstance(value, bool) or value == "":
        return Judgement(Verdict.UNCITED, because(Reason.NO_WORDS, question)), None
    found = [_judged(value, hit, verifier, question) for hit in hits]
    return max(found, key=lambda judged: worth_of([judged[0].verdict]), default=(_nowhere(str(value), question), None))


def _judged(value: str | float, hit: Hit, verifier: Verifier, question: str) -> tuple[Judgement, Span | None]:
    text = str(value)
    span = narrow(text, hit)
    if isinstance(value, str):
        judgement = verifier.verify(text, quotes_of([span]))
    elif _holds_number(span.quote, value) or _holds_number((span := whole_span(hit)).quote, value):
        judgement = Judgement(Verdict.SUPPORTED, because(Reason.TO_THE_LETTER, question))
    else:
        return _nowhere(text, question), None
    if worth_of([judgement.verdict]) <= worth_of([Verdict.UNSUPPORTED]):
        return judgement, None
    return judgement, tighten(text, [span])[0]


def _holds_number(quote: str, number: float) -> bool:
    written = {*read_terms(quote).exact, *compared_terms(quote).exact}
    return bool({f"{number:g}", str(number), f"{number:.12g}"} & written)


def _nowhere(text: str, question: str) -> Judgement:
    return Judgement(Verdict.UNSUPPORTED, because(Reason.NOWHERE, question, said=text))
