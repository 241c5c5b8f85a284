"""LangChain's ChatOpenAI where ibid has a chat model behind it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from langchain_core.messages import HumanMessage, ToolMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from pydantic import BaseModel, SecretStr

from kb.chat.openai_compatible import open_chat_model
from kb.settings import ModelSettings
from tests.serving.http_server import running_server
from tests.serving.model_server import ModelServer, Reply, model_server


class Resit(BaseModel):
    """What a resit costs, and how often it may be taken."""

    fee_in_euros: int
    how_often: str


@tool
def room_of(lecture: str) -> str:
    """Says in which room a lecture is."""
    return f"{lecture} is in Hall B"


@contextmanager
def chat_with(home: Path, *replies: Reply) -> Iterator[tuple[ChatOpenAI, ModelServer]]:
    """LangChain's model on a server whose own model follows a script."""
    with model_server(*replies) as scripted, httpx.Client(timeout=30) as connection:
        model = open_chat_model(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(home, model=model) as server:
            url = f"{server.address}/v1"
            key = SecretStr("any")
            yield ChatOpenAI(base_url=url, api_key=key, model="ibid", max_retries=0, http_client=connection), scripted


def test_structured_output_is_filled_from_the_documents(tmp_path: Path) -> None:
    answer = {"fee_in_euros": 40, "how_often": "once in the following term"}
    reply = Reply((json.dumps({"answered": True, "passages": [1], "answer": answer}),))
    with chat_with(tmp_path, reply) as (chat, scripted):
        filled = chat.with_structured_output(Resit, method="json_schema").invoke(
            "What is the fee for a resit, and how often may an examination be resat?"
        )
    assert filled == Resit(fee_in_euros=40, how_often="once in the following term")
    assert "fee_in_euros" in json.dumps(scripted.requests[-1]["response_format"])


def test_a_tool_of_the_callers_is_called_by_the_caller(tmp_path: Path) -> None:
    call = Reply(calls=(("call_1", "room_of", '{"lecture": "INF 342"}'),), finish="tool_calls")
    answer = Reply(("A report that is late loses 5% a day [1].",))
    with chat_with(tmp_path, call, answer) as (chat, scripted):
        asked = HumanMessage("How much does a late report lose, and where is the lecture?")
        called = chat.bind_tools([room_of]).invoke([asked])
        assert [(one["name"], one["args"]) for one in called.tool_calls] == [("room_of", {"lecture": "INF 342"})]
        result = ToolMessage(room_of.invoke(called.tool_calls[0]["args"]), tool_call_id=called.tool_calls[0]["id"])
        final = chat.bind_tools([room_of]).invoke([asked, called, result])
    assert "5% a day" in final.text
    assert "INF 342 is in Hall B" in json.dumps(scripted.requests[-1]["messages"])
