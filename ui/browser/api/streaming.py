"""Server-sent events of a chat completion, as typed events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from ui.browser.api.answer_replies import Done, Event, Sentence, read_citation, read_claim, read_reply
from ui.browser.api.failures import ClientError, FailureKind, message_in
from ui.browser.api.parsing import Json, parse

_END = "[DONE]"


def data_of(chunks: Iterable[bytes]) -> Iterator[str]:
    """The data of each server-sent event.

    Lines are cut at line feeds only: texts of documents may hold other line separators (U+2028), which JSON carries
    unescaped and which general-purpose line readers cut at.
    """
    rest = b""
    parts: list[str] = []
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            text = line.removesuffix(b"\r").decode("utf-8", "replace")
            if text.startswith("data:"):
                parts.append(text[5:].removeprefix(" "))
            elif not text and parts:
                yield "\n".join(parts)
                parts = []
    if parts:
        yield "\n".join(parts)


def events_of(chunks: Iterable[bytes]) -> Iterator[Event]:
    """The events of an answer; the last one is always `Done`.

    Raises:
        ClientError: the server reported an error inside the stream, sent what is no chunk, or stopped before the end.
    """
    for data in data_of(chunks):
        if data == _END:
            break
        event = _event(_loaded(data))
        if event is not None:
            yield event
        if isinstance(event, Done):
            return
    raise ClientError(FailureKind.CUT_OFF)


def _loaded(data: str) -> Json:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise ClientError(FailureKind.BROKEN) from error
    if not isinstance(value, dict):
        raise ClientError(FailureKind.BROKEN)
    if value.get("error"):
        raise ClientError(FailureKind.MODEL, message_in(value))
    return value


def _event(chunk: Json) -> Event | None:
    ours = chunk.get("ibid")
    if not isinstance(ours, dict):
        return None
    if "claim" in ours:
        return parse(_sentence, ours)
    return Done(parse(read_reply, ours)) if "status" in ours else None


def _sentence(value: Json) -> Sentence:
    return Sentence(read_claim(value["claim"]), tuple(read_citation(item) for item in value.get("citations") or ()))
