"""Replies that are cut into sentences where they are received."""

from __future__ import annotations

import threading
from time import perf_counter

from kb.chat.cutting import CutsPieces, cut_where_received
from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.records import Turn
from kb.settings import ModelSettings
from serving.gate import SentenceGate
from tests.serving.model_server import Reply, model_server


def test_whoever_reads_a_reply_that_is_cut_wakes_for_whole_sentences_alone() -> None:
    pieces = ("It ", "closes ", "at ", "ten ", "[1]. ", "图书馆", "十点", "闭馆", "[2]。", "周日", "休息", "[3]。")
    with model_server(Reply(pieces)) as server:
        model = OpenAICompatibleModel(ModelSettings(server.base_url, "scripted"))
        reply, gate = model.stream("system", (Turn("user", "When?"),)), SentenceGate()
        assert isinstance(reply, CutsPieces)
        assert reply.began_at is None
        threads: set[str] = set()

        def cut(piece: str) -> list[str]:
            threads.add(threading.current_thread().name)
            return list(gate.read(piece))

        called = perf_counter()
        assert cut_where_received(reply, cut) is reply
        assert [*reply, *gate.finish()] == ["It closes at ten [1]. ", "图书馆十点闭馆[2]。", "周日休息[3]。"]
        assert threads == {"ibid-chat-model"}
        assert called < (reply.began_at or 0.0) < perf_counter()
        model.close()


def test_a_reply_that_cannot_cut_itself_is_cut_where_it_is_read() -> None:
    gate = SentenceGate()
    cut = cut_where_received(iter(["It closes ", "at ten [1]. The ", "desk, too [2]."]), gate.read)
    assert cut.began_at is None
    assert [*cut, *gate.finish()] == ["It closes at ten [1]. ", "The desk, too [2]."]
    assert cut.began_at is not None
