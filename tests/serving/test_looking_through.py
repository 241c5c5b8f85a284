from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.chat.spending import Spending
from kb.records import NO_FILTERS, Answer, AnswerStatus, Document, Filters, Finished, SearchResult
from kb.settings import ModelSettings
from retriever import Searcher, SearchMode
from serving.answering import answer_question
from serving.looking_through import look_through
from serving.verification import LexicalVerifier
from tests.fakes import HashEmbedder, ScriptedChatModel
from tests.making import make_catalog, make_document
from tests.serving.model_server import Reply, model_server

NOTES = make_document(
    "\n".join([*(f"Room {number} has a desk and a lamp." for number in range(40)), "The safe opens with 4711."]),
    "House notes.txt",
)
ARTICLES = "\n".join(f"第{number}条 房间{number}应当保持整洁。" for number in range(1, 31))
RULES = make_document(ARTICLES, "宿舍规则.txt", language="zh-Hans")
MANY = make_document("\n".join(f"Line {number} speaks of rent." for number in range(500)), "Long register.txt")


def searcher_over(folder: Path, *documents: Document) -> Searcher:
    embedder = HashEmbedder()
    return Searcher(make_catalog(folder, embedder, *documents), embedder)


def answered(searcher: Searcher, question: str, *replies: Sequence[str], filters: Filters | None = None) -> Answer:
    events = answer_question(
        question,
        searcher=searcher,
        catalog=searcher.catalog,
        verifier=LexicalVerifier(),
        model=ScriptedChatModel(*replies) if replies else None,
        filters=filters or Filters(),
        k=3,
    )
    return next(event.answer for event in events if isinstance(event, Finished))


@pytest.mark.parametrize(
    ("question", "filters", "names", "passages"),
    [
        ("What do the House notes say about dogs?", Filters(), ["House notes.txt"], 41),
        ("宿舍规则中可以养狗吗？", Filters(), ["宿舍规则.txt"], 30),
        ("Are dogs allowed?", Filters(), ["House notes.txt", "宿舍规则.txt"], 71),
        ("Are dogs allowed?", Filters({"document": ("宿舍规则.txt",)}), ["宿舍规则.txt"], 30),
    ],
)
def test_every_passage_of_the_documents_meant_is_looked_at(
    tmp_path: Path, question: str, filters: Filters, names: list[str], passages: int
) -> None:
    searcher = searcher_over(tmp_path, NOTES, RULES)
    looked = look_through(question, searcher, searcher.catalog, filters)
    assert looked is not None
    assert [entry.name for entry in looked.documents] == names
    assert len({hit.passage.id for hit in looked.hits}) == len(looked.hits) == passages


def test_a_large_collection_is_looked_through_only_where_a_document_is_named(tmp_path: Path) -> None:
    searcher = searcher_over(tmp_path, MANY, NOTES)
    assert look_through("Are dogs allowed?", searcher, searcher.catalog, Filters()) is None
    named = look_through("Does the Long register name dogs?", searcher, searcher.catalog, Filters())
    assert named is not None
    assert len(named.hits) == 500


def test_nothing_is_claimed_of_a_document_that_is_not_wholly_searchable(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), NOTES)

    class Losing(Searcher):
        """Never finds the last passage, as if its vector was missing."""

        def search(
            self,
            question: str,
            *,
            k: int = 10,
            mode: SearchMode = SearchMode.HYBRID,
            filters: Filters = NO_FILTERS,
        ) -> SearchResult:
            found = super().search(question, k=k, mode=mode, filters=filters)
            return replace(found, hits=found.hits[: k - 1])

    assert look_through("Dogs?", Losing(catalog, HashEmbedder()), catalog, NO_FILTERS) is None


def test_a_refusal_counts_what_was_looked_at_and_no_more(tmp_path: Path) -> None:
    small = answered(searcher_over(tmp_path / "small", NOTES), "Who won the football world cup?")
    assert small.status is AnswerStatus.REFUSED
    assert "all 41 passages of “House notes" in small.text
    large = answered(searcher_over(tmp_path / "large", MANY), "Who won the football world cup?")
    assert large.status is AnswerStatus.REFUSED
    assert "I looked at 3 passages" in large.text
    assert "all" not in large.text


class Misled(Searcher):
    """Finds the passage that answers last of all."""

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        mode: SearchMode = SearchMode.HYBRID,
        filters: Filters = NO_FILTERS,
    ) -> SearchResult:
        found = super().search(question, k=41, mode=mode, filters=filters)
        return replace(found, hits=tuple(sorted(found.hits, key=lambda hit: "4711" in hit.passage.text)[:k]))


SAFE = "Which number opens the safe of the room with a desk and a lamp?"


def test_a_model_that_finds_no_answer_reads_what_it_was_not_given_if_that_seems_to_hold_one(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), NOTES)
    replies = ["NO_ANSWER_IN_PASSAGES"], ["The safe opens with 4711 [3]."]
    answer = answered(Misled(catalog, HashEmbedder()), SAFE, *replies)
    assert answer.status is not AnswerStatus.REFUSED
    assert "4711" in answer.text


@pytest.mark.parametrize(
    ("second", "status"),
    [("The safe opens with 4711 [3].", AnswerStatus.ANSWERED), ("NO_ANSWER_IN_PASSAGES", AnswerStatus.REFUSED)],
)
def test_an_answer_took_the_tokens_of_all_attempts_at_it(tmp_path: Path, second: str, status: AnswerStatus) -> None:
    searcher = Misled(make_catalog(tmp_path, HashEmbedder(), NOTES), HashEmbedder())
    replies = Reply(("NO_ANSWER_IN_PASSAGES",), usage=(100, 1)), Reply((second,), usage=(250, 20))
    with (
        model_server(*replies) as scripted,
        closing(OpenAICompatibleModel(ModelSettings(base_url=scripted.base_url, name="scripted"))) as model,
    ):
        events = answer_question(
            SAFE,
            searcher=searcher,
            catalog=searcher.catalog,
            verifier=LexicalVerifier(),
            model=model,
            k=3,
            spending=Spending(HashEmbedder().count_tokens),
        )
        answer = next(event.answer for event in events if isinstance(event, Finished))
        assert (answer.status, answer.tokens, len(scripted.requests)) == (status, (350, 21), 2)
