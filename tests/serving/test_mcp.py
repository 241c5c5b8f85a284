"""The tools for agents, asked by the official MCP client over both transports, against the real server."""

from __future__ import annotations

import asyncio
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.embedding import open_embedder
from kb.settings import EmbedderSettings, ModelSettings
from tests.serving.http_server import RunningServer, running_server, wait_until
from tests.serving.library import DOCUMENTS, make_collection
from tests.serving.model_server import Reply, model_server

pytest.importorskip("mcp", reason="MCP is not installed (pip install 'ibid[mcp]')")

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp_types import CallToolResult

Connect = Callable[[], AbstractAsyncContextManager[Client]]

ENGLISH = "When must the final report be handed in?"
CHINESE = "承租人应当在多少日内提出异议？"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def home(prepared_models: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home for `ibid mcp`, a process of its own with the packaged embedder."""
    home = tmp_path_factory.mktemp("stdio")
    shutil.copytree(prepared_models, home / "models")
    make_collection(home, open_embedder(EmbedderSettings(), home / "models")).close()
    return home


@pytest.fixture(params=["http", "http, with a handshake", "stdio"])
def connect(request: pytest.FixtureRequest) -> Connect:
    """Connects the official client; newer ones ask at once, older ones shake hands first."""
    if request.param == "stdio":
        home = request.getfixturevalue("home")
        command = StdioServerParameters(
            command=sys.executable, args=["-m", "ui.terminal.main", "mcp", "--home", str(home)], cwd=Path.cwd()
        )
        return lambda: Client(command, read_timeout_seconds=60)
    address = f"{request.getfixturevalue('server').address}/mcp"
    mode = "auto" if request.param == "http" else "legacy"
    return lambda: Client(address, mode=mode, read_timeout_seconds=30)


def called(connect: Connect, tool: str, **arguments: Any) -> CallToolResult:
    """What the tool gives."""

    async def call() -> CallToolResult:
        async with connect() as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(call())


def text_of(result: CallToolResult) -> str:
    (content,) = result.content
    assert content.type == "text"
    return content.text


def test_an_agent_is_told_which_tools_there_are_and_how_to_use_them(connect: Connect) -> None:
    async def look() -> tuple[str | None, dict[str, Any]]:
        async with connect() as client:
            tools = (await client.list_tools()).tools
            return client.instructions, {tool.name: tool for tool in tools}

    instructions, tools = asyncio.run(look())
    assert instructions is not None
    assert "refused" in instructions
    assert "出处" in instructions
    assert set(tools) == {"ask", "search", "list_collections", "open_place"}
    for tool in tools.values():
        assert tool.annotations.read_only_hint is True
        assert tool.output_schema["type"] == "object"
    assert tools["ask"].input_schema["required"] == ["question"]


@pytest.mark.parametrize(
    ("question", "document", "words"),
    [(ENGLISH, "handbook.txt", "within fourteen days"), (CHINESE, "条例.txt", "十五日内")],
    ids=["English", "Chinese"],
)
def test_an_answer_carries_quotes_that_stand_where_they_say(
    connect: Connect, question: str, document: str, words: str
) -> None:
    result = called(connect, "ask", question=question)
    assert result.is_error is False
    answer = result.structured_content
    assert answer["status"] == "answered"
    assert answer["text"] == "".join(claim["text"] for claim in answer["claims"])
    assert {claim["verdict"] for claim in answer["claims"]} == {"supported"}
    assert words in " ".join(citation["quote"] for citation in answer["citations"])
    for citation in answer["citations"]:
        assert citation["document"] == document
        assert DOCUMENTS[document][citation["start"] : citation["end"]] == citation["quote"]
    assert "status: answered" in text_of(result)
    assert f"[1] {document}" in text_of(result)


@pytest.mark.parametrize("question", ["Who won the football world cup?", "谁赢得了世界杯足球赛？"])
def test_what_the_documents_do_not_say_is_refused(connect: Connect, question: str) -> None:
    result = called(connect, "ask", question=question)
    assert result.is_error is False
    assert result.structured_content["status"] == "refused"
    assert result.structured_content["citations"] == []
    assert text_of(result).startswith("status: refused")


@pytest.mark.parametrize(("question", "document"), [(ENGLISH, "handbook.txt"), (CHINESE, "条例.txt")])
def test_a_search_gives_passages_that_can_be_opened(connect: Connect, question: str, document: str) -> None:
    async def look() -> tuple[CallToolResult, CallToolResult]:
        async with connect() as client:
            found = await client.call_tool("search", {"question": question, "passages": 2})
            best = found.structured_content["hits"][0]
            place = {name: best[name] for name in ("document_id", "start", "end")}
            return found, await client.call_tool("open_place", place)

    found, opened = asyncio.run(look())
    hits = found.structured_content["hits"]
    assert [hit["rank"] for hit in hits] == [1, 2]
    assert hits[0]["document"] == document
    place = opened.structured_content
    assert place["quote"] == hits[0]["text"]
    assert place["context"] == DOCUMENTS[document][place["context_start"] :][: len(place["context"])]
    assert place["quote"] in place["context"]


def test_collections_are_listed_with_what_they_hold(connect: Connect) -> None:
    (only,) = called(connect, "list_collections").structured_content["collections"]
    assert only == {
        "name": "default",
        "description": "",
        "documents": 3,
        "passages": 10,
        "policy": "flag",
        "default": True,
    }


@pytest.mark.parametrize(
    ("tool", "arguments", "words"),
    [
        ("ask", {"question": "  "}, "the question is empty"),
        ("ask", {"question": "x" * 20_001}, "20,001 characters"),
        ("ask", {}, "question: Field required"),
        ("ask", {"question": "x", "passages": 0}, "passages: Input should be greater than or equal to 1"),
        ("ask", {"question": "x", "colour": "red"}, "colour: Extra inputs are not permitted"),
        ("ask", {"question": "x", "collection": "nowhere"}, "no collection 'nowhere'"),
        ("search", {"question": "x", "as_of": "some day"}, "as_of is 'some day'"),
        ("search", {"question": "x", "filters": {"tags": {"a": 1}}}, "a filter's value must be text"),
        ("open_place", {"document_id": "0" * 64, "start": 0, "end": 5}, "no document"),
        ("open_place", {"document_id": "0" * 64, "start": 0, "end": 90_000}, "is too long"),
    ],
)
def test_a_wrong_call_is_answered_with_what_to_set_right(
    server: RunningServer, tool: str, arguments: dict[str, Any], words: str
) -> None:
    result = called(lambda: Client(f"{server.address}/mcp"), tool, **arguments)
    assert result.is_error is True
    assert words in text_of(result)
    assert result.structured_content is None


def test_an_agent_may_hear_how_far_an_answer_is(connect: Connect) -> None:
    heard: list[str | None] = []

    async def progress(_done: float, _total: float | None, message: str | None) -> None:
        heard.append(message)

    async def call() -> None:
        async with connect() as client:
            await client.call_tool("ask", {"question": ENGLISH}, progress_callback=progress)

    asyncio.run(call())
    assert "passages found" in (heard[0] or "")


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_an_agent_that_hangs_up_stops_the_model(tmp_path: Path, mode: str) -> None:
    with model_server(Reply(("A piece. ",) * 200, gap=0.2)) as scripted:
        model = OpenAICompatibleModel(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(tmp_path, model=model) as server:

            async def call() -> None:
                async with Client(f"{server.address}/mcp", mode=mode) as client:
                    asking = asyncio.ensure_future(client.call_tool("ask", {"question": ENGLISH}))
                    while not scripted.requests:
                        await asyncio.sleep(0.02)
                    asking.cancel()
                    await asyncio.gather(asking, return_exceptions=True)

            asyncio.run(call())
            wait_until(lambda: scripted.hang_ups)


def test_pages_of_other_sites_may_not_use_the_tools(server: RunningServer) -> None:
    asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    kinds = {"Accept": "application/json, text/event-stream"}
    answer = server.http().post("/mcp", json=asked, headers={**kinds, "Origin": "http://evil.example"})
    assert answer.status_code == 403
    assert answer.json()["error"]["code"] == "forbidden_origin"


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"jsonrpc": "2.0"}', b"\x00\xff", b'{"id": {}, "method": 3}'])
def test_what_is_no_message_gets_a_clear_4xx(server: RunningServer, body: bytes) -> None:
    kinds = {"Accept": "application/json, text/event-stream", "Content-Type": "application/json"}
    assert 400 <= server.http().post("/mcp", content=body, headers=kinds).status_code < 500


@pytest.mark.parametrize("page", ["docs/agents.md", "docs/agents.zh-CN.md"])
def test_the_programs_of_the_documents_run(
    server: RunningServer, page: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (program,) = re.findall(r"```python\n(.*?)```", Path(page).read_text("utf-8"), re.DOTALL)
    exec(compile(program.replace("http://127.0.0.1:8000", server.address), page, "exec"), {})
    assert re.match(r"(answered|refused) ", capsys.readouterr().out)


@pytest.mark.parametrize("page", ["docs/agents.md", "docs/agents.zh-CN.md"])
def test_the_documents_name_every_tool(server: RunningServer, page: str) -> None:
    async def names() -> set[str]:
        async with Client(f"{server.address}/mcp") as client:
            return {tool.name for tool in (await client.list_tools()).tools}

    assert set(re.findall(r"^\| `(\w+)`", Path(page).read_text("utf-8"), re.MULTILINE)) == asyncio.run(names())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_what_agents_ask_is_counted_as_any_answer(tmp_path: Path, mode: str) -> None:
    with running_server(tmp_path) as server:
        called(lambda: Client(f"{server.address}/mcp", mode=mode), "ask", question=ENGLISH)
        called(lambda: Client(f"{server.address}/mcp", mode=mode), "search", question=CHINESE)
        told = server.http().get("/metrics").text
    assert 'ibid_answers_total{status="answered"} 1.0' in told
    assert "ibid_search_seconds_count 2.0" in told
    assert 'ibid_tokens_total{kind="completion"} 0.0' not in told
    assert 'ibid_http_requests_total{method="POST",route="/mcp",status="200"}' in told
