"""Makes questions from a collection's own passages."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from eval.synthetic.definitions import definition_questions
from eval.synthetic.filtering import Placed, Said, is_found_again, question_key, spread
from eval.synthetic.headings import heading_questions
from eval.synthetic.records import Candidate
from eval.synthetic.rules import rule_questions
from eval.synthetic.tables import table_questions
from eval.synthetic.with_model import is_worth_asking, model_question
from eval.synthetic.wording import ENGLISH, SIMPLIFIED, TRADITIONAL, spoken_title
from kb.catalog.places import page_at
from kb.catalog.snapshot import Snapshot
from kb.chat.openai_compatible import open_chat_model
from kb.errors import ModelError, UsageError
from kb.ports import ChatModel
from kb.questions.records import OwnQuestion, id_of
from kb.records import Document, Passage
from kb.settings import Settings
from retriever import Searcher, open_searcher

Progress = Callable[[str, int, int], None]  # stage, done, of

_ENOUGH = 20  # candidates for each question wanted: most fall, and a large collection need not be read to its end
_DOCUMENTS_READ = 2  # for each question wanted, so that they are spread
_TRIES_WITH_MODEL = 3  # passages put to the model for each question wanted
_FAILURES_IN_A_ROW = 3  # then the model is down
_LANGUAGES = (ENGLISH, SIMPLIFIED, TRADITIONAL)


@dataclass(frozen=True, slots=True)
class Synthesis:
    """The questions that were made, and why other candidates fell: reason → how many."""

    questions: tuple[OwnQuestion, ...]
    fallen: Mapping[str, int]


def synthesise(
    settings: Settings,
    name: str,
    count: int,
    *,
    seed: int = 0,
    searcher: Searcher | None = None,
    model: ChatModel | None = None,
    progress: Progress | None = None,
) -> Synthesis:
    """Questions from the collection's own passages, written by the settings' chat model, by templates without one.

    Each is found again by the collection's own search (see filtering.py), so that the set says nothing about how good
    the search is today; it says when the search or the answers become worse.

    Args:
        settings: whose home holds the collection and which model writes, if any.
        name: the collection's.
        count: how many questions at most.
        seed: the same seed over the same collection gives the same questions, as far as a model gives the same replies.
        searcher: instead of one opened from the settings.
        model: instead of the settings' one.
        progress: told what is done.

    Raises:
        NotFoundError: there is no such collection.
        UsageError: `count` is below 1.
        ModelError: the model failed several times in a row.
    """
    if count < 1:
        raise UsageError(f"cannot make {count} questions", advice="Ask for at least 1")
    searcher = searcher or open_searcher(settings, name)
    model = model or open_chat_model(settings.model)
    fallen: Counter[str] = Counter()
    with closing(searcher.catalog), searcher.catalog.snapshot() as snapshot:
        if model is None:
            placed = _merged(_from_templates(snapshot, count, seed, progress), fallen)
        else:
            placed = _from_model(snapshot, model, count, seed, fallen)
        questions = _filtered(placed, searcher, count, fallen, progress)
    return Synthesis(tuple(questions), {reason: number for reason, number in fallen.items() if number})


def _filtered(
    placed: Iterator[tuple[Placed, bool]],
    searcher: Searcher,
    count: int,
    fallen: Counter[str],
    progress: Progress | None,
) -> list[OwnQuestion]:
    said = Said()
    questions: list[OwnQuestion] = []
    asked: set[str] = set()
    for item, in_one_document in placed:
        if len(questions) == count:
            break
        start, end = item.candidate.answers[0]
        key = question_key(item.candidate.question)
        if key in asked or not said.is_new(item.candidate, item.document.text[start:end]):
            fallen["asked already"] += 1
        elif not is_found_again(item, searcher):
            fallen["not found again"] += 1
        else:
            asked.add(key)
            questions.append(_own_question(item, in_one_document=in_one_document))
            if progress:
                progress("asking back", len(questions), count)
    return questions


def _from_templates(snapshot: Snapshot, count: int, seed: int, progress: Progress | None) -> list[Placed]:
    """Candidates of all kinds, in an order that spreads them."""
    entries = _shuffled(snapshot, seed)
    found: list[Placed] = []
    for number, document_id in enumerate(entries):
        if len(found) >= _ENOUGH * count and number >= _DOCUMENTS_READ * count:
            break
        if progress:
            progress("reading", number, len(entries))
        document = snapshot.document(document_id)
        if document.language in _LANGUAGES:
            passages = [stored.passage for stored in snapshot.passages_of(document_id)]
            found += _candidates_of(document, passages)
    return list(spread(found, seed))


def _candidates_of(document: Document, passages: Sequence[Passage]) -> Iterator[Placed]:
    language = document.language
    title = spoken_title(document.title, document.name, language)
    for make in (definition_questions, table_questions, rule_questions, heading_questions):
        for candidate in make(document, language, title):
            if passage := _holder(passages, candidate):
                yield Placed(candidate, document, passage)


def _holder(passages: Sequence[Passage], candidate: Candidate) -> Passage | None:
    """The passage that holds the whole first answer."""
    start, end = candidate.answers[0]
    return next((passage for passage in passages if passage.start <= start and end <= passage.end), None)


def _merged(items: Sequence[Placed], fallen: Counter[str]) -> Iterator[tuple[Placed, bool]]:
    """Each question once, and whether it is of one document alone.

    What two documents answer alike may be found in either; what they answer differently has no one answer.
    """
    groups: dict[str, list[Placed]] = {}
    for item in items:
        groups.setdefault(question_key(item.candidate.question), []).append(item)
    for group in groups.values():
        answers = {_first_answer(item) for item in group}
        if len(answers) > 1:
            fallen["several answers"] += len(group)
            continue
        fallen["asked already"] += len(group) - 1
        yield group[0], len({item.document.id for item in group}) == 1


def _first_answer(item: Placed) -> str:
    start, end = item.candidate.answers[0]
    return question_key(item.document.text[start:end])


def _from_model(
    snapshot: Snapshot, model: ChatModel, count: int, seed: int, fallen: Counter[str]
) -> Iterator[tuple[Placed, bool]]:
    """What the model asks about passages of one document after the other, until enough were put to it."""
    chance = random.Random(seed)  # noqa: S311  (no secret depends on it)
    queues: dict[str, list[Passage]] = {}
    failed = tried = 0
    while tried < _TRIES_WITH_MODEL * count:
        turn = 0
        for document_id in _shuffled(snapshot, seed):
            if document_id not in queues:
                passages = [stored.passage for stored in snapshot.passages_of(document_id)]
                queues[document_id] = [passage for passage in passages if is_worth_asking(passage)]
                chance.shuffle(queues[document_id])
            document = snapshot.document(document_id)
            if not queues[document_id] or document.language not in _LANGUAGES:
                continue
            passage = queues[document_id].pop()
            turn, tried = turn + 1, tried + 1
            try:
                candidate = model_question(model, document, passage, document.language)
            except ModelError:
                fallen["model failed"] += 1
                failed += 1
                if failed == _FAILURES_IN_A_ROW:
                    raise
                continue
            failed = 0
            if candidate is None:
                fallen["no usable question"] += 1
            else:
                yield Placed(candidate, document, passage), True
        if not turn:
            return


def _shuffled(snapshot: Snapshot, seed: int) -> list[str]:
    ids = sorted(entry.id for entry in snapshot.documents())
    random.Random(seed).shuffle(ids)  # noqa: S311  (no secret depends on it)
    return ids


def _own_question(item: Placed, *, in_one_document: bool) -> OwnQuestion:
    candidate, document = item.candidate, item.document
    page = page_at(document.marks, candidate.answers[0][0]) if document.pages and in_one_document else None
    texts = dict.fromkeys(" ".join(document.text[start:end].split()) for start, end in candidate.answers)
    return OwnQuestion(
        id=id_of(candidate.question),
        question=candidate.question,
        answers=tuple(texts),
        document=document.name if in_one_document else "",
        page=page,
        tags=(str(candidate.kind), document.language),
        synthetic=True,
    )
