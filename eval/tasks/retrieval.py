"""`ibid eval SET`: how well the product's own search finds the judged passages of a question set.

A set's corpus becomes a collection like any other, kept under the cache folder, so that a second run embeds nothing.
Every corpus line is a document of one passage; it is indexed and embedded as the product would, its title with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from eval.metrics.ranking import DOCUMENT_MEASURES, by_document, measure_rankings
from eval.metrics.spans import DEPTHS, measure_spans
from eval.question_cache import RememberingEmbedder
from eval.records import QuestionResult, Run
from eval.set_collection import Progress, collection_of, say_nothing
from eval.sets import RetrievalSet, SetPassage, SetQuestion, read_retrieval_set
from eval.statistics.intervals import bootstrap_interval
from kb.catalog import Catalog
from kb.ports import Embedder
from kb.settings import Settings
from retriever import Searcher, SearchMode, embedder_of, reranker_of, searcher_over

_DEPTH = 100  # Recall@100 is the deepest measure
_TOP_KEPT = 10  # passage ids written for each question
_SHOWN = 3  # passages of which a run file keeps words: what a person looks at before the next question
_WORDS_KEPT = 280  # characters of such a passage: four lines of a report

__all__ = ["collection_of", "evaluate_retrieval"]


def evaluate_retrieval(
    folder: Path,
    settings: Settings,
    *,
    cache: Path,
    mode: SearchMode = SearchMode.HYBRID,
    part: str = "",
    sample: int = 0,
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> Run:
    """Measures the search over one question set.

    Args:
        folder: the set's folder.
        settings: which embedder to use, unless `embedder` is given, and which reranker, if any.
        cache: the set's collection and the questions' vectors are kept under `eval/` in it.
        mode: which searches take part.
        part: keeps only questions of this part of the set ("dev", "test"); "" keeps all.
        sample: keeps so many questions, drawn with a fixed seed; 0 keeps all.
        embedder: to use instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: a file of the set is missing.
        UsageError: a file of the set cannot be read.
    """
    judged = read_retrieval_set(folder, part, sample)
    remembering = RememberingEmbedder(embedder or embedder_of(settings)(), cache / "eval")
    progress = progress or say_nothing
    catalog = collection_of(judged, remembering, cache / "eval", progress)
    try:
        searcher = searcher_over(catalog, settings, remembering, reranker_of(settings))
        rankings = dict(_rank_questions(judged, searcher, mode, progress))
        collection = _described(catalog)
    finally:
        remembering.save()
        catalog.close()
    config = {
        "mode": str(mode),
        "model": remembering.space.model,
        "reranker": settings.reranker.model,
        "part": part,
        "sample": sample,
        "questions": len(judged.questions),
    }
    return _measure(judged, rankings, config, collection)


def _described(catalog: Catalog) -> dict[str, Any]:
    collection = catalog.collection()
    return {"name": collection.name, "version": collection.version, "passages": collection.passages}


def _rank_questions(
    judged: RetrievalSet, searcher: Searcher, mode: SearchMode, progress: Progress
) -> Iterator[tuple[str, list[str]]]:
    for number, question in enumerate(judged.questions):
        progress("searching", number, len(judged.questions))
        result = searcher.search(question.text, k=_DEPTH, mode=mode)
        yield question.id, [hit.document.name for hit in result.hits]
    progress("searching", len(judged.questions), len(judged.questions))


def _measure(
    judged: RetrievalSet, rankings: Mapping[str, list[str]], config: dict[str, Any], collection: dict[str, Any]
) -> Run:
    values = measure_rankings({question.id: question.grades for question in judged.questions}, rankings)
    passages = {passage.id: passage for passage in judged.passages}
    for added in (_measure_documents(judged, rankings), _measure_spans(judged, rankings, passages)):
        for key, found in added.items():
            values[key] |= found
    names = dict.fromkeys(name for found in values.values() for name in found)
    metrics = {name: bootstrap_interval([found[name] for found in values.values() if name in found]) for name in names}
    queries = tuple(
        QuestionResult(
            question.id, question.text, values[question.id], _details(question, rankings[question.id], passages)
        )
        for question in judged.questions
    )
    return Run(judged.name, "retrieval", config, metrics, queries, collection)


def _measure_documents(judged: RetrievalSet, rankings: Mapping[str, list[str]]) -> dict[str, dict[str, float]]:
    """How well the right document is found, where the set names it for every question and passage."""
    document_of = {passage.id: passage.doc for passage in judged.passages}
    if not all(document_of.values()) or not all(question.doc for question in judged.questions):
        return {}
    answering = {question.id: {question.doc: 1} for question in judged.questions}
    documents = {key: by_document(ranking, document_of) for key, ranking in rankings.items()}
    return {
        key: {f"{name} by doc": value for name, value in found.items()}
        for key, found in measure_rankings(answering, documents, DOCUMENT_MEASURES).items()
    }


def _measure_spans(
    judged: RetrievalSet, rankings: Mapping[str, list[str]], passages: Mapping[str, SetPassage]
) -> dict[str, dict[str, float]]:
    """How exactly the right characters are found, for the questions whose gold spans the set gives."""
    if not all(passage.span for passage in judged.passages):
        return {}
    found: dict[str, dict[str, float]] = {}
    for question in judged.questions:
        if any(span.end > span.start for span in question.spans):
            retrieved = [span for key in rankings[question.id] if (span := passages[key].span)]
            scores = {k: measure_spans(question.spans, retrieved, k) for k in DEPTHS}
            found[question.id] = {f"span precision@{k}": score.precision for k, score in scores.items()}
            found[question.id] |= {f"span recall@{k}": score.recall for k, score in scores.items()}
    return found


def _details(question: SetQuestion, ranking: list[str], passages: Mapping[str, SetPassage]) -> dict[str, Any]:
    """What a person wants to see: what was found, and what should have been."""
    places = {key: place for place, key in enumerate(ranking, start=1)}
    wanted = sorted((key for key, grade in question.grades.items() if grade > 0), key=lambda k: -question.grades[k])
    details: dict[str, Any] = {
        "top": ranking[:_TOP_KEPT],
        "found": [_shown(passages[key]) | {"grade": question.grades.get(key, 0)} for key in ranking[:_SHOWN]],
        "expected": [_shown(passages[key]) | {"place": places.get(key)} for key in wanted[:_SHOWN] if key in passages],
    }
    return details | ({"group": question.group} if question.group else {})


def _shown(passage: SetPassage) -> dict[str, Any]:
    text = passage.text if len(passage.text) <= _WORDS_KEPT else f"{passage.text[:_WORDS_KEPT]}…"
    return {"id": passage.id, "title": passage.title, "text": text}
