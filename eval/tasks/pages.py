"""Whether the page that an answer cites, and the first pages found, are those that people named.

`*_questions.jsonl` beside a manifest: `_id`, `text`, `doc` (the file) and `evidence`, a list of objects with `page0`,
the page counted from 0, as FinanceBench (Islam et al. 2023) gives them. The documents asked about are ingested
together, so that the right document has to be found before the right page; a refused question names no page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from eval.metrics.parsing import names_right_page
from eval.records import QuestionResult
from eval.set_collection import Progress
from eval.tasks.answer_sets import AnsweredQuestion, json_lines
from eval.tasks.asking import Asking, Reply, ask_all
from ingest.pipeline import ingest_files
from ingest.reading import Parse
from ingest.walking import FoundFile
from kb.catalog import Catalog
from kb.chat.openai_compatible import open_chat_model
from kb.errors import NotFoundError, UsageError
from kb.ports import ChatModel, Embedder
from kb.records import Hit
from kb.settings import Settings
from retriever import embedder_of, reranker_of, searcher_over
from serving.deciding import Deciding
from serving.verifiers import verifier_of

_LOOKED_AT = 5  # passages whose pages count as found: what a person opens before asking again


@dataclass(frozen=True, slots=True)
class PageQuestion:
    """A question about a document below the set's folder, and the pages that answer it, counted from 1."""

    question: AnsweredQuestion
    file: str
    pages: frozenset[int]


def read_page_questions(folder: Path) -> list[PageQuestion]:
    """The questions of every `*_questions.jsonl` of the folder; none where there is no such file.

    Raises:
        UsageError: a line lacks a field.
    """
    found = []
    for path in sorted(folder.glob("*_questions.jsonl")):
        for number, line in enumerate(json_lines(path), start=1):
            try:
                pages = frozenset(int(item["page0"]) + 1 for item in line["evidence"])
                question = AnsweredQuestion(str(line["_id"]), line["text"], tuple(line.get("answers") or ()))
                found.append(PageQuestion(question, line["doc"], pages))
            except (KeyError, TypeError, ValueError) as error:
                raise UsageError(f"{path} line {number} is no question about a page", repr(error)) from error
    return found


def measure_pages(
    folder: Path,
    questions: Sequence[PageQuestion],
    settings: Settings,
    where: Path,
    parse: Parse,
    *,
    embedder: Embedder | None,
    model: ChatModel | None,
    say: Progress,
) -> list[QuestionResult]:
    """Ingests the documents asked about into a collection at `where`, unless they are there, and asks the questions.

    Raises:
        NotFoundError: a document is missing.
        ModelError: the model failed several times in a row.
    """
    embedder = embedder or embedder_of(settings)()
    catalog = Catalog.create(where)
    try:
        files = [_found(folder, name) for name in dict.fromkeys(item.file for item in questions)]
        for number, _ in enumerate(ingest_files(files, catalog, embedder, parse, settings.limits)):
            say("ingesting", number, len(files))
        model = model or open_chat_model(settings.model)
        searcher = searcher_over(catalog, settings, embedder, reranker_of(settings))
        verifier = verifier_of(settings, model, lambda: searcher.embedder)
        asking = Asking({}, searcher, catalog, embedder, verifier, model, settings.limits, Deciding())
        replies = ask_all(asking, [item.question for item in questions], say)
        return [_result(reply, item) for reply, item in zip(replies, questions, strict=True)]
    finally:
        catalog.close()


def _found(folder: Path, name: str) -> FoundFile:
    path = folder / name
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise NotFoundError(f"no file {path}", advice="Its questions name it") from error
    return FoundFile(path, name, status.st_size, status.st_mtime_ns, name)


def _result(reply: Reply, asked: PageQuestion) -> QuestionResult:
    citations = reply.answer.citations if reply.answer else ()
    hits = reply.answer.looked_at if reply.answer else ()
    cited = {item.page for item in citations if item.document == asked.file and item.page is not None}
    values = {
        "page cited": names_right_page(cited, asked.pages),
        "page found first": names_right_page(_pages(hits[:1], asked.file), asked.pages),
        f"page among {_LOOKED_AT} passages": names_right_page(_pages(hits[:_LOOKED_AT], asked.file), asked.pages),
    }
    details = {
        "kind": "page",
        "document": asked.file,
        "pages": sorted(asked.pages),
        "answer": reply.answer.text if reply.answer else "",
        "cited": [f"{item.document}, p. {item.page}" for item in citations],
        "failure": reply.failure,
    }
    return QuestionResult(asked.question.id, asked.question.text, values, details)


def _pages(hits: Sequence[Hit], file: str) -> set[int]:
    inside = (hit.passage for hit in hits if hit.document.name == file)
    return {page for passage in inside for page in range(passage.first_page, passage.last_page + 1)}
