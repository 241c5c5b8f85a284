"""Keeps what an answer is made from, while it is made: what is searched for and found, and what its model is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, is_dataclass, replace
from importlib.metadata import version
from urllib.parse import urlsplit

from kb.catalog import Snapshot
from kb.catalog.writing import now
from kb.chat.request import TEMPERATURE
from kb.ports import ChatModel, JsonSchema, Verifier
from kb.records import NO_FILTERS, Answer, Filters, Hit, Passage, SearchResult, Turn
from kb.settings import Settings
from retriever.searcher import Searcher, SearchMode
from serving.answering import PASSAGES
from serving.packets.records import FORMAT, Cut, ModelCall, Packet, SettingValue, Stretch
from serving.verifiers import health_of

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


class RecordedSearcher(Searcher):
    """A searcher that remembers what it found."""

    def __init__(self, searcher: Searcher) -> None:
        super().__init__(searcher.catalog, lambda: searcher.embedder)
        self._searcher = searcher
        self.likeness = searcher.likeness
        self.searches: list[SearchResult] = []

    def search(
        self,
        question: str,
        *,
        k: int = 10,
        mode: SearchMode = SearchMode.HYBRID,
        filters: Filters = NO_FILTERS,
    ) -> SearchResult:
        """What the searcher behind it finds."""
        self.searches.append(self._searcher.search(question, k=k, mode=mode, filters=filters))
        return self.searches[-1]


class Recorder:
    """Makes the packet of one answer, which has to be made with this `searcher` and this `model`.

    Args:
        settings: that the answer is made with.
        searcher: over the collection.
        model: the chat model, if one answers.
        verifier: that judges the sentences.
    """

    def __init__(self, settings: Settings, searcher: Searcher, model: ChatModel | None, verifier: Verifier) -> None:
        self.searcher = RecordedSearcher(searcher)
        self.model = RecordedModel(model) if model is not None else None
        self._settings = settings
        self._verifier = verifier

    def packet(
        self,
        question: str,
        answer: Answer,
        *,
        history: Sequence[Turn] = (),
        filters: Filters = NO_FILTERS,
        k: int = PASSAGES,
    ) -> Packet:
        """The packet of an answer. What stands around its passages is read now.

        Args:
            question: as asked.
            answer: as it was given.
            history: the conversation before it.
            filters: which passages could be read.
            k: how many were read.
        """
        searches = tuple(self.searcher.searches)
        with self.searcher.catalog.snapshot() as snapshot:
            stretches = tuple(_stretches([hit for found in searches for hit in found.hits], snapshot))
            collection, calibration = snapshot.collection(), snapshot.calibration()
        return Packet(
            format=FORMAT,
            ibid=version("ibid"),
            made_at=now(),
            question=question,
            history=tuple(history),
            filters=filters,
            k=k,
            collection=collection,
            settings=settings_that_matter(self._settings),
            searches=searches,
            stretches=stretches,
            calls=self.model.calls if self.model is not None else (),
            answer=replace(answer, looked_at=()),
            calibration=calibration,
            judged_by=health_of(self._verifier),
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
