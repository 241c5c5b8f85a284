"""ALCE's rules on the cases that its paper names, with a judge that knows which facts a text holds."""

from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eval.metrics.citations import Statement, citation_quality, gold_cited, quotes_in_place
from kb.ports import Judgement
from kb.records import Citation, Verdict

FACTS = "abc"


class FactChecker:
    """Supports a sentence where the quotes together hold each of its letters."""

    def verify(self, sentence: str, quotes: Sequence[str]) -> Judgement:
        return Judgement(Verdict.SUPPORTED if set(sentence) <= set("".join(quotes)) else Verdict.PARTLY, "")


def quality(*statements: tuple[str, ...]) -> tuple[float, float]:
    found = citation_quality([Statement(text, quotes) for text, *quotes in statements], FactChecker())
    return found.recall, found.precision


def test_a_statement_without_citations_is_not_recalled() -> None:
    assert quality(("a",)) == (0.0, 0.0)
    assert quality(("a", "a"), ("b",)) == (0.5, 1.0)


def test_citations_are_judged_together_and_each_that_is_needed_is_precise() -> None:
    assert quality(("ab", "a", "b")) == (1.0, 1.0)  # neither suffices, both are needed
    assert quality(("ab", "ab", "b")) == (1.0, 0.5)  # the second says less, and nothing is lost without it
    assert quality(("a", "a", "a")) == (1.0, 1.0)  # each suffices
    assert quality(("a", "c", "a")) == (1.0, 0.5)


def test_citations_of_a_statement_that_they_do_not_bear_out_are_not_precise() -> None:
    assert quality(("abc", "a", "b")) == (0.0, 0.0)
    assert quality(("abc", "a", "b"), ("c", "c")) == (0.5, pytest.approx(1 / 3))


def test_at_most_three_citations_of_a_statement_are_looked_at() -> None:
    assert quality(("a", "b", "b", "b", "a")) == (0.0, 0.0)


@settings(max_examples=60)
@given(st.lists(st.lists(st.text(FACTS, max_size=3), min_size=1, max_size=4), min_size=1, max_size=4))
def test_the_figures_are_those_of_the_definitions(case: list[list[str]]) -> None:
    """The same definitions written as sets, citation by citation."""
    judge = FactChecker()
    recalled: list[bool] = []
    precise: list[bool] = []
    for text, *quotes in case:
        kept = quotes[:3]
        whole = bool(kept) and judge.verify(text, kept).verdict is Verdict.SUPPORTED
        recalled.append(whole)
        for place, quote in enumerate(kept):
            others = [other for index, other in enumerate(kept) if index != place]
            alone = set(text) <= set(quote)
            spared = bool(others) and set(text) <= set("".join(others))
            precise.append(whole and (alone or not spared))
    expected = (sum(recalled) / len(recalled), sum(precise) / len(precise) if precise else 0.0)
    assert quality(*(tuple(item) for item in case)) == pytest.approx(expected)


def test_gold_passages_are_counted_once_each() -> None:
    assert gold_cited(["a", "a", "x"], ["a", "b"]) == (0.5, 0.5)
    assert gold_cited([], ["a"]) == (0.0, 0.0)
    for cited, gold in product(("", "a", "ab"), repeat=2):
        assert gold_cited(set(cited), set(gold)).recall == gold_cited(set(gold), set(cited)).precision


def test_a_quote_must_stand_at_its_offsets_to_the_letter() -> None:
    texts = {"one": "第十二条 承租人應當。", "two": "A fee of 40 euros."}

    def cite(document: str, start: int, quote: str) -> Citation:
        return Citation(1, document, document, "", None, start, start + len(quote), quote)

    right, english = cite("one", 5, "承租人應當"), cite("two", 9, "40 euros")
    moved, otherwise = cite("two", 8, "40 euros"), cite("one", 5, "承租人应当")
    assert quotes_in_place([right, english], texts.__getitem__) == 1.0
    assert quotes_in_place([right, moved, otherwise, english], texts.__getitem__) == 0.5
    assert quotes_in_place([], texts.__getitem__) == 1.0
