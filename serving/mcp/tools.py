"""The tools themselves: each takes its input, does the work off the event loop, and gives its output with a text.

`ask` asks as the endpoints over HTTP do, so its answers are the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial

from kb.catalog.places import page_at
from kb.errors import IbidError, NotFoundError, UsageError
from kb.records import AnswerStatus, Claimed, Filters, Finished, Searched
from serving.answer_json import answer_as_json, search_as_json
from serving.answering import check_question
from serving.http.answers.asking import Asking, begin, count_usage
from serving.http.readable import where_readable
from serving.http.reading.finding import need_document
from serving.http.state import OpenCollection, Services
from serving.http.stores.filters import read_filters
from serving.http.stores.searching import search_passages
from serving.mcp.shapes import (
    AskInput,
    AskOutput,
    CollectionInfo,
    ListInput,
    ListOutput,
    PlaceInput,
    PlaceOutput,
    SearchInput,
    SearchOutput,
)
from serving.surroundings import surroundings

_NEAREST = 3  # passages shown with a refusal: enough to see what was looked at
_LONGEST_SPAN = 20_000  # characters opened at once: some 5,000 tokens of an agent's memory

Tell = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls a tool.

    Attributes:
        services: of the process, as far as the caller may use them.
        tell: hears in a word how far the work is.
    """

    services: Services
    tell: Tell

    def names(self) -> list[str]:
        """The collections that this caller may see, the default one first."""
        return self.services.collections.names()

    def open(self, name: str) -> OpenCollection:
        """A collection by its name; the default one where the name is empty.

        Raises:
            NotFoundError: there is none, or none that this caller may see.
        """
        wanted = name or self.services.collections.default
        names = self.names()
        if wanted not in names:
            raise NotFoundError(f"no collection {wanted[:80]!r}", advice=f"There are: {', '.join(names) or 'none'}")
        return self.services.collections.get(wanted)


async def search(asked: SearchInput, caller: Caller) -> SearchOutput:
    """Ranked passages, with no answer made of them."""
    return await asyncio.to_thread(_search, asked, caller)


def _search(asked: SearchInput, caller: Caller) -> SearchOutput:
    check_question(asked.question, caller.services.settings.limits.question_characters)
    opened = caller.open(asked.collection)
    result = search_passages(caller.services, opened, asked.question, asked.passages, _filters(asked))
    return SearchOutput.model_validate(search_as_json(result))


async def ask(asked: AskInput, caller: Caller) -> AskOutput:
    """A checked, cited answer, or a refusal."""
    asking = Asking(
        asked.question, partial(caller.open, asked.collection), filters=_filters(asked), passages=asked.passages
    )
    async with aclosing(begin(caller.services, asking)) as events:
        async for event in events:
            if isinstance(event, Searched):
                await caller.tell(f"{len(event.result.hits)} passages found")
            elif isinstance(event, Claimed):
                await caller.tell("a sentence is checked")
            elif isinstance(event, Finished):
                await asyncio.to_thread(count_usage, caller.services, asked.question, event.answer)
                told = answer_as_json(event.answer)
                refused = event.answer.status is AnswerStatus.REFUSED
                return AskOutput.model_validate({**told, "looked_at": told["looked_at"][: _NEAREST if refused else 0]})
    raise IbidError("the answer was cancelled")


async def list_collections(_asked: ListInput, caller: Caller) -> ListOutput:
    """The collections that the caller may ask."""
    return await asyncio.to_thread(_list_collections, caller)


def _list_collections(caller: Caller) -> ListOutput:
    collections = caller.services.collections
    listed = []
    for name in caller.names():
        with where_readable(name):
            found = collections.catalog(name).collection()
            listed.append(
                CollectionInfo(
                    name=name,
                    description=found.description,
                    documents=found.documents,
                    passages=found.passages,
                    policy=found.policy.value,
                    default=name == collections.default,
                )
            )
    return ListOutput(collections=listed)


async def open_place(asked: PlaceInput, caller: Caller) -> PlaceOutput:
    """A place in a document with what stands around it."""
    return await asyncio.to_thread(_open_place, asked, caller)


def _open_place(asked: PlaceInput, caller: Caller) -> PlaceOutput:
    if asked.end - asked.start > _LONGEST_SPAN:
        raise UsageError(
            f"the span {asked.start}-{asked.end} is too long",
            f"{_LONGEST_SPAN:,} characters are the most",
            "Open it in parts",
        )
    catalog = caller.open(asked.collection).catalog
    entry = need_document(catalog, asked.document_id)
    with catalog.snapshot() as snapshot:
        document = snapshot.document(entry.id)
    around = surroundings(document.text, asked.start, asked.end)
    return PlaceOutput(
        document_id=entry.id,
        document=entry.name,
        title=entry.title,
        collection=catalog.name,
        page=page_at(document.marks, asked.start),
        start=asked.start,
        end=asked.end,
        quote=document.text[asked.start : asked.end],
        context=around.text,
        context_start=around.start,
    )


def _filters(asked: SearchInput | AskInput) -> Filters:
    return read_filters(asked.filters, asked.as_of, all_versions=asked.all_versions)
