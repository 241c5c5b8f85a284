"""Responses of the background that are streamed: they go on without their client, who finds them where it left them."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import openai
import pytest

from kb.errors import ModelError
from kb.ports import JsonSchema
from kb.records import Turn
from tests.serving.http_server import RunningServer, running_server, wait_until

REPORT = "How many days do students have to hand in the final report?"
DEPOSIT = "租赁期满后多少天内退还押金？"
_BEGINNING = 6  # characters of a sentence by which the one before is known to have ended


class WaitingModel:
    """Says one sentence, and the second one when it is let go on; or fails then."""

    name = "waiting"

    def __init__(self, *sentences: str, failure: ModelError | None = None) -> None:
        self.sentences = sentences
        self.failure = failure
        self.go_on = threading.Event()

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        del system, turns, max_tokens, schema
        yield self.sentences[0]
        yield self.sentences[1][:_BEGINNING]
        assert self.go_on.wait(20)
        if self.failure is not None:
            raise self.failure
        yield self.sentences[1][_BEGINNING:]


@pytest.fixture
def model() -> WaitingModel:
    return WaitingModel("Students have fourteen days [1]. ", "Late reports lose 5% a day [1].")


@pytest.fixture
def server(tmp_path: Path, model: WaitingModel) -> Iterator[RunningServer]:
    with running_server(tmp_path, model=model) as running:
        yield running
        model.go_on.set()


def begin(client: openai.OpenAI, question: str = REPORT, **more: Any) -> Any:
    return client.responses.create(model="ibid", input=question, background=True, stream=True, **more)


def up_to_first_sentence(stream: Any) -> list[Any]:
    """The events that come before the model waits; the client hangs up then."""
    seen = []
    for event in stream:
        seen.append(event)
        if event.type == "response.output_text.annotation.added":
            break
    stream.close()
    return seen


def numbers(events: Sequence[Any]) -> list[int]:
    return [event.sequence_number for event in events]


def test_it_is_streamed_as_any_other_and_can_be_streamed_again(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        client = server.client()
        for question in (REPORT, DEPOSIT):
            live = list(begin(client, question))
            assert numbers(live) == list(range(len(live)))
            assert (live[0].type, live[-1].type) == ("response.created", "response.completed")
            assert live[-1].response.background
            again = list(client.responses.retrieve(live[-1].response.id, stream=True))
            assert [(event.type, event.sequence_number) for event in again] == [
                (event.type, event.sequence_number) for event in live
            ]
            plain = list(client.responses.create(model="ibid", input=question, stream=True))
            assert [event.type for event in plain] == [event.type for event in live]


def test_a_client_that_hung_up_goes_on_where_it_was_while_it_is_made(
    server: RunningServer, model: WaitingModel
) -> None:
    client = server.client()
    seen = up_to_first_sentence(begin(client))
    response_id, last = seen[0].response.id, seen[-1].sequence_number
    assert client.responses.retrieve(response_id).status == "in_progress"
    half = up_to_first_sentence(client.responses.retrieve(response_id, stream=True, starting_after=2))
    assert numbers(half) == list(range(3, last + 1))
    with running_server(server.settings.home) as other:  # another process over the same home
        resumed: list[Any] = []
        stream = other.client().responses.retrieve(response_id, stream=True, starting_after=last)
        reading = threading.Thread(target=lambda: resumed.extend(stream))
        reading.start()
        model.go_on.set()
        reading.join(20)
    whole = [*seen, *resumed]
    assert numbers(whole) == list(range(len(whole)))
    assert whole[-1].type == "response.completed"
    said = "".join(event.delta for event in whole if event.type == "response.output_text.delta")
    assert said == whole[-1].response.output_text == client.responses.retrieve(response_id).output_text
    assert "5% a day" in said
    with server.services.home.reading() as connection:
        assert connection.execute("SELECT count(*) FROM reply_events").fetchone() == (0,)


def test_what_was_read_is_not_kept_with_the_events(server: RunningServer, model: WaitingModel) -> None:
    client = server.client()
    up_to_first_sentence(begin(client, include=["file_search_call.results"]))
    with server.services.home.reading() as connection:
        kept = "".join(event for (event,) in connection.execute("SELECT event FROM reply_events"))
    assert "file_search_call" in kept
    assert '"results": [' not in kept
    model.go_on.set()
    wait_until(lambda: not server.services.background)


@pytest.mark.parametrize("end", ["fails", "is cancelled", "is deleted"])
def test_one_that_comes_to_nothing_says_so_behind_what_was_told(tmp_path: Path, model: WaitingModel, end: str) -> None:
    model.failure = ModelError("the model server broke off", "its connection ended", "Ask again")
    with running_server(tmp_path, model=model) as server:
        client = server.client()
        seen = up_to_first_sentence(begin(client))
        response_id, last = seen[0].response.id, seen[-1].sequence_number
        stream = client.responses.retrieve(response_id, stream=True, starting_after=last)
        if end == "is cancelled":
            client.responses.cancel(response_id)
        elif end == "is deleted":
            client.responses.delete(response_id)
        model.go_on.set()
        *_, ended = stream
        assert ended.sequence_number == last + 1
        if end == "is deleted":
            assert ended.type == "error"
            return
        assert ended.type == "response.failed"
        assert ended.response.status == {"fails": "failed", "is cancelled": "cancelled"}[end]
        *_, again = client.responses.retrieve(response_id, stream=True, starting_after=last)
        assert (again.type, again.sequence_number) == ("response.failed", last + 1)


def test_one_that_was_not_to_be_streamed_is_streamed_when_it_is_done(
    server: RunningServer, model: WaitingModel
) -> None:
    client = server.client()
    response = client.responses.create(model="ibid", input=REPORT, background=True)
    with pytest.raises(openai.BadRequestError, match="not created with stream=true"):
        client.responses.retrieve(response.id, stream=True)
    model.go_on.set()
    wait_until(lambda: client.responses.retrieve(response.id).status == "completed")
    assert list(client.responses.retrieve(response.id, stream=True))[-1].type == "response.completed"
