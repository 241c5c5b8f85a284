"""The chat model against a server that breaks in every way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kb.chat.openai_compatible import OpenAICompatibleModel, open_chat_model
from kb.errors import ModelError, SettingsError
from kb.records import Turn
from kb.settings import ModelSettings
from tests.serving.model_server import ModelServer, Reply, model_server

QUESTION = (Turn("user", "How long?"),)


@contextmanager
def model_of(server: ModelServer, timeout: float = 5.0) -> Iterator[OpenAICompatibleModel]:
    model = OpenAICompatibleModel(
        ModelSettings(base_url=server.base_url, name="scripted", api_key="k", timeout_seconds=timeout)
    )
    try:
        yield model
    finally:
        model.close()


def failure_of(reply: Reply, timeout: float = 5.0) -> str:
    with model_server(reply) as server, model_of(server, timeout) as model, pytest.raises(ModelError) as caught:
        list(model.stream("system", QUESTION))
    return str(caught.value)


def test_system_and_turns_arrive_as_messages() -> None:
    with model_server(Reply(("ok",))) as server, model_of(server) as model:
        turns = (Turn("user", "one"), Turn("assistant", "two"), Turn("user", "three"))
        assert list(model.stream("be brief", turns, max_tokens=7)) == ["ok"]
    messages = [(message["role"], message["content"]) for message in server.requests[0]["messages"]]  # type: ignore[attr-defined]
    assert messages == [("system", "be brief"), ("user", "one"), ("assistant", "two"), ("user", "three")]
    assert server.requests[0]["max_completion_tokens"] == 7
    assert server.requests[0]["temperature"] == 0


def test_a_refused_key_says_which_setting_to_mend() -> None:
    assert "IBID_MODEL_API_KEY" in failure_of(Reply(status=401, error="bad key"))


def test_an_unknown_model_says_how_to_list_the_models() -> None:
    text = failure_of(Reply(status=404, error="The model `scripted` does not exist."))
    assert "has no model scripted" in text
    assert "/v1/models" in text


def test_a_failing_server_gives_its_status_and_reason() -> None:
    assert "failed with status 500: out of memory" in failure_of(Reply(status=500, error="out of memory"))


def test_too_long_a_prompt_gives_the_servers_reason() -> None:
    assert "maximum context length" in failure_of(Reply(status=400, error="maximum context length is 2048"))


def test_a_stream_that_dies_is_an_error_and_not_an_end() -> None:
    assert "broke off" in failure_of(Reply(("half an ",), ending="cut"))


def test_a_stream_that_ends_without_being_finished_is_an_error() -> None:
    assert "broke off" in failure_of(Reply(("half an ",), ending="unfinished"))


def test_an_error_event_in_the_stream_is_an_error() -> None:
    assert "engine died" in failure_of(Reply(("half an ",), ending="error", error="engine died"))


def test_an_empty_reply_is_an_error() -> None:
    assert "empty reply" in failure_of(Reply(()))


@pytest.mark.parametrize(
    "body", [b"<html>not a model</html>", b"data: {broken\n\n", b"\xff\xfe\x00", b'data: {"a": 1}\n\n']
)
def test_garbage_is_an_error(body: bytes) -> None:
    assert failure_of(Reply(raw=body))


def test_a_silent_server_is_given_up() -> None:
    started = time.monotonic()
    assert "went silent" in failure_of(Reply(("late",), wait_before=30), timeout=0.3)
    assert time.monotonic() - started < 5


def test_silence_in_the_middle_of_a_reply_is_an_error() -> None:
    assert "broke off" in failure_of(Reply(("one ", "two"), gap=30), timeout=0.3)


def test_an_unreachable_server_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        model = OpenAICompatibleModel(ModelSettings(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", name="m"))
        with pytest.raises(ModelError, match="cannot be reached"):
            list(model.stream("system", QUESTION))
        model.close()


@pytest.mark.parametrize("reply", [Reply(("never",), wait_before=30), Reply(("one", "two"), gap=30)])
def test_closing_from_another_thread_hangs_up_at_once(reply: Reply) -> None:
    with model_server(reply) as server, model_of(server, timeout=60) as model:
        stream = model.stream("system", QUESTION)
        received: list[str] = []
        reader = threading.Thread(target=lambda: received.extend(stream))
        reader.start()
        _wait_until(lambda: bool(server.requests))
        closed = time.monotonic()
        stream.close()  # type: ignore[attr-defined]
        reader.join(timeout=2)
        assert not reader.is_alive()
        _wait_until(lambda: bool(server.hang_ups))
        assert server.hang_ups[0] - closed < 0.5


def test_a_stream_that_is_dropped_hangs_up() -> None:
    with model_server(Reply(("one", "two"), gap=30)) as server, model_of(server, timeout=60) as model:
        stream = model.stream("system", QUESTION)
        assert next(stream) == "one"
        del stream
        _wait_until(lambda: bool(server.hang_ups))


def test_many_threads_may_ask_at_once() -> None:
    with model_server(Reply(("a", "b", "c"))) as server, model_of(server) as model:
        answers: list[str] = []
        ask = [threading.Thread(target=lambda: answers.append("".join(model.stream("s", QUESTION)))) for _ in range(16)]
        for thread in ask:
            thread.start()
        for thread in ask:
            thread.join()
        assert answers == ["abc"] * 16


def test_without_a_base_url_there_is_no_model() -> None:
    assert open_chat_model(ModelSettings()) is None


@pytest.mark.parametrize("settings", [ModelSettings(base_url="http://x/v1"), ModelSettings(base_url="x", name="m")])
def test_half_a_setting_is_refused(settings: ModelSettings) -> None:
    with pytest.raises(SettingsError):
        open_chat_model(settings)


def _wait_until(true: object, seconds: float = 5.0) -> None:
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.005)
