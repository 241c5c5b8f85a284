"""However a document leaves its collection, exactly the past answers that cite it are marked."""

from __future__ import annotations

import shutil
from pathlib import Path
from tempfile import mkdtemp

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.catalog import Catalog
from kb.catalog.collections import delete_collection
from kb.home.answers import PastAnswer, keep_answer, list_answers
from kb.home.home import Home
from kb.home.withdrawals import noting_withdrawals, standings_by_answer
from kb.records import Answer, AnswerStatus, Citation, Claim, Document, Verdict
from kb.standing import CitationState, standings_of
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

LEASE = "The lease.\nNotice is given three months ahead.\nThe deposit is 900 euros."
NEWER = "The lease, second edition.\nNotice is given three\nmonths ahead.\nThe deposit is 1,200 euros."
RULES = "租赁条例\n押金应当在三十日内退还。\n承租人不得转租房屋。"
NEWER_RULES = "租赁条例（修订）\n押金应当在三十日内\n退还。\n承租人可以转租房屋。"


class Office:
    """A home with one collection and answers that cite it."""

    def __init__(self, folder: Path) -> None:
        self.home = Home(folder)
        self.embedder = HashEmbedder()
        self.catalog = make_catalog(folder, self.embedder)

    def store(self, text: str, name: str) -> Document:
        document = make_document(text, name)
        store(self.catalog, self.embedder, document)
        return document

    def answer(self, *quoted: tuple[Document, str]) -> PastAnswer:
        citations = []
        for marker, (document, quote) in enumerate(quoted, 1):
            start = document.text.index(quote)
            place = (start, start + len(quote), quote)
            citations.append(Citation(marker, document.id, document.name, document.title, None, *place))
        claim = Claim("So it is.", Verdict.SUPPORTED, "", tuple(range(1, len(quoted) + 1)))
        status = AnswerStatus.ANSWERED
        return keep_answer(
            self.home, "Is it so?", Answer("?", self.catalog.name, 1, status, 1.0, "m", (claim,), tuple(citations))
        )

    def marked(self) -> set[int]:
        found = standings_by_answer(self.home, list_answers(self.home))
        return {number for number, own in found.items() if not all(standing.stands for standing in own)}


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def became(office: Office, past: PastAnswer) -> list[tuple[CitationState, bool]]:
    return [(item.state, item.quote_kept) for item in standings_by_answer(office.home, [past])[past.number]]


def test_what_is_there_stands(office: Office) -> None:
    lease, rules = office.store(LEASE, "lease.pdf"), office.store(RULES, "条例.pdf")
    past = office.answer((lease, "three months"), (rules, "三十日内退还"))
    assert became(office, past) == [(CitationState.STANDS, False)] * 2
    assert office.marked() == set()


def test_a_deleted_document_marks_its_citations_and_no_others(office: Office) -> None:
    lease, rules = office.store(LEASE, "lease.pdf"), office.store(RULES, "条例.pdf")
    past = office.answer((lease, "three months"), (rules, "三十日内退还"))
    office.catalog.remove([lease.id])
    assert became(office, past) == [(CitationState.DELETED, False), (CitationState.STANDS, False)]


@pytest.mark.parametrize(
    ("name", "old", "new", "kept", "lost"),
    [
        ("lease.pdf", LEASE, NEWER, "Notice is given three months ahead.", "The deposit is 900 euros."),
        ("条例.pdf", RULES, NEWER_RULES, "押金应当在三十日内退还。", "承租人不得转租房屋。"),
        ("條例.pdf", "押金應當退還。\n不得轉租。", "押金應當\n退還。\n可以轉租。", "押金應當退還。", "不得轉租。"),
    ],
)
def test_a_replaced_document_is_named_with_whether_it_still_says_so(
    office: Office, name: str, old: str, new: str, kept: str, lost: str
) -> None:
    document = office.store(old, name)
    past = office.answer((document, kept), (document, lost))
    with noting_withdrawals(office.home, office.catalog) as withdrawn:
        replacement = office.store(new, name)
    assert withdrawn.answers == (past.number,)
    assert became(office, past) == [(CitationState.REPLACED, True), (CitationState.REPLACED, False)]
    first, _ = standings_by_answer(office.home, [past])[past.number]
    assert first.replacement is not None
    assert first.replacement.id == replacement.id
    assert first.since


def test_a_document_read_anew_stands_where_its_words_do(office: Office) -> None:
    lease = office.store(LEASE, "lease.pdf")
    past = office.answer((lease, "three months ahead"), (lease, "900 euros"))
    # A newer parser reads the same bytes otherwise.
    anew = Document(lease.id, lease.name, lease.media_type, "", "Page 1\nNotice is given three months ahead.")
    store(office.catalog, office.embedder, anew)
    assert became(office, past) == [(CitationState.STANDS, False), (CitationState.CHANGED, False)]


@pytest.mark.parametrize(("begins", "state"), [("2020-01-01", "superseded"), ("2999-01-01", "stands")])
def test_a_newer_version_marks_from_its_first_day_on_what_cites_the_older_one(
    office: Office, begins: str, state: str
) -> None:
    rules = office.store(RULES, "条例 2019.pdf")
    past = office.answer((rules, "押金应当在三十日内退还。"))
    newer = make_document(NEWER_RULES, "条例 2024.pdf", metadata={"replaces": rules.id, "effective_from": begins})
    with noting_withdrawals(office.home, office.catalog) as withdrawn:
        store(office.catalog, office.embedder, newer)
    (standing,) = standings_by_answer(office.home, [past])[past.number]
    assert standing.state == state
    assert withdrawn.answers == ((past.number,) if state == "superseded" else ())
    if state == "superseded":
        assert standing.replacement is not None
        assert (standing.replacement.id, standing.since, standing.quote_kept) == (newer.id, begins, True)
        office.catalog.remove([newer.id])
        assert office.marked() == set()


def test_who_asked_for_the_older_version_of_two_is_not_told_that_there_is_a_newer_one(office: Office) -> None:
    rules = office.store(RULES, "条例 2019.pdf")
    metadata = {"replaces": rules.id, "effective_from": "2020-01-01"}
    store(office.catalog, office.embedder, make_document(NEWER_RULES, "条例 2024.pdf", metadata=metadata))
    past = office.answer((rules, "押金应当在三十日内退还。"))
    with office.home.writing() as connection:  # within the second in which the version came, nobody can have known it
        connection.execute("UPDATE answers SET created_at = '2999-01-01T00:00:00+00:00'")
    assert office.marked() == set()
    assert [item.state for item in standings_of(past.answer.citations, office.catalog)] == [CitationState.SUPERSEDED]


def test_nothing_stands_in_a_collection_that_is_gone(office: Office) -> None:
    past = office.answer((office.store(LEASE, "lease.pdf"), "three months"))
    office.catalog.close()
    delete_collection(office.home.folder, office.catalog.name)
    assert became(office, past) == [(CitationState.DELETED, False)]


def test_what_comes_back_stands_again(office: Office) -> None:
    lease = office.store(LEASE, "lease.pdf")
    past = office.answer((lease, "three months"))
    with noting_withdrawals(office.home, office.catalog):
        office.catalog.remove([lease.id])
    office.store(LEASE, "lease.pdf")
    (standing,) = standings_by_answer(office.home, [past])[past.number]
    assert standing.stands
    assert standing.since == ""


def test_what_was_deleted_elsewhere_is_marked_without_a_date(office: Office, tmp_path: Path) -> None:
    lease = office.store(LEASE, "lease.pdf")
    past = office.answer((lease, "three months"))
    Catalog.open(office.catalog.folder).remove([lease.id])  # by another process, which told nobody
    (standing,) = standings_by_answer(office.home, [past])[past.number]
    assert (standing.state, standing.since) == (CitationState.DELETED, "")


def test_a_withdrawal_is_noted_even_when_the_command_fails_after_it(office: Office) -> None:
    lease = office.store(LEASE, "lease.pdf")
    past = office.answer((lease, "three months"))

    def fail_after_removing() -> None:
        with noting_withdrawals(office.home, office.catalog):
            office.catalog.remove([lease.id])
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        fail_after_removing()
    assert standings_by_answer(office.home, [past])[past.number][0].since


def test_an_empty_quote_of_an_absent_document_does_not_stand(office: Office) -> None:
    citation = Citation(1, "0" * 64, "lease.pdf", "", None, 0, 0, "")
    assert [item.state for item in standings_of([citation], office.catalog)] == [CitationState.DELETED]


NAMES = ("a.txt", "b.txt", "c.txt", "d.txt")


@settings(max_examples=25)
@given(
    cited=st.lists(st.sets(st.sampled_from(NAMES)), min_size=1, max_size=6),
    removed=st.sets(st.sampled_from(NAMES)),
    replaced=st.sets(st.sampled_from(NAMES)),
)
def test_exactly_the_answers_that_cite_what_left_are_marked(
    cited: list[set[str]], removed: set[str], replaced: set[str]
) -> None:
    folder = Path(mkdtemp())
    try:
        office = Office(folder)
        documents = {name: office.store(f"{name} says\n第一条 {name}。", name) for name in NAMES}
        past = {
            office.answer(*((documents[name], f"第一条 {name}。") for name in sorted(own))).number: own for own in cited
        }
        with noting_withdrawals(office.home, office.catalog) as withdrawn:
            office.catalog.remove([documents[name].id for name in sorted(removed)])
            for name in sorted(replaced - removed):
                office.store(f"{name} says otherwise", name)
        expected = {number for number, own in past.items() if own & (removed | replaced)}
        assert office.marked() == expected
        assert set(withdrawn.answers) == expected
    finally:
        shutil.rmtree(folder)
