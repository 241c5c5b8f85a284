"""The chat model against a server that breaks in every way."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from multidict import CIMultiDict

from kb.chat import connections
from kb.chat.call_errors import RefusedCallError
from kb.chat.openai_compatible import OpenAICompatibleModel, open_chat_model
from kb.chat.retrying import retry_after
from kb.errors import ModelError, ReplyCutError, SettingsError
from kb.records import Turn
from kb.settings import ModelSettings
from tests.serving.model_server import ModelServer, Reply, model_server

QUESTION = (Turn("user", "How long?"),)


@contextmanager
def model_of(server: ModelServer, timeout: float = 5.0) -> Iterator[OpenAICompatibleModel]:
    model = OpenAICompatibleModel(
        ModelSettings(base_url=server.base_url, name="scripted", api_key="k", timeout_seconds=timeout),
        retry_waits=(0.01, 0.02),
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


def test_an_address_that_is_none_is_an_error_and_no_wait_without_end() -> None:
    model = OpenAICompatibleModel(ModelSettings(base_url="http://[", name="m"))
    with pytest.raises(ModelError):
        list(model.stream("system", QUESTION))
    model.close()


def test_an_unreachable_server_says_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        model = OpenAICompatibleModel(ModelSettings(base_url=f"http://127.0.0.1:{taken.getsockname()[1]}/v1", name="m"))
        with pytest.raises(ModelError, match="cannot be reached"):
            list(model.stream("system", QUESTION))
        model.close()


BUSY = Reply(status=503, error="restarting")


@pytest.mark.parametrize(
    "passing",
    [
        BUSY,
        Reply(status=429, error="queue full"),
        Reply(status=500, error="engine dead"),
        Reply((), ending="cut"),
        Reply((), ending="unfinished"),
        Reply((), ending="error", error="engine dead"),
    ],
)
def test_what_passes_before_the_first_word_is_asked_again(passing: Reply) -> None:
    with model_server(passing, passing, Reply(("ok",))) as server, model_of(server) as model:
        assert list(model.stream("system", QUESTION)) == ["ok"]
        assert len(server.requests) == 3


def test_tries_come_to_an_end() -> None:
    with model_server(BUSY) as server, model_of(server) as model:
        with pytest.raises(ModelError, match="restarting"):
            list(model.stream("system", QUESTION))
        assert len(server.requests) == 3


@pytest.mark.parametrize(
    "reply", [Reply(("one ",), ending="cut"), Reply(("one ",), ending="error", error="x"), Reply(status=400, error="x")]
)
def test_nothing_is_asked_again_after_the_first_word_nor_after_a_refusal(reply: Reply) -> None:
    with model_server(reply, Reply(("two",))) as server, model_of(server) as model:
        with pytest.raises(ModelError):
            list(model.stream("system", QUESTION))
        assert len(server.requests) == 1


@pytest.mark.parametrize("status", [429, 503])
def test_a_server_that_names_a_time_is_asked_again_then(status: int) -> None:
    busy = Reply(status=status, error="later", headers=(("Retry-After", "1"),))
    with model_server(busy, Reply(("ok",))) as server, model_of(server) as model:
        assert list(model.stream("system", QUESTION)) == ["ok"]
        assert server.asked_at[1] - server.asked_at[0] >= 1


def test_a_time_that_is_too_long_to_wait_for_is_said_at_once() -> None:
    busy = Reply(status=429, error="come back later", headers=(("Retry-After", "3600"),))
    with model_server(busy) as server, model_of(server) as model:
        started = time.monotonic()
        with pytest.raises(ModelError, match=r"come back later\. Ask again in 3600 s"):
            list(model.stream("system", QUESTION))
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7.0), ("", None), ("soon", None), ("-1", None), ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0)]
)
def test_times_to_come_back_are_numbers_or_dates(value: str, seconds: float | None) -> None:
    error = RefusedCallError(429, CIMultiDict({"Retry-After": value}), "later")
    assert retry_after(error) == seconds


SCHEMA = {"type": "object", "properties": {"question": {"type": "string"}}}


def test_a_schema_goes_with_the_request_and_the_seed_does_too() -> None:
    with model_server(Reply(('{"question":', ' "x"}'))) as server, model_of(server) as model:
        assert "".join(model.stream("system", QUESTION, schema=SCHEMA)) == '{"question": "x"}'
        form: Any = server.requests[0]["response_format"]
        assert form["json_schema"]["schema"] == SCHEMA
        assert server.requests[0]["seed"] == 0


def test_a_schema_that_is_refused_is_dropped_once_and_for_all() -> None:
    refusal = Reply(status=400, error="response_format is not supported")
    with model_server(refusal, Reply(("plain",))) as server, model_of(server) as model:
        for _ in range(2):
            assert list(model.stream("system", QUESTION, schema=SCHEMA)) == ["plain"]
        assert ["response_format" in request for request in server.requests] == [True, False, False]


def test_a_schema_is_not_given_up_for_what_is_wrong_without_it_too() -> None:
    too_long = Reply(status=400, error="maximum context length is 2048")
    with model_server(too_long, too_long, Reply(("{}",))) as server, model_of(server) as model:
        with pytest.raises(ModelError, match="maximum context length"):
            list(model.stream("system", QUESTION, schema=SCHEMA))
        list(model.stream("system", QUESTION, schema=SCHEMA))
        assert ["response_format" in request for request in server.requests] == [True, False, True]


def test_a_seed_below_zero_is_not_sent() -> None:
    with model_server(Reply(("ok",))) as server:
        model = OpenAICompatibleModel(ModelSettings(server.base_url, "scripted", seed=-1))
        assert list(model.stream("system", QUESTION)) == ["ok"]
        model.close()
    assert "seed" not in server.requests[0]


def test_the_first_word_has_a_time_of_its_own_over_all_tries() -> None:
    with model_server(BUSY, Reply(("late",), wait_before=30)) as server:
        model = OpenAICompatibleModel(ModelSettings(server.base_url, "m", first_token_seconds=0.5), (0.01,))
        started = time.monotonic()
        with pytest.raises(ModelError, match=r"did not begin .* within 0.5 s"):
            list(model.stream("system", QUESTION))
        assert time.monotonic() - started < 5
        model.close()


def test_a_reply_that_trickles_for_ever_is_ended_and_keeps_what_came() -> None:
    words = Reply(tuple(f"word {number} " for number in range(1000)), gap=0.05)
    with model_server(words) as server:
        model = OpenAICompatibleModel(ModelSettings(server.base_url, "m", reply_seconds=1.5))
        stream = model.stream("system", QUESTION)
        assert next(stream) == "word 0 "
        with pytest.raises(ModelError, match=r"took too long: it was not finished within 1.5 s"):
            list(stream)
        _wait_until(lambda: bool(server.hang_ups))
        model.close()


@pytest.mark.parametrize(
    "piece", ["Late reports lose 5% a day [1].\n", "the ", "迟交的报告每天扣百分之五[1]。", "- ", "3. 同上。\n"]
)
def test_a_model_that_repeats_itself_is_cut_and_its_server_hung_up_on(piece: str) -> None:
    endless = Reply(("It is so. ", *[piece] * 100_000))
    with model_server(endless) as server, model_of(server) as model:
        with pytest.raises(ReplyCutError, match="repeats itself"):
            list(model.stream("system", QUESTION, max_tokens=100_000))
        _wait_until(lambda: bool(server.hang_ups))


def test_a_reply_that_comes_to_no_end_is_cut() -> None:
    stopped = Reply(("Half a",), finish="length")
    with model_server(stopped) as server, model_of(server) as model, pytest.raises(ReplyCutError, match="than 2 tok"):
        list(model.stream("system", QUESTION, max_tokens=2))
    numbers = Reply(tuple(f"{number} " for number in range(100_000)))  # nothing repeats, and no limit is kept
    with model_server(numbers) as server, model_of(server) as model:
        with pytest.raises(ReplyCutError, match="longer than 50 tokens"):
            list(model.stream("system", QUESTION, max_tokens=50))
        _wait_until(lambda: bool(server.hang_ups))


def test_a_model_that_thinks_all_its_tokens_away_is_told_apart() -> None:
    assert "Turn its thinking off" in failure_of(Reply((), finish="length"))


def test_a_web_page_in_the_place_of_a_reply_says_what_it_is() -> None:
    page = Reply(raw=b"<html><h1>Login</h1></html>", kind="text/html; charset=utf-8")
    assert "answered with text/html in the place of a stream" in failure_of(page)
    assert "<h1>Login</h1>" in failure_of(page)


def test_a_line_without_an_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "_MOST_BYTES", 1 << 20)
    assert "sent more than 1 MB" in failure_of(Reply(raw=b"data: " + b"x" * (3 << 20)))


def test_characters_that_no_text_has_are_left_out() -> None:
    with model_server(Reply(("a\x00b\x1b[31mc\r\n", "一\ud800二\x9d"))) as server, model_of(server) as model:
        assert "".join(model.stream("system", QUESTION)) == "ab[31mc\n一\ufffd二"


def test_a_model_that_is_closed_leaves_nobody_waiting_for_its_reply() -> None:
    with model_server(Reply(("never",), wait_before=30)) as server, model_of(server, timeout=60) as model:
        failures: list[ModelError] = []

        def read() -> None:
            try:
                list(model.stream("system", QUESTION))
            except ModelError as failure:
                failures.append(failure)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        _wait_until(lambda: bool(server.requests))
        model.close()
        reader.join(5)
        assert [str(failure) for failure in failures] == ["the chat model's reply was broken off: the model was closed"]


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


@pytest.mark.parametrize("moment", range(60))
def test_closing_at_any_moment_around_the_first_word_hangs_up(moment: int) -> None:
    with model_server(Reply(("one", "two"), gap=30)) as server, model_of(server, timeout=60) as model:
        model.prepare()
        stream = model.stream("system", QUESTION)
        reader = threading.Thread(target=lambda: list(stream))
        reader.start()
        _wait_until(lambda: bool(server.requests))
        time.sleep(moment / 10_000)  # the first word comes within some 5 ms
        stream.close()  # type: ignore[attr-defined]
        reader.join(timeout=2)
        _wait_until(lambda: bool(server.hang_ups))


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
