"""One attempt at an answer after the other: from the best passages, then from all of a document, then refused."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from kb.chat.spending import Spending
from kb.ports import ChatModel, Verifier
from kb.records import NO_FILTERS, AnswerStatus, Claimed, Filters, Hit, SearchResult, Turn
from serving.answer_sources import Documents, Search
from serving.cancellation import Cancellation
from serving.citations import Ledger
from serving.claims import Claims, Outcome
from serving.deciding import Deciding
from serving.drafting import Drafting, draft_answer
from serving.extractive import Extraction, extract, knows_cosines
from serving.languages import has_han, language_of
from serving.looking_through import LookedThrough, look_through
from serving.passages import build_readings
from serving.quoting import Quoting, quote_answer
from serving.reasons import Reason, because
from serving.refusal import say_refusal
from serving.stages import Stages
from serving.structured import draft_json
from serving.wishes import NO_WISHES, Wishes

PASSAGES = 10  # read for one answer: some 2,000 tokens of a model's prompt
_QUOTES = 2  # a reader takes in two quotes at a glance
# Confidence of the extractive reading below which a model is not even asked: of 800 answerable questions of two sets
# (squad2-dev-en, cmrc2018-zh), two lay below it.
_TOO_THIN = 0.1


@dataclass(frozen=True, slots=True)
class Asked:
    """Everything that one answer is made from."""

    question: str
    searcher: Search
    catalog: Documents
    verifier: Verifier
    model: ChatModel | None = None
    history: tuple[Turn, ...] = ()
    filters: Filters = NO_FILTERS
    k: int = PASSAGES
    wishes: Wishes = NO_WISHES
    deciding: Deciding = field(default_factory=Deciding)
    cancellation: Cancellation = field(default_factory=Cancellation)
    stages: Stages = field(default_factory=Stages)
    spending: Spending | None = None


def claims_of(
    asked: Asked, question: str, result: SearchResult, candidates: Sequence[Hit], timings: dict[str, float]
) -> Claims:
    """What is said from the best passages; before refusing, from the rest of the documents meant; or the refusal."""
    language = language_of(asked.question)
    reading = _from_passages(asked, question, candidates, result.hits, timings)
    outcome = yield from _decided(asked, reading)
    if outcome.status is not AnswerStatus.REFUSED or outcome.is_final:
        return outcome
    looked: LookedThrough | None = None
    if outcome.found_nothing and not asked.cancellation.cancelled:
        started = time.perf_counter()
        looked = look_through(question, asked.searcher, asked.catalog, asked.filters)
        timings["looking_through"] = time.perf_counter() - started
        read = {hit.passage.id for hit in result.hits}
        rest = [hit for hit in looked.hits if hit.passage.id not in read] if looked else []
        if rest:
            again = _from_passages(asked, question, None, rest, timings)
            outcome = yield from _decided(asked, again)
    if outcome.status is not AnswerStatus.REFUSED:
        return outcome
    return (yield from say_refusal(outcome, result.hits, looked, language))


def _from_passages(
    asked: Asked, question: str, candidates: Sequence[Hit] | None, hits: Sequence[Hit], timings: dict[str, float]
) -> Claims:
    """One reading of `hits`: claims, or none and refused.

    A model reads the best of `candidates`; unless given, those of `hits` from which would be quoted come first.
    """
    started = time.perf_counter()
    language = language_of(asked.question)
    ledger = Ledger(asked.catalog)
    collection = asked.catalog.collection()
    fitted = collection.space is not None and knows_cosines(question, collection.space.model)
    cosines = asked.searcher.likeness.cosines if fitted and asked.model is None else None  # a model chooses itself
    extraction = extract(question, hits, at_most=_QUOTES, trust_cosines=fitted, cosines=cosines)
    timings["reading"] = timings.get("reading", 0.0) + time.perf_counter() - started
    evidence = extraction.confidence if _is_comparable(question, hits) else None
    whatever = asked.deciding.whatever or asked.deciding.waits  # how sure is sure enough is decided on the whole answer
    if asked.model is None:
        quoting = Quoting(ledger, asked.verifier, collection.policy, asked.stages)
        return (yield from quote_answer(extraction, hits[: asked.k], language, quoting, question, whatever=whatever))
    if not whatever and not asked.wishes.toolbox and _is_too_thin(extraction, hits, evidence):
        return Outcome(AnswerStatus.REFUSED, extraction.confidence, asked.model.name, why=extraction.why)
    started = time.perf_counter()
    if candidates is None:
        quoted = [quote.hit for quote in extraction.quotes]
        candidates = [*quoted, *(hit for hit in hits if hit not in quoted)]
    readings = build_readings(candidates, asked.catalog, at_most=asked.k)
    timings["passages"] = time.perf_counter() - started
    drafting = Drafting(
        asked.model,
        asked.catalog,
        asked.verifier,
        ledger,
        collection.policy,
        asked.cancellation,
        asked.wishes,
        asked.filters,
        evidence,
        asked.stages,
    )
    if asked.wishes.form is not None:
        return (yield from draft_json(question, readings, language, asked.wishes.form, drafting))
    return (yield from draft_answer(question, readings, language, drafting))


def _decided(asked: Asked, making: Claims) -> Claims:
    """Hands the claims on with the chance that they are right; where a risk was stated, only those within it."""
    deciding, held = asked.deciding, list[Claimed]()
    outcome = _drained(making, held) if deciding.waits else (yield from making)
    decided = replace(outcome, confidence=deciding.chance_of(outcome.confidence))
    if outcome.status is AnswerStatus.REFUSED or deciding.is_sure(outcome.confidence):
        yield from held
        return decided
    return replace(decided, status=AnswerStatus.REFUSED, why=because(Reason.TOO_RISKY, asked.question))


def _drained(making: Claims, into: list[Claimed]) -> Outcome:
    """Makes every claim, shows none, and says how they ended."""
    while True:
        try:
            into.append(next(making))
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome


def _is_too_thin(extraction: Extraction, hits: Sequence[Hit], evidence: float | None) -> bool:
    """Whether a model could only invent. It may find an answer where the extractive reading sees none."""
    if not hits:
        return True
    return evidence is not None and not extraction.answered and evidence < _TOO_THIN


def _is_comparable(question: str, hits: Sequence[Hit]) -> bool:
    """Whether the extractive reading can tell if the passages answer the question.

    It compares words: where no passage is in the question's script, it has nothing to say.
    """
    chinese = has_han(question)
    return any(has_han(hit.passage.text) == chinese for hit in hits)
