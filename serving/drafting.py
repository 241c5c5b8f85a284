"""Answers by a model: numbered passages in, whole sentences out, each resolved to places and judged against them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kb.ports import ChatModel, Judgement, Verifier
from kb.records import AnswerStatus, Claim, Claimed, Hit, Policy, Turn, Verdict
from serving.cancellation import Cancellation
from serving.citations import Ledger, Span, narrow, whole_span
from serving.claims import OF_IBID_ITSELF, Claims, Outcome, is_withheld, refuse, status_of, worth_of
from serving.gate import SentenceGate
from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL
from serving.markers import cited_numbers, replace_markers, without_markers
from serving.passages import Reading
from serving.prompts import fill
from serving.refusal import withheld_text

NO_ANSWER = "NO_ANSWER_IN_PASSAGES"  # what the prompt tells a model to say when the passages do not answer

_TAG = re.compile(r"<(?=\s*/?\s*passage)", re.IGNORECASE)
_COPIES_NAMED = 2  # of a text that stands in many documents
_UNCITED = "no passage is cited"
_ANSWER_IN = {
    ENGLISH: "Answer in English.",
    SIMPLIFIED: "请用简体中文回答。",
    TRADITIONAL: "請用繁體中文回答。",
}


@dataclass(frozen=True, slots=True)
class Drafting:
    """What a model's answer is made with."""

    model: ChatModel
    verifier: Verifier
    ledger: Ledger
    policy: Policy
    cancellation: Cancellation
    max_tokens: int | None = None


def draft_answer(
    question: str, readings: Sequence[Reading], language: str, means: Drafting, looked_at: Sequence[Hit]
) -> Claims:
    """One claim for each sentence that the model writes, as soon as it is whole; a refusal where it says it cannot.

    Args:
        question: standing alone.
        readings: what the model reads, in this order.
        language: of the answer.
        means: the model and all else that it takes.
        looked_at: the hits that a refusal names.

    Raises:
        ModelError: the model failed, perhaps after some claims were yielded.
    """
    verdicts: list[Verdict] = []
    withheld = 0
    gave_up = False
    hits = [reading.hit for reading in readings]
    for sentence in _sentences(question, readings, language, means):
        if sentence.strip().lstrip("*`\"'“[(").startswith(NO_ANSWER):
            gave_up = True
            break
        claimed = _judged(sentence, hits, means)
        if claimed is None:
            withheld += 1
            continue
        verdicts.append(claimed.claim.verdict)
        yield claimed
    status = status_of(verdicts, whole=not withheld and not gave_up)
    if status is AnswerStatus.REFUSED:
        return (yield from refuse(looked_at, language, model=means.model.name))
    if withheld:
        gap = "\n" if language == ENGLISH else ""
        yield Claimed(Claim(gap + withheld_text(withheld, language), Verdict.UNCITED, OF_IBID_ITSELF), ())
    return Outcome(status, worth_of(verdicts), means.model.name)


def _sentences(question: str, readings: Sequence[Reading], language: str, means: Drafting) -> Iterator[str]:
    system = fill("answer_system", no_answer=NO_ANSWER)
    turns = (Turn("user", _prompt(question, readings, language)),)
    gate = SentenceGate()
    stream = means.model.stream(system, turns, max_tokens=means.max_tokens)
    with means.cancellation.watching(stream) as pieces:
        for piece in pieces:
            if means.cancellation.cancelled:
                return
            yield from gate.read(piece)
    yield from gate.finish()


def _prompt(question: str, readings: Sequence[Reading], language: str) -> str:
    passages = (
        fill("passage", number=str(number), source=_sources(reading), text=_as_data(reading.hit.passage.text))
        for number, reading in enumerate(readings, start=1)
    )
    return fill(
        "answer_question", passages="\n".join(passages), question=_as_data(question), language=_ANSWER_IN[language]
    )


def _sources(reading: Reading) -> str:
    """Where a reading stands, the copies of it elsewhere after a semicolon."""
    places = dict.fromkeys(map(_source, (reading.hit, *reading.also_at[:_COPIES_NAMED])))
    return _as_data("; also in: ".join(places)).replace('"', "'").replace("\n", " ")


def _source(hit: Hit) -> str:
    parts = list(dict.fromkeys((hit.document.title or hit.document.name, *hit.passage.headings)))
    first, last = hit.passage.first_page, hit.passage.last_page
    if first:
        parts.append(f"pp. {first}-{last}" if last > first else f"p. {first}")
    return " > ".join(parts)


def _as_data(text: str) -> str:
    """`text` without anything that could close the passage it stands in or open another."""
    return _TAG.sub("‹", text)


def _judged(sentence: str, hits: Sequence[Hit], means: Drafting) -> Claimed | None:
    """The sentence with its citations and verdict; None where the collection's policy keeps it back."""
    numbers = [number for number in cited_numbers(sentence) if 1 <= number <= len(hits)]
    plain = without_markers(sentence).strip()
    spans, judgement = _best_places(plain, [hits[number - 1] for number in numbers], means.verifier)
    if means.policy is Policy.STRICT and is_withheld(judgement.verdict):
        return None
    known = len(means.ledger.citations)
    markers = {number: means.ledger.cite(span).marker for number, span in zip(numbers, spans, strict=True)}
    claim = Claim(
        replace_markers(sentence, markers.get), judgement.verdict, judgement.why, tuple(dict.fromkeys(markers.values()))
    )
    return Claimed(claim, means.ledger.since(known))


def _best_places(plain: str, cited: Sequence[Hit], verifier: Verifier) -> tuple[list[Span], Judgement]:
    """The sentences of each cited passage that bear the claim; the whole passages where only they bear it better."""
    if not cited:
        return [], Judgement(Verdict.UNCITED, _UNCITED)
    narrowed = [narrow(plain, hit) for hit in cited]
    judgement = verifier.verify(plain, [span.quote for span in narrowed])
    if judgement.verdict is Verdict.SUPPORTED:
        return narrowed, judgement
    whole = [whole_span(hit) for hit in cited]
    again = verifier.verify(plain, [span.quote for span in whole])
    if worth_of([again.verdict]) > worth_of([judgement.verdict]):
        return whole, again
    return narrowed, judgement
