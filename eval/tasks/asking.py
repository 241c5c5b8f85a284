"""The questions of a set put to the product's own answer path, over the set's corpus as a collection."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval.metrics.citations import Statement
from eval.question_cache import RememberingEmbedder
from eval.records import QuestionResult, Run
from eval.set_collection import Progress, collection_of, say_nothing
from eval.sets import RetrievalSet, SetPassage
from eval.statistics.intervals import bootstrap_interval
from eval.tasks.answer_sets import AnsweredQuestion, AnswerSet
from kb.catalog import Catalog
from kb.chat.openai_compatible import open_chat_model
from kb.errors import IbidError, ModelError
from kb.ports import ChatModel, Embedder, Verifier
from kb.records import NO_FILTERS, Answer, AnswerEvent, AnswerStatus, Filters, Finished
from kb.settings import LimitSettings, Settings
from retriever import Searcher, SearchMode, embedder_of, reranker_of, searcher_over
from serving.answering import answer_question
from serving.claims import OF_IBID_ITSELF
from serving.deciding import EXTRACTIVE, Deciding, deciding_of
from serving.markers import without_markers
from serving.verifiers import verifier_of

_TOP_KEPT = 10  # passages named for each question
_SHOWN = 3  # passages of which a run file keeps words
_WORDS_KEPT = 280  # characters of such a passage: four lines of a report
_MOST_FAILURES = 3  # in a row: the model's server is down, and the rest of the run would say nothing
_QUOTED = re.compile(r"[“「](.*)[”」]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Asking:
    """Everything that questions are put to."""

    passages: Mapping[str, SetPassage]
    searcher: Searcher
    catalog: Catalog
    embedder: Embedder
    verifier: Verifier
    model: ChatModel | None
    limits: LimitSettings
    deciding: Deciding

    def events(self, question: AnsweredQuestion, deciding: Deciding | None = None) -> Iterator[AnswerEvent]:
        """The answer path's own events; it decides as the settings have it, unless told otherwise."""
        return answer_question(
            question.text,
            searcher=self.searcher,
            catalog=self.catalog,
            verifier=self.verifier,
            model=self.model,
            filters=filters_of(question),
            limits=self.limits,
            deciding=deciding or self.deciding,
        )

    def text_of(self, document_id: str) -> str:
        """The text of a document of the collection."""
        with self.catalog.snapshot() as snapshot:
            return snapshot.document(document_id).text


@dataclass(frozen=True, slots=True)
class Reply:
    """What came of a question: an answer, or the reason why there is none."""

    question: AnsweredQuestion
    answer: Answer | None
    failure: str = ""

    @property
    def answered(self) -> bool:
        """Whether something was said to it."""
        return self.answer is not None and self.answer.status is not AnswerStatus.REFUSED


@contextmanager
def opened(
    content: AnswerSet,
    settings: Settings,
    cache: Path,
    *,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    remember: bool = True,
    progress: Progress | None = None,
) -> Iterator[Asking]:
    """The set's collection, made where it is missing, with the settings' embedder and model unless others are given.

    With `remember`, questions that an earlier run embedded are not embedded again.
    """
    given = embedder or embedder_of(settings)()
    remembering = RememberingEmbedder(given, cache / "eval")
    corpus = RetrievalSet(content.name, content.passages, ())
    catalog = collection_of(corpus, remembering, cache / "eval", progress or say_nothing)
    used = remembering if remember else given
    chat_model = model or open_chat_model(settings.model)
    try:
        yield Asking(
            passages={passage.id: passage for passage in content.passages},
            searcher=searcher_over(catalog, settings, used, reranker_of(settings)),
            catalog=catalog,
            embedder=used,
            verifier=verifier_of(settings, chat_model, lambda: given),
            model=chat_model,
            limits=settings.limits,
            deciding=deciding_of(settings.answers, catalog, chat_model),
        )
    finally:
        remembering.save()
        catalog.close()


def ask_all(
    asking: Asking,
    questions: Sequence[AnsweredQuestion],
    progress: Progress | None = None,
    deciding: Deciding | None = None,
) -> Iterator[Reply]:
    """Puts the questions one after the other; one that fails is a reply with its reason, and the others go on.

    Args:
        asking: what they are put to.
        questions: in this order.
        progress: told how many are done.
        deciding: instead of as the settings have it.

    Raises:
        ModelError: the model failed several times in a row.
    """
    say, failures = progress or say_nothing, 0
    for number, question in enumerate(questions):
        say("asking", number, len(questions))
        try:
            yield Reply(question, answer_of(asking.events(question, deciding)))
            failures = 0
        except ModelError as error:
            failures += 1
            if failures == _MOST_FAILURES:
                raise
            yield Reply(question, None, str(error))
        except IbidError as error:
            yield Reply(question, None, str(error))
    say("asking", len(questions), len(questions))


def answer_of(events: Iterator[AnswerEvent]) -> Answer | None:
    """The whole answer at the end of its events."""
    for event in events:
        if isinstance(event, Finished):
            return event.answer
    return None


def statements_of(answer: Answer | None) -> tuple[Statement, ...]:
    """What an answer says, sentence by sentence, with the words each one cites; nothing for a refusal.

    Markers are gone, and the quotation marks around an extractive answer's sentences; so is what ibid says of itself.
    """
    if answer is None or answer.status is AnswerStatus.REFUSED:
        return ()
    quotes = {citation.marker: citation.quote for citation in answer.citations}
    statements = []
    for claim in answer.claims:
        text = without_markers(claim.text).strip()
        if answer.model == EXTRACTIVE and (quoted := _QUOTED.fullmatch(text)) is not None:
            text = quoted[1]
        if text and claim.why != OF_IBID_ITSELF:
            cited = tuple(quotes[marker] for marker in claim.citations if marker in quotes)
            statements.append(Statement(text, cited))
    return tuple(statements)


def details_of(reply: Reply, asking: Asking) -> dict[str, Any]:
    """What a person wants to see of a reply beside its values: what was said, read and cited, and what should be."""
    answer, question = reply.answer, reply.question
    details: dict[str, Any] = {"group": question.group} if question.group else {}
    if answer is None:
        return details | {"status": "failed", "failure": reply.failure}
    read = [hit.document.name for hit in answer.looked_at]
    return details | {
        "status": str(answer.status),
        "answer": answer.text,
        "golds": list(question.parts or question.answers),
        "cited": list(dict.fromkeys(citation.document for citation in answer.citations)),
        "top": read[:_TOP_KEPT],
        "found": [_shown(name, asking) for name in read[:_SHOWN]],
        "expected": [_shown(name, asking) for name in question.gold[:_SHOWN] if name in asking.passages],
    }


def _shown(name: str, asking: Asking) -> dict[str, str]:
    passage = asking.passages[name]
    text = passage.text if len(passage.text) <= _WORDS_KEPT else f"{passage.text[:_WORDS_KEPT]}…"
    return {"id": name, "title": passage.title, "text": text}


def run_of(
    task: str,
    content: AnswerSet,
    asking: Asking,
    results: Sequence[QuestionResult],
    *,
    config: dict[str, Any],
) -> Run:
    """A run with the mean of each value over the questions that have it, in the order of first appearance."""
    collection = asking.catalog.collection()
    names = dict.fromkeys(name for result in results for name in result.values)
    means = {name: bootstrap_interval([item.values[name] for item in results if name in item.values]) for name in names}
    return Run(
        set=content.name,
        task=task,
        config={
            "mode": str(SearchMode.HYBRID),
            "model": asking.embedder.space.model,
            "answers by": asking.model.name if asking.model else EXTRACTIVE,
            "questions": len(results),
            **config,
        },
        metrics=means,
        queries=tuple(results),
        collection={"name": collection.name, "version": collection.version, "passages": collection.passages},
    )


def filters_of(question: AnsweredQuestion) -> Filters:
    """Only the passages that the question may be answered from."""
    return Filters({"document": question.given}) if question.given else NO_FILTERS
