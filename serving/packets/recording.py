"""Keeps what an answer is made from, while it is made: the events of the answer path, and the calls of its model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass, replace
from importlib.metadata import version
from urllib.parse import urlsplit

from kb.catalog import Catalog, Snapshot
from kb.catalog.writing import now
from kb.chat.openai_compatible import TEMPERATURE
from kb.ports import ChatModel, JsonSchema
from kb.records import NO_FILTERS, AnswerEvent, Filters, Finished, Hit, Passage, Searched, Turn
from kb.settings import Settings
from serving.answering import PASSAGES
from serving.packets.records import FORMAT, Cut, ModelCall, Packet, SettingValue, Stretch

_NEIGHBOURS = 2  # on each side of a hit: as many as may be joined to it (serving/passages/building.py)
# Sections that cannot change an answer; those of a server that we start name what it serves as `model`.
_NO_SAY = frozenset({"serve", "limits", "history", "vllm"})


class RecordedModel:
    """A chat model that remembers what it was sent and what it replied."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._replies: list[_Reply] = []

    @property
    def name(self) -> str:
        """The name of the model behind it."""
        return self._model.name

    @property
    def calls(self) -> tuple[ModelCall, ...]:
        """Every call so far."""
        return tuple(replace(reply.call, reply="".join(reply.pieces)) for reply in self._replies)

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        """What the model behind it replies."""
        stream = self._model.stream(system, turns, max_tokens=max_tokens, schema=schema)
        self._replies.append(_Reply(stream, ModelCall(system, tuple(turns), max_tokens, "")))
        return self._replies[-1]


class _Reply(Iterator[str]):
    """A reply that keeps its pieces. Like the one behind it, it may be closed from any thread."""

    def __init__(self, stream: Iterator[str], call: ModelCall) -> None:
        self.call = call
        self.pieces: list[str] = []
        self._stream = stream

    def __next__(self) -> str:
        piece = next(self._stream)
        self.pieces.append(piece)
        return piece

    def close(self) -> None:
        """Stops the call."""
        close = getattr(self._stream, "close", None)
        if close is not None:
            close()


@dataclass
class Recorder:
    """Makes the packet of one answer: `model` answers in the place of the one given, `watching` drains the events.

    Args:
        settings: that the answer is made with.
        question: as asked.
        given_model: the chat model, if one answers.
        history: the conversation so far.
        filters: which passages may be read.
        k: how many are read.
    """

    settings: Settings
    question: str
    given_model: ChatModel | None = None
    history: tuple[Turn, ...] = ()
    filters: Filters = NO_FILTERS
    k: int = PASSAGES
    model: RecordedModel | None = field(init=False)
    _searched: Searched | None = field(init=False, default=None)
    _finished: Finished | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.model = RecordedModel(self.given_model) if self.given_model is not None else None

    def watching(self, events: Iterable[AnswerEvent]) -> Iterator[AnswerEvent]:
        """The same events, noted."""
        for event in events:
            if isinstance(event, Searched):
                self._searched = event
            elif isinstance(event, Finished):
                self._finished = event
            yield event

    def packet(self, catalog: Catalog) -> Packet:
        """The packet of the answer that `watching` drained; `catalog` still holds what stands around its passages.

        Raises:
            ValueError: the answer did not come to its end.
        """
        if self._searched is None or self._finished is None:
            raise ValueError("the answer was not drained to its end")
        hits = self._searched.candidates
        with catalog.snapshot() as snapshot:
            stretches = tuple(_stretches(hits, snapshot))
            collection = snapshot.collection()
        return Packet(
            format=FORMAT,
            ibid=version("ibid"),
            made_at=now(),
            question=self.question,
            history=self.history,
            filters=self.filters,
            k=self.k,
            collection=collection,
            settings=settings_that_matter(self.settings),
            search=replace(self._searched.result, hits=hits),
            stretches=stretches,
            calls=self.model.calls if self.model is not None else (),
            answer=replace(self._finished.answer, looked_at=()),
        )


def settings_that_matter(settings: Settings) -> Mapping[str, Mapping[str, SettingValue]]:
    """Every section that can change an answer, without keys: they stand in no packet, not even inside a URL."""
    sections = {name: getattr(settings, name) for name in settings.__dataclass_fields__}
    matter: dict[str, dict[str, SettingValue]] = {
        name: {key: _without_secrets(key, value) for key, value in asdict(section).items() if _has_a_say(key)}
        for name, section in sections.items()
        if is_dataclass(section) and not isinstance(section, type) and name not in _NO_SAY
    }
    matter["model"]["temperature"] = TEMPERATURE
    return matter


def _has_a_say(key: str) -> bool:
    return key != "api_key" and not key.endswith("_seconds")


def _without_secrets(key: str, value: SettingValue) -> SettingValue:
    if key != "base_url" or not value:
        return value
    parts = urlsplit(str(value))
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def _stretches(hits: Sequence[Hit], snapshot: Snapshot) -> Iterator[Stretch]:
    documents = {hit.document.id: hit.document for hit in hits}
    for document_id, document in documents.items():
        own = {hit.passage.order: hit.passage for hit in hits if hit.passage.document_id == document_id}
        orders = {order + step for order in own for step in range(-_NEIGHBOURS, _NEIGHBOURS + 1)}
        there = {
            passage.order: passage
            for passage in snapshot.passages_between(document_id, min(orders), max(orders))
            if passage.order in orders
        }
        # Deleted or read anew since the search: what was found is kept as it was found.
        known = there if own.items() <= there.items() else own
        for run in _runs(known):
            start, end = run[0].start, max(passage.end for passage in run)
            text = snapshot.text_between(document_id, start, end) if known is there else _pasted(run, start, end)
            cuts = tuple(
                Cut(item.order, item.start, item.end, item.headings, item.first_page, item.last_page) for item in run
            )
            yield Stretch(document, start, text, cuts)


def _runs(passages: Mapping[int, Passage]) -> Iterator[list[Passage]]:
    """Passages by order, in lists of those that follow each other."""
    run: list[Passage] = []
    for order in sorted(passages):
        if run and run[-1].order + 1 != order:
            yield run
            run = []
        run.append(passages[order])
    if run:
        yield run


def _pasted(run: Sequence[Passage], start: int, end: int) -> str:
    """The passages at their places, blanks between them."""
    text = " " * (end - start)
    for passage in run:
        first = passage.start - start
        text = text[:first] + passage.text + text[first + len(passage.text) :]
    return text
