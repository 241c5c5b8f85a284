"""Two packets of one question, compared: the answers first, then what they were made from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from typing import Any

from kb.records import Answer, AnswerStatus, Claim, Hit
from kb.standing import Standing
from serving.markers import without_markers
from serving.packets.records import ModelCall, Packet

# Models on other numbers of threads add in another order: cosines, and what is made of them, differ in the sixth digit,
# but a threshold between them may turn that into a thousandth.
_SAME_CONFIDENCE = 0.005

OF_THE_ANSWER = frozenset({"claim", "verdict", "citation", "conflict", "status", "confidence"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was.

    `kind` is one of claim, verdict, citation, conflict, status, confidence (of the answer), question, collection,
    document, passage, prompt, model, verifier, settings, ibid (of what made it). `where` says of what: a sentence, a
    passage, a prompt, a setting. `before` or `after` is None where there was or is none.
    """

    kind: str
    where: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Comparison:
    """All differences, those of the answer first."""

    differences: tuple[Difference, ...]

    @property
    def same(self) -> bool:
        """Whether the answer is the same, whatever changed around it."""
        return not any(difference.kind in OF_THE_ANSWER for difference in self.differences)


def compare(before: Packet, after: Packet, standings: Sequence[Standing] = ()) -> Comparison:
    """What differs between two packets of the same question.

    Sentences are the same when they are so to the letter, their markers apart; they are matched in their order (by
    difflib, the longest runs of equal ones first).

    Args:
        before: the packet as it was made.
        after: the same question asked again.
        standings: what became of the citations of `before`.
    """
    return Comparison(
        (
            *_claims(before.answer, after.answer),
            *_outcome(before.answer, after.answer),
            *_sources(before, after),
            *_documents(standings),
            *_passages(before.search.hits, after.search.hits),
            *_prompts(before, after),
            *_settings(before.settings, after.settings),
        )
    )


def _claims(before: Answer, after: Answer) -> Iterator[Difference]:
    old, new = before.claims, after.claims
    if before.status is after.status is AnswerStatus.REFUSED:
        old, new = old[:-1], new[:-1]  # the last one says how much was looked at, which is no part of what is known
    matcher = SequenceMatcher(a=[_words(claim) for claim in old], b=[_words(claim) for claim in new], autojunk=False)
    for _, first, end, new_first, new_end in matcher.get_opcodes():
        for claim, other in _paired(old[first:end], new[new_first:new_end]):
            if claim is None or other is None or _words(claim) != _words(other):
                yield Difference("claim", "", claim and _words(claim), other and _words(other))
                continue
            yield from _judgement(claim, other)
            yield from _cited(claim, before, other, after)


def _words(claim: Claim) -> str:
    """A sentence without its markers, which count on when a sentence before it cites more."""
    return without_markers(claim.text).strip()


def _paired(
    old: Sequence[Claim], new: Sequence[Claim]
) -> Iterator[tuple[Claim, Claim] | tuple[Claim, None] | tuple[None, Claim]]:
    yield from zip(old, new, strict=False)
    yield from ((claim, None) for claim in old[len(new) :])
    yield from ((None, claim) for claim in new[len(old) :])


def _judgement(claim: Claim, other: Claim) -> Iterator[Difference]:
    if (claim.verdict, claim.why) != (other.verdict, other.why):
        yield Difference("verdict", _words(claim), _reasoned(claim), _reasoned(other))


def _reasoned(claim: Claim) -> str:
    return f"{claim.verdict} ({claim.why})" if claim.why else str(claim.verdict)


def _cited(claim: Claim, before: Answer, other: Claim, after: Answer) -> Iterator[Difference]:
    old, new = _quotes(claim, before), _quotes(other, after)
    if old != new:
        yield Difference("citation", _words(claim), old, new)


def _quotes(claim: Claim, answer: Answer) -> list[dict[str, Any]]:
    return [
        {"document_id": item.document_id, "document": item.document, "start": item.start, "quote": item.quote}
        for item in answer.citations
        if item.marker in claim.citations
    ]


def _outcome(before: Answer, after: Answer) -> Iterator[Difference]:
    if _disagreeing(before) != _disagreeing(after):
        yield Difference("conflict", "between documents", _disagreeing(before), _disagreeing(after))
    if before.status is not after.status:
        yield Difference("status", "", str(before.status), str(after.status))
    if abs(before.confidence - after.confidence) > _SAME_CONFIDENCE:
        yield Difference("confidence", "", before.confidence, after.confidence)


def _disagreeing(answer: Answer) -> str | None:
    conflicts = (
        " against ".join(f"{side.value} ({side.document})" for side in conflict.sides) for conflict in answer.conflicts
    )
    return "; ".join(conflicts) or None


def _sources(before: Packet, after: Packet) -> Iterator[Difference]:
    pairs = (
        ("ibid", "version", before.ibid, after.ibid),
        ("model", "", before.answer.model, after.answer.model),
        ("verifier", "", _judged_by(before), _judged_by(after)),
        ("question", "as searched", before.search.question, after.search.question),
        ("collection", "name", before.collection.name, after.collection.name),
        ("collection", "version", before.search.version, after.search.version),
        ("collection", "policy", str(before.collection.policy), str(after.collection.policy)),
        ("collection", "embedding space", _space(before), _space(after)),
        ("collection", "calibration", _calibration(before), _calibration(after)),
    )
    yield from (Difference(*pair) for pair in pairs if pair[2] != pair[3])


def _space(packet: Packet) -> str | None:
    space = packet.collection.space
    return f"{space.model} ({space.id})" if space else None


def _judged_by(packet: Packet) -> str | None:
    known = packet.judged_by
    return ", ".join(filter(None, known)) if known else None


def _calibration(packet: Packet) -> str | None:
    known = packet.calibration
    return f"{known.fitted_on}, {known.questions} questions, {known.answered_by}" if known else None


def _documents(standings: Sequence[Standing]) -> Iterator[Difference]:
    """Documents among those cited that are no longer what they were, each once."""
    by_document: dict[str, list[Standing]] = {}
    for standing in standings:
        by_document.setdefault(standing.citation.document_id, []).append(standing)
    for document_id, own in by_document.items():
        if not all(standing.stands for standing in own):
            yield Difference("document", own[0].citation.document, document_id[:12], _became(own))


def _became(standings: Sequence[Standing]) -> str:
    first = next(standing for standing in standings if not standing.stands)
    if first.replacement is None:
        return str(first.state)
    kept = sum(standing.quote_kept for standing in standings)
    return f"{first.state} by {first.replacement.id[:12]}, which holds {kept} of {len(standings)} quotes"


def _passages(before: Sequence[Hit], after: Sequence[Hit]) -> Iterator[Difference]:
    """Passages that were found and are not, that were not and are, or stand at another rank (from 1)."""
    old = {hit.passage.id: rank for rank, hit in enumerate(before, 1)}
    new = {hit.passage.id: rank for rank, hit in enumerate(after, 1)}
    names = {hit.passage.id: f"{hit.document.name} {hit.passage.start}–{hit.passage.end}" for hit in (*after, *before)}
    for passage_id in dict.fromkeys((*old, *new)):
        if old.get(passage_id) != new.get(passage_id):
            yield Difference("passage", names[passage_id], old.get(passage_id), new.get(passage_id))


def _prompts(before: Packet, after: Packet) -> Iterator[Difference]:
    old, new = before.answer.prompts, after.answer.prompts
    for name in sorted({*old, *new}):
        if old.get(name) != new.get(name):
            yield Difference("prompt", f"version of {name}", old.get(name), new.get(name))
    sent, sent_now = [list(map(_sent, packet.calls)) for packet in (before, after)]
    if sent != sent_now:
        lines = unified_diff(
            "\n".join(sent).splitlines(), "\n".join(sent_now).splitlines(), "before", "now", lineterm=""
        )
        counts = Counter(line[0] for line in list(lines)[2:] if line[:1] in "+-")
        yield Difference("prompt", "text as sent", f"{counts['-']} lines", f"{counts['+']} lines")


def _sent(call: ModelCall) -> str:
    return "\n".join((call.system, *(f"{turn.role}: {turn.text}" for turn in call.turns)))


def _settings(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    """Settings that both know and that differ: an older ibid did not know every setting of this one."""
    for section in sorted(before.keys() & after.keys()):
        for key in sorted(before[section].keys() & after[section].keys()):
            if before[section][key] != after[section][key] and (section, key) != ("model", "name"):
                yield Difference("settings", f"{section}.{key}", before[section][key], after[section][key])
