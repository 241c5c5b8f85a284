"""`ibid eval SET`: how well the product's own search finds the judged passages of a question set.

A set's corpus becomes a collection like any other, kept under the cache folder, so that a second run embeds nothing.
Every corpus line is a document of one passage; it is indexed and embedded as the product would, its title with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.question_cache import RememberingEmbedder
from eval.ranking import DOCUMENT_MEASURES, MEASURES, by_document, measure_rankings
from eval.sets import RetrievalSet, SetPassage, read_retrieval_set
from eval.statistics.intervals import Interval, bootstrap_interval
from ingest.splitting import SPLITTER_VERSION, embedding_text
from kb.catalog import Catalog, PreparedDocument, Source, text_key
from kb.embedding import open_embedder
from kb.ports import Embedder
from kb.records import Document, Passage
from kb.settings import EmbedderSettings
from kb.text.language import detect_language
from retriever import Searcher, SearchMode

_DEPTH = 100  # Recall@100 is the deepest measure
_STORED_AT_ONCE = 1_024  # passages in one transaction and one call of the embedder
_TOP_KEPT = 10  # passage ids written for each question

Progress = Callable[[str, int, int], None]  # stage, done, of


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One set, one task, one configuration: its measures and every question's values."""

    set: str
    task: str
    config: dict[str, Any]
    metrics: dict[str, Interval]
    queries: tuple[dict[str, Any], ...]

    def to_json(self) -> str:
        """The document that `ibid eval --json` writes."""
        content = {
            "set": self.set,
            "task": self.task,
            "config": self.config,
            "metrics": {name: interval._asdict() for name, interval in self.metrics.items()},
            "queries": self.queries,
        }
        return json.dumps(content, ensure_ascii=False, indent=1)


def evaluate_retrieval(
    folder: Path,
    settings: EmbedderSettings,
    cache: Path,
    *,
    mode: SearchMode = SearchMode.HYBRID,
    part: str = "",
    embedder: Embedder | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measures the search over one question set.

    Args:
        folder: the set's folder.
        settings: which embedder to use, unless `embedder` is given.
        cache: the home's cache folder; the set's collection is kept under `eval/` in it.
        mode: which searches take part.
        part: keeps only questions of this part of the set ("dev", "test"); "" keeps all.
        embedder: to use instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: a file of the set is missing.
        UsageError: a file of the set cannot be read.
    """
    judged = read_retrieval_set(folder, part)
    embedder = RememberingEmbedder(embedder or open_embedder(settings, cache), cache / "eval")
    progress = progress or _say_nothing
    catalog = collection_of(judged, embedder, cache / "eval", progress)
    searcher = Searcher(catalog, embedder)
    try:
        rankings = dict(_rank_questions(judged, searcher, mode, progress))
    finally:
        embedder.save()
        catalog.close()
    config = {"mode": str(mode), "model": embedder.space.model, "part": part, "questions": len(judged.questions)}
    return _measure(judged, rankings, config)


def table_of(evaluations: Sequence[Evaluation]) -> str:
    """A line for each set and mode: each measure with its interval."""
    lines = []
    for item in evaluations:
        values = "  ".join(f"{name} {v.mean:.3f} [{v.low:.3f}, {v.high:.3f}]" for name, v in item.metrics.items())
        lines.append(f"{item.set:<18} {item.config['mode']:<8} {values}")
    return "\n".join(lines)


def _say_nothing(_stage: str, _done: int, _of: int) -> None:
    """No progress is shown."""


def collection_of(judged: RetrievalSet, embedder: Embedder, folder: Path, progress: Progress) -> Catalog:
    """The set's corpus as a collection under `folder`: the one of an earlier run, or made now."""
    corpus = hashlib.sha256(f"{embedder.space.id} {SPLITTER_VERSION}".encode())
    for passage in judged.passages:
        corpus.update("\x1f".join(passage).encode())
    catalog = Catalog.create(folder / f"{judged.name}-{corpus.hexdigest()[:16]}")
    with catalog.snapshot() as snapshot:
        there = snapshot.sources().keys()
    missing = [passage for passage in judged.passages if passage.id not in there]
    for first in range(0, len(missing), _STORED_AT_ONCE):
        progress("embedding", first, len(missing))
        _store(catalog, embedder, missing[first : first + _STORED_AT_ONCE])
    return catalog


def _store(catalog: Catalog, embedder: Embedder, batch: Sequence[SetPassage]) -> None:
    documents = [_document_of(passage) for passage in batch]
    passages = [Passage(document.id, 0, 0, len(document.text), document.text) for document in documents]
    texts = [embedding_text(document.title, passage) for document, passage in zip(documents, passages, strict=True)]
    new = {text_key(text): text for text in texts}
    with catalog.snapshot() as snapshot:
        known = snapshot.known_keys(embedder.space, new)
    keys = [key for key in new if key not in known]
    vectors = dict(zip(keys, embedder.embed_passages([new[key] for key in keys]), strict=True))
    prepared = [
        PreparedDocument(document, Source(line.id, len(line.text), 0, "eval"), (passage,), (text_key(text),))
        for document, line, passage, text in zip(documents, batch, passages, texts, strict=True)
    ]
    catalog.store(prepared, embedder.space, vectors)


def _document_of(line: SetPassage) -> Document:
    return Document(
        id=hashlib.sha256("\x1f".join(line).encode()).hexdigest(),
        name=line.id,
        media_type="text/plain",
        title=line.title,
        text=line.text,
        language=detect_language(line.text),
    )


def _rank_questions(
    judged: RetrievalSet, searcher: Searcher, mode: SearchMode, progress: Progress
) -> Iterator[tuple[str, list[str]]]:
    for number, question in enumerate(judged.questions):
        progress("searching", number, len(judged.questions))
        result = searcher.search(question.text, k=_DEPTH, mode=mode)
        yield question.id, [hit.document.name for hit in result.hits]


def _measure(judged: RetrievalSet, rankings: dict[str, list[str]], config: dict[str, Any]) -> Evaluation:
    grades = {question.id: question.grades for question in judged.questions}
    values = measure_rankings(grades, rankings)
    names = list(MEASURES)
    document_of = {passage.id: passage.doc for passage in judged.passages}
    if all(document_of.values()) and all(question.doc for question in judged.questions):
        answering = {question.id: {question.doc: 1} for question in judged.questions}
        documents = {key: by_document(ranking, document_of) for key, ranking in rankings.items()}
        for key, found in measure_rankings(answering, documents, DOCUMENT_MEASURES).items():
            values[key] |= {f"{name} by doc": value for name, value in found.items()}
        names += [f"{name} by doc" for name in DOCUMENT_MEASURES]
    metrics = {name: bootstrap_interval([found[name] for found in values.values()]) for name in names}
    queries = tuple({"id": key, **found, "top": rankings[key][:_TOP_KEPT]} for key, found in values.items())
    return Evaluation(judged.name, "retrieval", config, metrics, queries)
