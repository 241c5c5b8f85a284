"""A reranker orders the best passages anew; when it fails, the search does not."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from kb.errors import ModelError, SettingsError
from kb.ports import Scores
from kb.records import HitSource
from kb.reranking.late import REST_SECONDS, LateReranker
from kb.settings import RerankerSettings, Settings
from retriever import Searcher, SearchMode, open_searcher
from retriever.reranking import FAILED
from tests.fakes import HashEmbedder, OverlapReranker
from tests.kb.json_server import Answer, json_server
from tests.making import make_catalog, make_document

EMBEDDER = HashEmbedder()
TEXTS = [f"Rule {number} speaks of tea, 茶 and cups." for number in range(12)] + [
    "Zebras drink 茶 where rule 7 is kept."
]
QUESTION = "Which zebras drink 茶 where rule 7 is kept?"


class Backwards:
    """Likes the last passage best."""

    def rerank(self, question: str, passages: Any) -> Scores:
        import numpy as np

        return np.linspace(0.1, 0.9, len(passages), dtype=np.float32)


@pytest.fixture
def catalog(tmp_path: Path) -> Any:
    return make_catalog(tmp_path, EMBEDDER, make_document("\n".join(TEXTS)))


@pytest.mark.parametrize("mode", list(SearchMode))
def test_the_first_candidates_are_reordered_and_the_others_follow(catalog: Any, mode: SearchMode) -> None:
    plain = [hit.passage.id for hit in Searcher(catalog, EMBEDDER).search(QUESTION, k=10, mode=mode).hits]
    result = Searcher(catalog, EMBEDDER, reranker=Backwards(), candidates=4).search(QUESTION, k=10, mode=mode)
    assert [hit.passage.id for hit in result.hits] == [*plain[3::-1], *plain[4:]]
    assert {hit.source for hit in result.hits} == {HitSource.RERANKED}
    assert [hit.score for hit in result.hits] == sorted((hit.score for hit in result.hits), reverse=True)
    assert "rerank" in result.timings
    assert FAILED not in result.timings


def test_the_reranker_reads_the_question_and_whole_passages(catalog: Any) -> None:
    reranker = OverlapReranker()
    result = Searcher(catalog, EMBEDDER, reranker=reranker).search(QUESTION, k=3)
    assert result.hits[0].passage.text == TEXTS[-1]
    ((question, passages),) = reranker.asked
    assert question == QUESTION
    assert any(TEXTS[-1] in passage for passage in passages)


def test_a_reranker_that_fails_leaves_the_order_and_says_so(catalog: Any, caplog: pytest.LogCaptureFixture) -> None:
    plain = Searcher(catalog, EMBEDDER).search(QUESTION)
    with caplog.at_level(logging.WARNING):
        result = Searcher(catalog, EMBEDDER, reranker=OverlapReranker(ModelError("it is down"))).search(QUESTION)
    assert result.hits == plain.hits
    assert {hit.source for hit in result.hits} == {HitSource.FUSED}
    assert FAILED in result.timings
    assert "rerank" not in result.timings
    assert "it is down" in caplog.text


def test_an_empty_collection_needs_no_reranker(tmp_path: Path) -> None:
    reranker = OverlapReranker()
    assert Searcher(make_catalog(tmp_path, EMBEDDER), EMBEDDER, reranker=reranker).search("anything").hits == ()
    assert reranker.asked == []


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_reranker_is_opened_late_and_rests_after_a_failure() -> None:
    clock, opened = Clock(), []
    fake = OverlapReranker()
    late = LateReranker(lambda: opened.append(1) or fake, clock)
    assert opened == []
    late.rerank("tea", ["tea"])
    late.rerank("tea", ["tea"])
    assert opened == [1]
    fake.failure = ModelError("it is down")
    for _ in range(3):
        with pytest.raises(ModelError, match="it is down"):
            late.rerank("tea", ["tea"])
    assert len(fake.asked) == 3  # not asked while it rests
    fake.failure = None
    clock.now = REST_SECONDS + 1
    assert float(late.rerank("tea", ["tea"])[0]) > 0
    assert float(late.rerank("tea", ["tea"])[0]) > 0


@pytest.mark.parametrize("error", [SettingsError("no such model"), RuntimeError("out of memory")])
def test_whatever_opening_raises_is_a_model_error_for_the_search(error: Exception) -> None:
    def fail() -> OverlapReranker:
        raise error

    with pytest.raises(ModelError, match=str(error)):
        LateReranker(fail).rerank("tea", ["tea"])


def test_the_settings_reranker_is_wired_into_the_search(catalog: Any, tmp_path: Path) -> None:
    home = catalog.folder.parent.parent

    def answer(_path: str, body: dict[str, Any]) -> Answer:
        results = [{"index": place, "relevance_score": 0.1 * place} for place in range(len(body["documents"]))]
        return Answer({"results": results})

    with json_server(answer) as server:
        reranker = RerankerSettings("m", base_url=server.base_url, candidates=3)
        settings = Settings(home, collection=catalog.name, reranker=reranker)
        result = open_searcher(settings).search("tea cups", mode=SearchMode.LEXICAL)
        assert {hit.source for hit in result.hits} == {HitSource.RERANKED}
        assert [len(body["documents"]) for _, body in server.requests] == [3]


def test_a_reranker_that_cannot_be_is_said_when_the_collection_is_opened(catalog: Any) -> None:
    settings = Settings(catalog.folder.parent.parent, collection=catalog.name, reranker=RerankerSettings("/nowhere"))
    with pytest.raises(SettingsError, match="no reranking model"):
        open_searcher(settings)
