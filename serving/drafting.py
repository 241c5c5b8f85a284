"""Answers by a model: numbered passages in, whole sentences out, each resolved to places and judged against them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from time import perf_counter

from kb.chat.asking import asked_with
from kb.chat.cutting import cut_where_received
from kb.chat.tools import calls_of
from kb.errors import OverlongReplyError, ReplyCutError
from kb.ports import ChatModel, Judgement, Verifier
from kb.records import NO_FILTERS, AnswerStatus, Claim, Claimed, Filters, Hit, Policy, Turn, Verdict, Withheld
from serving.absences import judge_absence
from serving.answer_prompt import NO_ANSWER, answer_prompt
from serving.answer_sources import Documents
from serving.cancellation import Cancellation
from serving.citations import Ledger, Span, narrow, quotes_of, whole_span
from serving.claims import OF_IBID_ITSELF, Claims, Outcome, confidence_of, status_of, worth_of
from serving.conflicts import Disagreement
from serving.cut_replies import cut_text
from serving.gate import SentenceGate
from serving.languages import ENGLISH
from serving.markers import cited_numbers, replace_markers, without_markers
from serving.passages import Reading
from serving.reasons import Reason, because
from serving.stages import CHECKING, FIRST_TOKEN, MODEL, Stages
from serving.tightening import tighten
from serving.wishes import NO_WISHES, Wishes
from serving.withholding import keeps_back, withheld_text


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a model's answer is made with.

    `evidence` is how likely the passages are to hold an answer, 0 to 1; None where that cannot be told.
    """

    model: ChatModel
    catalog: Documents
    verifier: Verifier
    ledger: Ledger
    policy: Policy
    cancellation: Cancellation
    wishes: Wishes = NO_WISHES
    filters: Filters = NO_FILTERS
    evidence: float | None = None
    stages: Stages = field(default_factory=Stages)


def draft_answer(question: str, readings: Sequence[Reading], language: str, means: Drafting) -> Claims:
    """One claim for each sentence that the model writes, as soon as it is whole; none where it says it cannot.

    Args:
        question: standing alone.
        readings: what the model reads, in this order.
        language: of the answer.
        means: the model and all else that it takes.

    Raises:
        ModelError: the model failed, perhaps after some claims were yielded.
    """
    verdicts: list[Verdict] = []  # of every sentence, shown or withheld
    told: list[Claim] = []
    withheld: list[Withheld] = []
    gave_up = False
    cut: ReplyCutError | None = None
    hits = [reading.hit for reading in readings]
    wishes = means.wishes
    disagreement = Disagreement(hits, question, means.ledger)
    prompt = answer_prompt(
        question, readings, language, instructions=wishes.instructions, has_tools=wishes.toolbox is not None
    )
    model = asked_with(means.model, wishes.sampling, wishes.toolbox)
    reply = model.stream(prompt.system, (Turn("user", prompt.question),), max_tokens=wishes.max_tokens)
    try:
        for sentence in _without_repeats(_sentences(reply, means)):
            if sentence.strip().lstrip("*`\"'“[(").startswith(NO_ANSWER):
                gave_up = True
                break
            with means.stages.during(CHECKING):
                judged = _judged(sentence, hits, means)
            if isinstance(judged, Withheld):
                withheld.append(judged)
                verdicts.append(judged.verdict)
                continue
            verdicts.append(judged.claim.verdict)
            told.append(judged.claim)
            yield judged
            disagreement.look_at(judged.claim)
    except ReplyCutError as error:
        wanted_short = wishes.max_tokens is not None and isinstance(error, OverlongReplyError)
        if not verdicts and not wanted_short:
            raise  # there is nothing to keep
        cut = error
    whole = not gave_up and cut is None
    conflicts = yield from disagreement.told(told, language, means.verifier)
    outcome = Outcome(
        status_of(verdicts, whole=whole),
        confidence_of(verdicts, means.evidence),
        means.model.name,
        tuple(withheld),
        prompt.versions,
        conflicts,
        cut=cut is not None,
        calls=calls_of(reply),
    )
    shown = len(verdicts) - len(withheld)
    gap = "\n" if shown and language == ENGLISH else ""
    if cut is not None:
        yield Claimed(Claim(gap + cut_text(cut, language), Verdict.UNCITED, OF_IBID_ITSELF), ())
    if withheld:
        words = withheld_text(withheld, language, all_of_it=not shown)
        yield Claimed(Claim(gap + words, Verdict.UNCITED, OF_IBID_ITSELF), ())
    return outcome if shown else replace(outcome, status=AnswerStatus.REFUSED, confidence=0.0)


def _without_repeats(sentences: Iterator[str]) -> Iterator[str]:
    """The sentences, each once: a second time, even of another passage, it tells a reader nothing."""
    said: set[str] = set()
    for sentence in sentences:
        words = without_markers(sentence).strip()
        if words not in said:
            said.add(words)
            yield sentence


def _sentences(reply: Iterator[str], means: Drafting) -> Iterator[str]:
    gate = SentenceGate()
    with means.stages.during(MODEL), means.cancellation.watching(reply) as pieces:
        called = perf_counter()
        cut = cut_where_received(pieces, gate.read)
        try:
            for sentence in cut:
                if means.cancellation.cancelled:
                    return
                yield sentence
        finally:
            if cut.began_at is not None:
                means.stages.note(FIRST_TOKEN, called, cut.began_at)
    if not means.cancellation.cancelled:
        yield from gate.finish()


def _judged(sentence: str, hits: Sequence[Hit], means: Drafting) -> Claimed | Withheld:
    """The sentence with its citations and verdict, or what the collection's policy keeps back of it."""
    numbers = [number for number in cited_numbers(sentence) if 1 <= number <= len(hits)]
    plain = without_markers(sentence).strip()
    cited = [hits[number - 1] for number in numbers]
    spans, judgement = _best_places(plain, cited, means.verifier)
    judgement = judge_absence(plain, cited, means.catalog, means.filters) or judgement
    if keeps_back(means.policy, judgement.verdict):
        return Withheld(plain, judgement.verdict, judgement.why)
    known = len(means.ledger.citations)
    markers = {number: means.ledger.cite(span).marker for number, span in zip(numbers, spans, strict=True)}
    claim = Claim(
        replace_markers(sentence, markers.get), judgement.verdict, judgement.why, tuple(dict.fromkeys(markers.values()))
    )
    return Claimed(claim, means.ledger.since(known))


def _best_places(plain: str, cited: Sequence[Hit], verifier: Verifier) -> tuple[list[Span], Judgement]:
    """The words of each cited passage that bear the claim, from more of it only where they bear it better."""
    if not cited:
        return [], Judgement(Verdict.UNCITED, because(Reason.NONE_CITED, plain))
    narrowed = [narrow(plain, hit) for hit in cited]
    judgement = verifier.verify(plain, quotes_of(narrowed))
    if judgement.verdict is Verdict.SUPPORTED:
        return tighten(plain, narrowed), judgement
    whole = [whole_span(hit) for hit in cited]
    again = verifier.verify(plain, quotes_of(whole))
    if worth_of([again.verdict]) > worth_of([judgement.verdict]):
        return tighten(plain, whole), again
    return narrowed, judgement
