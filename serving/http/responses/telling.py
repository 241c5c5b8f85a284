"""An answer in the making as a response's events, and the response that it comes to."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from kb.records import AnswerEvent, Citation, Claimed, Finished, Searched
from serving.http.answers.annotations import claim_annotations
from serving.http.answers.chat_response import sentence_as_json
from serving.http.responses.events import ResponseEvents, told_whole
from serving.http.responses.preparing import Prepared, conclude
from serving.http.responses.search_results import results_of
from serving.http.responses.shape import Json, search_call, without_results
from serving.http.state import Services


async def told(
    services: Services,
    prepared: Prepared,
    searched: Searched,
    events: AsyncGenerator[AnswerEvent, None],
    made: ResponseEvents,
) -> AsyncGenerator[list[Json], None]:
    """The events of a response that comes about, each as soon as it can be told, together with those of its moment.

    Before the last of them, the response is kept.
    """
    asked, result = prepared.shape.asked, searched.result
    yield [*made.opening([result.question]), *made.searched(searched_call(prepared, searched))]
    waits = asked.form is not None  # for JSON, beside which a refusal stands apart: nothing is told before it is whole
    citations: dict[int, Citation] = {}
    length = 0
    async for event in events:
        if isinstance(event, Claimed) and not waits:
            citations |= {citation.marker: citation for citation in event.citations}
            annotations = claim_annotations(event.claim, citations, length)
            length += len(event.claim.text)
            yield list(made.sentence(event.claim.text, annotations, sentence_as_json(event)))
        elif isinstance(event, Finished):
            body = await asyncio.to_thread(conclude, services, prepared, event.answer, result)
            shown = body if asked.wants_results else without_results(body)
            yield list(told_whole(made, shown) if waits else made.closing(shown))


def searched_call(prepared: Prepared, searched: Searched) -> Json:
    """The item of the search, with the passages that were read where they are wanted."""
    call = search_call(prepared.shape.token, "completed", [searched.result.question])
    if prepared.shape.asked.wants_results and not prepared.shape.asked.background:  # of those, no passages are kept
        call["results"] = results_of(searched.result.hits)
    return call
