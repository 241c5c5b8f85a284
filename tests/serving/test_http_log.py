"""What the server logs, and what it never does."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from kb.errors import SettingsError
from kb.home.keys import create_key
from kb.ports import JsonSchema
from kb.records import Turn
from serving.http.operating.observing.log import configure_log
from tests.serving.http_server import running_server, wait_until

QUESTION = "When must the final report be handed in?"
SECRETS = ("Xanthippe", "sk-ibid-1234", "王小明的病历", "diagnosis.pdf")


class FailingModel:
    """Fails in a way that nobody thought of, with words of the question in its message."""

    name = "failing"

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        raise RuntimeError(f"cannot answer {turns[-1].text}")


_LOGGERS = ("ibid", "kb", "retriever", "serving", "uvicorn", "uvicorn.error", "mcp", "opentelemetry", "ibid.requests")


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What is logged as JSON while the test runs."""
    kept = {name: logging.getLogger(name) for name in _LOGGERS}
    before = {name: (logger.handlers, logger.propagate, logger.level) for name, logger in kept.items()}
    stream = io.StringIO()
    kept["uvicorn.error"].setLevel(logging.NOTSET)  # other tests silence it
    configure_log("json", stream)
    yield stream
    for name, (handlers, propagate, level) in before.items():
        kept[name].handlers, kept[name].propagate = handlers, propagate
        kept[name].setLevel(level)


def lines_of(log: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log.getvalue().splitlines()]


def ask(question: str = QUESTION, **more: Any) -> dict[str, Any]:
    return {"model": "ibid", "messages": [{"role": "user", "content": question}], **more}


def test_a_request_is_one_line_with_its_stages_and_tokens(tmp_path: Path, log: io.StringIO) -> None:
    with running_server(tmp_path) as server:
        response = server.http().post("/v1/chat/completions", json=ask())
        wait_until(lambda: lines_of(log))
    (line,) = lines_of(log)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", line["time"])
    assert line["request_id"] == response.headers["x-request-id"]
    assert (line["method"], line["route"], line["status"]) == ("POST", "/v1/chat/completions", 200)
    assert line["answer"] == "answered"
    assert line["ms"] >= line["stages_ms"]["search"] > 0
    usage = response.json()["usage"]
    assert (line["prompt_tokens"], line["completion_tokens"]) == (usage["prompt_tokens"], usage["completion_tokens"])


def test_a_stream_is_logged_when_it_ends(tmp_path: Path, log: io.StringIO) -> None:
    with running_server(tmp_path) as server:
        body = ask(stream=True, stream_options={"include_usage": True})
        server.http().post("/v1/chat/completions", json=body)
        wait_until(lambda: lines_of(log))
    (line,) = lines_of(log)
    assert line["answer"] == "answered"
    assert line["completion_tokens"] > 0


@pytest.mark.parametrize("given", ["0f8fad5b-d9cb-469f-a165-70867728950e", "my.request_1"])
def test_a_well_formed_id_is_kept(tmp_path: Path, log: io.StringIO, given: str) -> None:
    with running_server(tmp_path) as server:
        assert server.http().get("/health", headers={"x-request-id": given}).headers["x-request-id"] == given
        wait_until(lambda: lines_of(log))
    assert lines_of(log)[0]["request_id"] == given


@pytest.mark.parametrize("given", ["", "two words", 'a"b', "x" * 129, "Ünïcode".encode("latin-1")])
def test_any_other_id_is_replaced(tmp_path: Path, given: str | bytes) -> None:
    with running_server(tmp_path) as server:
        made = server.http().get("/health", headers=[("x-request-id", given)]).headers["x-request-id"]
    assert re.fullmatch(r"req_[0-9a-f]{32}", made)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nowhere", 404), ("PUT", "/health", 405), ("POST", "/v1/chat/completions", 400), ("GET", "/health", 200)],
)
def test_every_response_carries_an_id_and_openais_headers(tmp_path: Path, method: str, path: str, status: int) -> None:
    with running_server(tmp_path) as server:
        response = server.http().request(method, path)
    assert response.status_code == status
    assert response.headers["x-request-id"].startswith("req_")
    assert response.headers["openai-version"] == "2020-10-01"
    assert int(response.headers["openai-processing-ms"]) >= 0


def test_the_official_client_finds_the_id(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        client = server.client()
        assert str(client.models.list()._request_id).startswith("req_")
        with pytest.raises(openai.NotFoundError) as missing:
            client.models.retrieve("nothing")
        assert str(missing.value.request_id).startswith("req_")


@pytest.mark.parametrize("stream", [False, True])
def test_an_unforeseen_failure_tells_its_place_and_not_its_words(
    tmp_path: Path, log: io.StringIO, stream: bool
) -> None:
    with running_server(tmp_path, model=FailingModel()) as server:
        body = ask(f"{QUESTION} Xanthippe", stream=stream)
        with server.http().stream("POST", "/v1/chat/completions", json=body) as response:
            told = response.read().decode() if not stream else _until_cut(response)
        wait_until(lambda: [line for line in lines_of(log) if line["message"] == "request"])
    (failure,) = [line for line in lines_of(log) if line["level"] == "error" and "places" in line]
    assert failure["error"] == "RuntimeError"
    assert failure["request_id"] == response.headers["x-request-id"]
    assert any("test_http_log.py" in place for place in failure["places"])
    assert "Xanthippe" not in log.getvalue()
    assert "Xanthippe" not in told
    assert response.status_code == (200 if stream else 500)
    if not stream:
        assert response.json()["error"]["code"] == "internal_error"


def _until_cut(response: httpx.Response) -> str:
    """What a stream says before it breaks off."""
    lines: list[str] = []
    with pytest.raises(httpx.RemoteProtocolError):
        lines.extend(response.iter_lines())
    return "".join(lines)


def test_no_question_text_key_or_name_is_ever_logged(tmp_path: Path, log: io.StringIO) -> None:
    """Plants secrets wherever a request can hold them, and looks through everything that was logged."""
    secret = " ".join(SECRETS)
    with running_server(tmp_path) as server:
        client = server.http(Authorization="Bearer sk-ibid-1234", **{"User-Agent": "Xanthippe", "Cookie": "Xanthippe"})
        client.post("/v1/chat/completions", json=ask(secret))
        client.post("/v1/chat/completions", json=ask(secret, stream=True))
        client.post("/v1/chat/completions", json=ask(secret, colour="Xanthippe"))
        client.post("/v1/chat/completions", json={**ask(secret), "model": "ibid/Xanthippe"})
        client.post("/v1/chat/completions", content=b'{"Xanthippe": ')
        client.post("/v1/embeddings", json={"model": "ibid", "input": secret})
        client.post("/v1/vector_stores/default/search", json={"query": secret})
        client.post("/v1/files", files={"file": ("diagnosis.pdf", secret.encode())}, data={"purpose": "assistants"})
        client.post("/v1/vector_stores", json={"name": "Xanthippe", "description": secret})
        client.get("/documents/Xanthippe?collection=diagnosis.pdf&highlight=王小明的病历")
        client.get("/Xanthippe")
        client.request("XANTHIPPE", "/Xanthippe")
        client.get("/health", headers={"x-request-id": "Xanthippe diagnosis.pdf"})
        client.post("/mcp", content=secret.encode())
        client.get("/health")
        wait_until(lambda: len(lines_of(log)) >= 15)
    assert len(lines_of(log)) >= 15
    for word in SECRETS:
        assert word.lower() not in log.getvalue().lower()
        assert json.dumps(word)[1:-1] not in log.getvalue()


def test_a_key_is_told_by_its_id_alone(tmp_path: Path, log: io.StringIO) -> None:
    with running_server(tmp_path) as server:
        key, secret = create_key(server.services.home, "Xanthippe")
        server.http(Authorization=f"Bearer {secret}").post("/v1/chat/completions", json=ask())
        server.http(Authorization=f"Bearer {secret}x").post("/v1/chat/completions", json=ask())
        wait_until(lambda: len(lines_of(log)) == 2)
    known, unknown = lines_of(log)
    assert (known["status"], known["key"]) == (200, key.id)
    assert (unknown["status"], unknown["route"]) == (401, "/v1/chat/completions")
    assert "key" not in unknown
    assert secret not in log.getvalue()
    assert "Xanthippe" not in log.getvalue()


def test_other_programs_warnings_come_the_same_way(log: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("ibid.retriever").warning("not reranked: the server is down")
    assert [line["message"] for line in lines_of(log)] == [
        "Invalid HTTP request received.",
        "not reranked: the server is down",
    ]


def test_a_module_tells_neither_what_failed_in_words_nor_whose_folder_it_was(log: io.StringIO, tmp_path: Path) -> None:
    folder = tmp_path / "collections" / "Xanthippe-versus-王小明" / "cache"
    logging.getLogger("retriever.lexical").warning("the lexical index in %s is built anew: %s", folder, "it is damaged")
    try:
        raise ValueError("Xanthippe")
    except ValueError:
        logging.getLogger("serving.http.responses.background").exception("a response in the background failed")
    index, failure = lines_of(log)
    assert index["message"] == f"the lexical index in {tmp_path}/collections/…/cache is built anew: it is damaged"
    assert (failure["error"], len(failure["places"])) == ("ValueError", 1)
    assert "Xanthippe" not in log.getvalue()


@pytest.mark.parametrize(("kind", "lines"), [("text", 1), ("off", 0)])
def test_the_setting_chooses(tmp_path: Path, log: io.StringIO, kind: str, lines: int) -> None:
    stream = io.StringIO()
    configure_log(kind, stream)
    with running_server(tmp_path) as server:
        server.http().get("/health")
    written = stream.getvalue().splitlines()
    assert len(written) == lines
    assert not written or 'route="/health" status=200' in written[0]


def test_a_setting_that_is_none_is_refused(log: io.StringIO) -> None:
    with pytest.raises(SettingsError, match='it must be "json", "text" or "off"'):
        configure_log("yaml", log)
