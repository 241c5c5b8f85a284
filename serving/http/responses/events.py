"""The events of a streamed response, numbered from 0: of one that is being made, or of one that is kept.

A kept response gives the same events again, so that a client whose connection broke can go on where it was.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from serving.http.responses.function_calls import CALL
from serving.http.responses.shape import Json, message, refusal_part, search_call, text_part

_ENDS = {
    "completed": "response.completed",
    "incomplete": "response.incomplete",
    "failed": "response.failed",
    "cancelled": "response.failed",  # OpenAI's sequence has no event of its own for it; `status` says which
}


class ResponseEvents:
    """Makes the events in their order.

    Args:
        begun: the response before anything of it is there.
        token: in the ids of its items.
    """

    def __init__(self, begun: Json, token: str) -> None:
        self._begun = begun
        self._token = token
        self._number = 0
        self._annotations = 0
        self._begun_message = False

    def opening(self, queries: list[str]) -> Iterator[Json]:
        """The response has begun and searches."""
        yield self._event("response.created", response=self._begun)
        yield self._event("response.in_progress", response=self._begun)
        call = search_call(self._token, "in_progress", queries)
        yield self._event("response.output_item.added", output_index=0, item=call)
        yield self._search_event("in_progress")
        yield self._search_event("searching")

    def searched(self, call: Json) -> Iterator[Json]:
        """The search is done."""
        yield self._search_event("completed")
        yield self._event("response.output_item.done", output_index=0, item=call)

    def refusal(self, text: str) -> Iterator[Json]:
        """A sentence that says why there is no JSON."""
        yield from self._begin_message(refusal_part(""))
        yield self._part_event("response.refusal.delta", delta=text)

    def sentence(self, text: str, annotations: list[Json], ibid: Json) -> Iterator[Json]:
        """A sentence was released, with the annotations that stand in it."""
        yield from self._begin_message(text_part("", []))
        yield self._part_event("response.output_text.delta", delta=text, logprobs=[], ibid=ibid)
        for annotation in annotations:
            yield self._part_event(
                "response.output_text.annotation.added", annotation_index=self._annotations, annotation=annotation
            )
            self._annotations += 1

    def closing(self, body: Json) -> Iterator[Json]:
        """The message and the response are finished; between them, what the model wants called."""
        item = message_in(body)
        if item is not None:
            yield from self._end_message(item)
        for place, item in enumerate(body["output"]):
            if item["type"] == CALL:
                yield from self._called(place, item)
        yield self.last(body)

    def _begin_message(self, part: Json) -> Iterator[Json]:
        """Begins the message, the first time; where the model only wants something called, there is none."""
        if self._begun_message:
            return
        self._begun_message = True
        empty = message(self._token, "in_progress", [])
        yield self._event("response.output_item.added", output_index=1, item=empty)
        yield self._part_event("response.content_part.added", part=part)

    def _end_message(self, item: Json) -> Iterator[Json]:
        part = item["content"][0]
        yield from self._begin_message(text_part("", []))
        if part["type"] == "refusal":
            yield self._part_event("response.refusal.done", refusal=part["refusal"])
        else:
            yield self._part_event("response.output_text.done", text=part["text"], logprobs=[])
        yield self._part_event("response.content_part.done", part=part)
        yield self._event("response.output_item.done", output_index=1, item=item)

    def _called(self, place: int, item: Json) -> Iterator[Json]:
        at = {"item_id": item["id"], "output_index": place}
        begun = {**item, "status": "in_progress", "arguments": ""}
        yield self._event("response.output_item.added", output_index=place, item=begun)
        yield self._event("response.function_call_arguments.delta", delta=item["arguments"], **at)
        told = {"name": item["name"], "arguments": item["arguments"]}
        yield self._event("response.function_call_arguments.done", **told, **at)
        yield self._event("response.output_item.done", output_index=place, item=item)

    def last(self, body: Json) -> Json:
        """How the response ended."""
        return self._event(_ENDS[body["status"]], response=body)

    def _search_event(self, state: str) -> Json:
        return self._event(f"response.file_search_call.{state}", output_index=0, item_id=f"fs_{self._token}")

    def _part_event(self, kind: str, **more: Any) -> Json:
        return self._event(kind, item_id=f"msg_{self._token}", output_index=1, content_index=0, **more)

    def _event(self, kind: str, **more: Any) -> Json:
        event = {"type": kind, "sequence_number": self._number, **more}
        self._number += 1
        return event


def message_in(body: Json) -> Json | None:
    """The message of a response; None where the model only wants something called."""
    return next((item for item in body["output"] if item["type"] == "message"), None)


def events_again(body: Json) -> Iterator[Json]:
    """The events of a response that has ended."""
    begun = {**body, "status": "in_progress", "completed_at": None, "error": None, "incomplete_details": None}
    begun["output"] = []
    begun.pop("usage", None)
    answer = begun.pop("ibid", None)
    events = ResponseEvents(begun, body["id"].removeprefix("resp_"))
    call = next((item for item in body["output"] if item["type"] == "file_search_call"), None)
    yield from events.opening(call["queries"] if call else [])
    if call is None or answer is None:
        yield events.last(body)
        return
    yield from events.searched(call)
    yield from told_whole(events, body)


def told_whole(events: ResponseEvents, body: Json) -> Iterator[Json]:
    """The message of a response that is whole, sentence by sentence, and its end."""
    item, answer = message_in(body), body["ibid"]
    part: Json = item["content"][0] if item is not None else text_part("", [])
    # What has become of a citation is told with the whole response; a sentence is told as it was the first time.
    cited = {one["marker"]: {key: one[key] for key in one if key != "standing"} for one in answer["citations"]}
    offset = 0
    for claim in answer["claims"]:
        if part["type"] == "refusal":
            yield from events.refusal(claim["text"])
            continue
        end = offset + len(claim["text"])
        own = [annotation for annotation in part["annotations"] if offset <= annotation["index"] < end]
        new = [cited.pop(marker) for marker in claim["citations"] if marker in cited]
        yield from events.sentence(claim["text"], own, {"claim": claim, "citations": new})
        offset = end
    yield from events.closing(body)
