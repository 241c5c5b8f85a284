"""Answers end before the first stop sequence, however it lies among their sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.records import AnswerStatus, Citation, Claim, Claimed, Policy, Verdict
from serving.claims import Claims, Outcome
from serving.stopping import until_stop

TEXTS = st.lists(st.text("ab\n [1]。", min_size=1, max_size=8), min_size=1, max_size=5)
STOPS = st.lists(st.text("ab\n [1]。", min_size=1, max_size=4), max_size=4)


class Making:
    """Claims with these texts, one after the other; remembers how many were asked for, and whether it was ended."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.texts = texts
        self.made = 0
        self.ended = False

    def claims(self) -> Claims:
        try:
            for number, text in enumerate(self.texts, start=1):
                self.made += 1
                cited = (number,) if f"[{number}]" in text else ()
                places = tuple(Citation(marker, "d", "d", "", None, 0, 1, "q") for marker in cited)
                yield Claimed(Claim(text, Verdict.SUPPORTED, "as quoted", cited), places)
            return Outcome(AnswerStatus.ANSWERED, 0.9, "model", prompts={"answer": 1})
        finally:
            self.ended = True


def drained(claims: Claims) -> tuple[list[Claimed], Outcome]:
    shown = []
    while True:
        try:
            shown.append(next(claims))
        except StopIteration as end:
            return shown, end.value


def stopped(texts: Sequence[str], *stop: str, policy: Policy = Policy.FLAG) -> tuple[list[Claimed], Outcome]:
    return drained(until_stop(Making(texts).claims(), stop, policy, "model"))


@given(TEXTS, STOPS)
def test_the_answer_is_what_stands_before_the_first_stop_sequence(texts: list[str], stop: list[str]) -> None:
    whole = "".join(texts)
    places = [place for place in map(whole.find, stop) if place >= 0]
    shown, outcome = stopped(texts, *stop)
    assert "".join(claimed.claim.text for claimed in shown) == whole[: min(places, default=len(whole))]
    assert all(claimed.claim.text for claimed in shown)
    assert (outcome.prompts == {}) == bool(places)


@given(TEXTS, STOPS)
def test_no_more_is_held_back_than_may_begin_a_stop_sequence(texts: list[str], stop: list[str]) -> None:
    making = Making(texts)
    shown: list[str] = []

    def claims() -> Claims:
        for made, claimed in enumerate(making.claims(), start=1):
            yield claimed
            # The next one is asked for: what is held back so far could still begin a stop sequence.
            whole, held = "".join(texts[:made]), texts[len(shown) : made]
            assert not held or any(whole.endswith(one[:end]) for one in stop for end in range(1, len(one)))
        return Outcome(AnswerStatus.ANSWERED, 0.9, "model")

    for claimed in until_stop(claims(), stop, Policy.FLAG, "model"):
        shown.append(claimed.claim.text)  # noqa: PERF401 (it is read meanwhile)
    assert making.ended


def test_making_ends_at_the_stop_sequence() -> None:
    making = Making(["One [1]. ", "Two [2]. ", "Three [3]."])
    drained(until_stop(making.claims(), ["Two"], Policy.FLAG, "model"))
    assert (making.made, making.ended) == (2, True)


def test_a_sentence_that_keeps_its_words_keeps_its_verdict() -> None:
    shown, outcome = stopped(["One [1].\n", "Two [2]."], "\n")
    assert [claimed.claim.text for claimed in shown] == ["One [1]."]
    assert (shown[0].claim.verdict, shown[0].claim.citations) == (Verdict.SUPPORTED, (1,))
    assert outcome.status is AnswerStatus.PARTLY


@pytest.mark.parametrize(
    ("text", "reason"), [("You may not [1].", "stop sequence"), ("你不可以 not [1]。", "停止序列")]
)
def test_a_sentence_that_loses_words_is_no_longer_borne_out(text: str, reason: str) -> None:
    ((claim, citations),), outcome = stopped([text], " not")
    assert claim.verdict is Verdict.UNCITED
    assert reason in claim.why
    assert (claim.citations, citations) == ((), ())
    assert outcome.status is AnswerStatus.PARTLY


def test_a_strict_collection_shows_no_half_of_a_sentence() -> None:
    shown, outcome = stopped(["One [1]. ", "You may not [2]."], " not", policy=Policy.STRICT)
    assert [claimed.claim.text for claimed in shown] == ["One [1]. "]
    assert stopped(["You may not [1]."], " not", policy=Policy.STRICT)[1].status is AnswerStatus.REFUSED
    assert outcome.confidence == 1.0


def test_without_stop_sequences_claims_pass_as_they_come() -> None:
    claims: Iterator[Claimed] = until_stop(Making(["One [1].", "Two [2]."]).claims(), [], Policy.FLAG, "model")
    assert next(claims).claim.text == "One [1]."
