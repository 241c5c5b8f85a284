"""Measures each stage on a collection's own documents: what a person has here, on the machine that they have."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import TypeVar

from eval.metrics.latency import percentile
from eval.speed.machine import megabytes_held, this_machine
from eval.speed.records import Speed, Stage
from ingest.reading import Parse
from ingest.sandbox import ParserPool
from ingest.splitting import embedding_text
from kb.catalog import Catalog, Snapshot, StoredPassage
from kb.chat.openai_compatible import open_chat_model
from kb.errors import UsageError
from kb.home.disk import bytes_in
from kb.ports import ChatModel, Embedder
from kb.records import Document, DocumentEntry
from kb.settings import Settings
from kb.text.sentences import split_sentences
from retriever import Searcher, SearchMode, open_searcher
from serving.answering import answer_question
from serving.deciding import EXTRACTIVE, deciding_of
from serving.languages import has_han
from serving.verifiers import verifier_of

Progress = Callable[[str, int, int], None]  # stage, done, of

_SEED = 1  # of what is taken from the collection: the same in every run
_PASSAGES = 2000  # read from the catalog at most: more than can be embedded in the time
_BATCH = 64  # passages embedded by one call
_QUESTIONS = 200  # at most: p95 is then told by ten
_WARMING = 3  # questions before the clock starts: the first loads models and indexes
# A question is about as long as people's: the beginning of a sentence.
_WORDS, _CHARACTERS = 12, 16
_HITS = 10

_Item = TypeVar("_Item")


def measure_speed(
    settings: Settings,
    name: str,
    *,
    seconds: float,
    progress: Progress,
    searcher: Searcher | None = None,
    model: ChatModel | None = None,
    parse: Parse | None = None,
) -> Speed:
    """Reads files anew, embeds passages, searches and answers, each for some seconds. Nothing is stored.

    Args:
        settings: whose home holds the collection, and which models are used.
        name: the collection's.
        seconds: for each stage, at most; one file or answer more may take longer.
        progress: told what is done.
        searcher: instead of one opened from the settings.
        model: instead of the settings' one.
        parse: instead of the product's own parsers.

    Raises:
        NotFoundError: there is no such collection.
        UsageError: it holds no passages.
        ModelError: the embedder or the chat model failed.
    """
    searcher = searcher or open_searcher(settings, name)
    chat = model or open_chat_model(settings.model)
    with closing(searcher.catalog) as catalog, catalog.snapshot() as snapshot:
        collection = snapshot.collection()
        entries, passages = _taken(snapshot)
        if not passages:
            raise UsageError(
                f"{name} holds nothing to measure with", advice="Take documents in first: `ibid ingest PATH…`"
            )
        questions = [_question(stored.passage.text) for stored in passages[:_QUESTIONS]]
        started = time.perf_counter()
        searcher.search(questions[0], k=_HITS)
        opening = time.perf_counter() - started
        unread: list[str] = []
        stages = [*_reading(catalog, entries, settings, seconds, parse, unread, progress)]
        stages.append(_embedding(searcher.embedder, passages, seconds, progress))
        stages += _asking(searcher, settings, chat, questions, seconds, progress)
    memory, parser_memory = megabytes_held()
    return Speed(
        machine=this_machine(settings.embedder.device),
        collection=name,
        version=collection.version,
        documents=collection.documents,
        passages=collection.passages,
        embedding=collection.space.model if collection.space else "",
        answers_by=chat.name if chat else EXTRACTIVE,
        stages=tuple(stages),
        opening_seconds=opening,
        unread=tuple(unread),
        memory_mb=memory,
        parser_memory_mb=parser_memory,
        disk_mb=bytes_in(catalog.folder) / 1e6,
        index_mb=bytes_in(catalog.cache_folder) / 1e6,
    )


def _taken(snapshot: Snapshot) -> tuple[list[DocumentEntry], list[StoredPassage]]:
    """All documents and some passages, in an order of chance that is the same in every run."""
    draw = random.Random(_SEED)  # noqa: S311 (no secret)
    entries, numbers = snapshot.documents(), snapshot.numbers().tolist()
    chosen = draw.sample(numbers, min(len(numbers), _PASSAGES))
    stored = snapshot.passages(chosen)
    return draw.sample(entries, len(entries)), [stored[number] for number in chosen]


def _question(text: str) -> str:
    """A text as long as a question, of words that stand in the collection."""
    start, end = next(iter(split_sentences(text)), (0, len(text)))
    sentence = " ".join(text[start:end].split())
    return sentence[:_CHARACTERS] if has_han(sentence) else " ".join(sentence.split(" ")[:_WORDS])


def _reading(
    catalog: Catalog,
    entries: Sequence[DocumentEntry],
    settings: Settings,
    seconds: float,
    parse: Parse | None,
    unread: list[str],
    progress: Progress,
) -> Iterator[Stage]:
    """Originals read anew by one process after the other, as one worker of an ingestion does."""
    pages = 0

    def read(entry: DocumentEntry, parse: Parse) -> int:
        nonlocal pages
        [outcome] = parse([(catalog.blobs.path(entry.id), entry.name.rpartition("/")[2])])
        if isinstance(outcome, Document):
            pages += outcome.pages
            return 1
        unread.append(entry.name)
        return 0

    if parse is not None:
        files = _timed("read files", "files", entries, lambda entry: read(entry, parse), seconds, progress)
    else:
        with ParserPool(settings.limits) as pool:
            files = _timed("read files", "files", entries, lambda entry: read(entry, pool.parse_all), seconds, progress)
    yield files
    if pages:
        nan = float("nan")
        yield Stage("read pages", pages, "pages", files.seconds, nan, nan)


def _embedding(embedder: Embedder, passages: Sequence[StoredPassage], seconds: float, progress: Progress) -> Stage:
    texts = [embedding_text(stored.document.title, stored.passage) for stored in passages]
    batches = [texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH)]
    return _timed("embed", "passages", batches, lambda batch: len(embedder.embed_passages(batch)), seconds, progress)


def _asking(
    searcher: Searcher,
    settings: Settings,
    chat: ChatModel | None,
    questions: Sequence[str],
    seconds: float,
    progress: Progress,
) -> Iterator[Stage]:
    def search(question: str, mode: SearchMode) -> int:
        searcher.search(question, k=_HITS, mode=mode)
        return 1

    for mode, stage in ((SearchMode.LEXICAL, "search by words"), (SearchMode.HYBRID, "search")):
        for question in questions[:_WARMING]:
            search(question, mode)
        yield _timed(stage, "questions", questions, partial(search, mode=mode), seconds, progress)
    verifier = verifier_of(settings, chat, lambda: searcher.embedder)
    deciding = deciding_of(settings.answers, searcher.catalog, chat)

    def answer(question: str) -> int:
        for _ in answer_question(
            question,
            searcher=searcher,
            catalog=searcher.catalog,
            verifier=verifier,
            model=chat,
            limits=settings.limits,
            deciding=deciding,
        ):
            pass
        return 1

    for question in questions[:_WARMING]:
        answer(question)
    yield _timed("answer", "questions", questions, answer, seconds, progress)


def _timed(
    name: str,
    unit: str,
    items: Iterable[_Item],
    work: Callable[[_Item], int],
    seconds: float,
    progress: Progress,
) -> Stage:
    """Works through the items until they or the seconds are over. `work` returns how many it has done."""
    taken: list[float] = []
    done, spent = 0, 0.0
    for item in items:
        progress(name, min(int(spent), int(seconds)), max(1, int(seconds)))
        if taken and spent >= seconds:
            break
        started = time.perf_counter()
        done += work(item)
        taken.append(time.perf_counter() - started)
        spent += taken[-1]
    milliseconds = [1000 * one for one in taken]
    return Stage(name, done, unit, spent, percentile(milliseconds, 50), percentile(milliseconds, 95))
