"""Past answers are kept privately, found by what they cite, and forgotten for good."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from kb.errors import NotFoundError, SettingsError
from kb.home.answers import (
    answers_citing,
    cited_documents,
    delete_all_answers,
    delete_answers,
    get_answer,
    keep_answer,
    list_answers,
    turns_until,
)
from kb.home.home import Home
from kb.records import Answer, AnswerStatus, Box, Citation, Claim, Turn, Verdict, Withheld
from kb.settings import HistorySettings, Settings, read_settings

LEASE, LAW = "a" * 64, "b" * 64


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def an_answer(
    *document_ids: str, collection: str = "default", text: str = "The notice period is three months."
) -> Answer:
    citations = tuple(
        Citation(n, id_, f"{id_[:1]}.pdf", "Lease", 3, 10, 16, "three", (Box(3, 1.5, 2, 3, 4),), ("§ 5",))
        for n, id_ in enumerate(document_ids, 1)
    )
    claim = Claim(text, Verdict.SUPPORTED, "to the letter", tuple(range(1, len(citations) + 1)), ((4, 10),))
    return Answer(
        "What is the notice period?",
        collection,
        7,
        AnswerStatus.ANSWERED,
        0.9,
        "extractive",
        (claim,),
        citations,
        withheld=(Withheld("A secret.", Verdict.UNCITED, "no passage is cited"),),
        prompts={"answer_system": 2},
    )


@pytest.mark.parametrize("question", ["And the notice period?", "通知期是多久？"])
def test_an_answer_is_kept_as_it_was_shown(home: Home, question: str) -> None:
    kept = keep_answer(home, question, an_answer(LEASE, LAW))
    found = get_answer(home, kept.number)
    assert found == kept
    assert found.question == question
    assert found.answer.claims == an_answer(LEASE, LAW).claims
    assert found.answer.citations == an_answer(LEASE, LAW).citations
    assert found.answer.withheld == ()


def test_the_newest_come_first_and_a_collection_can_be_named(home: Home) -> None:
    for collection in ("law", "clinic", "law"):
        keep_answer(home, "q", an_answer(LEASE, collection=collection))
    assert [past.number for past in list_answers(home)] == [3, 2, 1]
    assert [past.number for past in list_answers(home, at_most=2)] == [3, 2]
    assert [past.number for past in list_answers(home, "law")] == [3, 1]


def test_a_conversation_is_told_up_to_one_of_its_answers(home: Home) -> None:
    first = keep_answer(home, "one?", an_answer(text="One."))
    keep_answer(home, "elsewhere?", an_answer())
    second = keep_answer(home, "two?", an_answer(text="Two."), first.conversation)
    keep_answer(home, "three?", an_answer(text="Three."), first.conversation)
    said = [Turn("user", "one?"), Turn("assistant", "One."), Turn("user", "two?"), Turn("assistant", "Two.")]
    assert list(turns_until(home, second)) == said


def test_answers_are_found_by_the_documents_that_they_cite(home: Home) -> None:
    for cited in ((LEASE,), (LAW,), (LEASE, LAW), ()):
        keep_answer(home, "q", an_answer(*cited))
    keep_answer(home, "q", an_answer(LEASE, collection="other"))
    assert cited_documents(home, "default") == {LEASE, LAW}
    assert answers_citing(home, "default", [LEASE]) == (1, 3)
    assert answers_citing(home, "default", [LEASE, LAW, *map(str, range(2000))]) == (1, 2, 3)
    assert answers_citing(home, "default", []) == ()


def test_what_is_deleted_is_gone_from_the_disk(home: Home) -> None:
    keep_answer(home, "Who was dismissed in March?", an_answer(LEASE, text="Kasimir Oblomow was dismissed."))
    keep_answer(home, "And in April?", an_answer(LAW, text="谁也没有被解雇。"))
    delete_answers(home, [1])
    left = b"".join(path.read_bytes() for path in home.folder.glob("ibid.db*"))
    assert b"Oblomow" not in left
    assert b"in March" not in left
    assert LEASE.encode() not in left
    assert "解雇".encode() in left
    assert [past.number for past in list_answers(home)] == [2]
    assert keep_answer(home, "And now?", an_answer()).number == 3


def test_all_or_those_of_one_collection_are_deleted(home: Home) -> None:
    for collection in ("law", "clinic", "law"):
        keep_answer(home, "q", an_answer(LEASE, collection=collection))
    assert delete_all_answers(home, "law") == 2
    assert [past.answer.collection for past in list_answers(home)] == ["clinic"]
    assert delete_all_answers(home) == 1
    assert cited_documents(home, "clinic") == set()


def test_an_answer_that_is_not_there_is_named_and_nothing_is_deleted(home: Home) -> None:
    keep_answer(home, "q", an_answer())
    with pytest.raises(NotFoundError, match="no past answer 9"):
        get_answer(home, 9)
    with pytest.raises(NotFoundError, match="nothing was deleted"):
        delete_answers(home, [1, 9])
    assert len(list_answers(home)) == 1


def test_only_its_owner_may_read_the_database_also_one_made_before(tmp_path: Path) -> None:
    Home(tmp_path).close()
    (tmp_path / "ibid.db").chmod(0o644)
    home = Home(tmp_path)
    keep_answer(home, "q", an_answer())
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.glob("ibid.db*")}
    assert modes == {"ibid.db": 0o600, "ibid.db-wal": 0o600, "ibid.db-shm": 0o600}


def test_the_setting_says_yes_or_no(tmp_path: Path) -> None:
    assert Settings(tmp_path).keeps_answers
    assert not read_settings({"IBID_HISTORY_KEEP": "no"}, tmp_path).keeps_answers
    with pytest.raises(SettingsError, match='must be "yes" or "no"'):
        assert Settings(tmp_path, history=HistorySettings("never")).keeps_answers
