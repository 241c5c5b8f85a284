"""A stored response as whoever asks is told of it: whole, its events again, and while it is made in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator

from kb.errors import NotFoundError
from kb.home.replies import IN_PROGRESS, KeptReply, get_reply
from kb.home.reply_events import events_from
from serving.http.answers.event_lines import event_line
from serving.http.answers.kept_answers import answer_again, hits_still_there
from serving.http.errors import error_body
from serving.http.responses.background import as_of_now
from serving.http.responses.events import events_again
from serving.http.responses.preparing import RESPONSE
from serving.http.responses.search_results import result_of
from serving.http.responses.shape import Json, without_results
from serving.http.state import Services

_LOOK_SECONDS = 0.1  # between two looks for further events: sentences come some times a second at most


def stored(services: Services, response_id: str) -> KeptReply:
    """A response of whoever asks.

    Raises:
        NotFoundError: there is none of that id, or it is somebody else's.
    """
    reply = get_reply(services.home, RESPONSE, response_id, services.access.owns)
    return as_of_now(reply, services.settings.limits.answer_seconds)


def current(services: Services, response_id: str, *, with_results: bool) -> Json:
    """The response with the words of what it read, where they still stand, and what became of what it cites.

    Raises:
        NotFoundError: there is none of that id, or it is somebody else's.
    """
    reply = stored(services, response_id)
    if "ibid" not in reply.body:
        return reply.body
    still = hits_still_there(services, reply)
    results = [result_of(document, hit["score"], hit["text"]) for hit, document in still]
    call, *rest = reply.body["output"]
    body = {**reply.body, "output": [{**call, "results": results}, *rest], "ibid": answer_again(services, reply)}
    return body if with_results else without_results(body)


def can_be_followed(services: Services, response_id: str) -> bool:
    """Whether a response that was in progress a moment ago tells its events while it is made, or has ended since."""
    return bool(events_from(services.home, response_id, 0)) or stored(services, response_id).status != IN_PROGRESS


async def follow(services: Services, response_id: str, after: int, *, with_results: bool) -> AsyncGenerator[str, None]:
    """The events behind number `after` as lines, as they come; they end with the response.

    Whichever process makes it, it goes on when nobody follows it any more.
    """
    number = after
    while True:
        found = await asyncio.to_thread(events_from, services.home, response_id, number + 1)
        for event in found:
            yield event_line(event, event["type"])
            number = event["sequence_number"]
        if found:
            continue
        try:
            body = await asyncio.to_thread(current, services, response_id, with_results=with_results)
        except NotFoundError as error:  # deleted meanwhile
            yield _error_line(error, number + 1)
            return
        if body["status"] != IN_PROGRESS:
            break
        await asyncio.sleep(_LOOK_SECONDS)
    for event in events_behind(body, number):
        yield event_line(event, event["type"])


def events_behind(body: Json, after: int) -> Iterator[Json]:
    """The events of a response that has ended, behind number `after`.

    Of one that failed or was cancelled after some sentences, these are not told again, but that it ended always is.
    """
    last: Json | None = None
    for event in events_again(body):
        last = event
        if event["sequence_number"] > after:
            yield event
    came_short = body["status"] not in {"completed", "incomplete"}
    if came_short and last is not None and last["sequence_number"] <= after:
        yield {**last, "sequence_number": after + 1}


def _error_line(error: NotFoundError, number: int) -> str:
    told = error_body(error)[1]["error"]
    event = {"type": "error", "code": told["code"], "message": told["message"], "param": None}
    return event_line({**event, "sequence_number": number}, "error")
