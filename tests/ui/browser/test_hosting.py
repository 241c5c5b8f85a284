"""What stands between a visitor and the app: Streamlit's own files from memory, and a page that names all it needs."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import streamlit
from starlette.responses import PlainTextResponse
from starlette.testclient import TestClient

from ui.browser.hosting import SHELL, KeptFiles, first_page, listen, scripts_of

STATIC = Path(streamlit.__file__).parent / "static"
SCRIPTS = STATIC / "static" / "js"


@pytest.fixture
def client() -> TestClient:
    """Of Streamlit's own files, and behind them of something that says who answered."""
    return TestClient(KeptFiles(PlainTextResponse("handed on"), STATIC), base_url="http://app")


@pytest.mark.parametrize("part", SHELL)
def test_every_part_of_the_first_page_is_called_so_in_this_streamlit(part: str) -> None:
    assert scripts_of((part,), SCRIPTS)


def test_the_page_names_what_the_first_page_needs_and_nothing_twice() -> None:
    page = first_page(STATIC).decode()
    named = [line for line in page.splitlines() if "modulepreload" in line]
    assert all(sum(f"/{name}" in line for line in named) <= 1 for name in scripts_of(SHELL, SCRIPTS))
    assert any("ChatInput." in line for line in named)
    assert page.index("MaterialSymbols-Rounded.") < page.index("</head>")


def test_the_way_from_script_to_script_is_followed_and_ends(tmp_path: Path) -> None:
    (tmp_path / "Part.1.js").write_text('import{a}from"./one.js";import"./two.js";import("./later.js");from"./gone.js"')
    (tmp_path / "one.js").write_text("import*as part from'./Part.1.js'")
    (tmp_path / "two.js").write_text("")
    (tmp_path / "later.js").write_text("")
    assert set(scripts_of(("Part", "Unknown"), tmp_path)) == {"Part.1.js", "one.js", "two.js"}


def test_pages_and_streamlits_files_come_from_memory(client: TestClient) -> None:
    script = next(SCRIPTS.glob("ChatInput.*.js"))
    for _ in range(2):
        reply = client.get(f"/static/js/{script.name}")
        assert reply.content == script.read_bytes()
        assert reply.headers["content-type"].startswith("text/javascript")
        assert "immutable" in reply.headers["cache-control"]
    for page in ("/", "/find", "/look-after"):
        reply = client.get(page)
        assert "ChatInput." in reply.text
        assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "path",
    ["/_stcore/health", "/media/x.pdf", "/static/js/none.js", "/static/js/%2e%2e/%2e%2e/index.html", "/component/x/y"],
)
def test_everything_else_is_handed_on(client: TestClient, path: str) -> None:
    assert client.get(path).text == "handed on"


def test_nothing_but_reading_is_answered(client: TestClient) -> None:
    assert client.post("/").text == "handed on"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_listens_says_that_it_is_tcp_so_that_no_reply_is_held_back(host: str) -> None:
    with listen(host, 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP
