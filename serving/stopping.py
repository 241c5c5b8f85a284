"""Stop sequences: an answer ends before the first of them, wherever in its sentences, markers or white space it begins.

A sentence is released when no stop sequence can begin in it any more, so that a stream shows what the whole answer has.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace

from kb.records import AnswerStatus, Claimed, Policy, Verdict
from serving.claims import Claims, Outcome, status_of, worth_of
from serving.markers import cited_numbers, without_markers
from serving.reasons import Reason, because
from serving.withholding import keeps_back

_END = re.compile(r"[\W_]+$")


def until_stop(making: Claims, stop: Sequence[str], policy: Policy, model: str) -> Claims:
    """The claims up to the first stop sequence; their making ends there.

    Args:
        making: the claims.
        stop: the sequences, none of them empty.
        policy: of the collection: whether what is left of a sentence may be shown.
        model: that makes them.
    """
    if not stop:
        return (yield from making)
    held: list[Claimed] = []
    shown: list[Claimed] = []
    with closing(making):
        while True:
            try:
                held.append(next(making))
            except StopIteration as end:
                yield from held
                outcome: Outcome = end.value
                return outcome
            text = "".join(claimed.claim.text for claimed in held)
            place = min((found for found in map(text.find, stop) if found >= 0), default=-1)
            if place >= 0:
                break
            released = _released(held, len(text) - _may_begin(text, stop))
            shown += held[:released]
            yield from held[:released]
            del held[:released]
    for claimed in _before(held, place, policy):
        shown.append(claimed)
        yield claimed
    verdicts = [claimed.claim.verdict for claimed in shown]
    status = status_of(verdicts, whole=False) if shown else AnswerStatus.REFUSED
    return Outcome(status, worth_of(verdicts), model)


def _may_begin(text: str, stop: Sequence[str]) -> int:
    """How many characters at the end of `text` may be the beginning of a stop sequence."""
    return max(
        (length for sequence in stop for length in range(1, len(sequence)) if text.endswith(sequence[:length])),
        default=0,
    )


def _released(held: Sequence[Claimed], safe: int) -> int:
    """How many claims lie wholly in the first `safe` characters."""
    end = 0
    for count, claimed in enumerate(held):
        end += len(claimed.claim.text)
        if end > safe:
            return count
    return len(held)


def _before(held: Sequence[Claimed], place: int, policy: Policy) -> list[Claimed]:
    """What stands before `place`."""
    kept: list[Claimed] = []
    for claimed in held:
        length = len(claimed.claim.text)
        if place >= length:
            kept.append(claimed)
        elif place > 0 and (rest := _cut(claimed, place, policy)) is not None:
            kept.append(rest)
        place -= length
    return kept


def _cut(claimed: Claimed, place: int, policy: Policy) -> Claimed | None:
    """The beginning of a sentence. Where words of it are missing, nobody has checked it: a strict policy drops it."""
    claim = claimed.claim
    text = claim.text[:place]
    markers = set(cited_numbers(text))
    beginning = replace(
        claim,
        text=text,
        citations=tuple(marker for marker in claim.citations if marker in markers),
        emphasis=tuple(span for span in claim.emphasis if span[1] <= place),
    )
    if _words(text) != _words(claim.text):
        beginning = replace(beginning, verdict=Verdict.UNCITED, why=because(Reason.STOPPED, claim.text))
        if keeps_back(policy, beginning.verdict):
            return None
    return Claimed(beginning, tuple(citation for citation in claimed.citations if citation.marker in markers))


def _words(text: str) -> str:
    return _END.sub("", without_markers(text))
