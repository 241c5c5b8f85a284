"""Traces as a collector receives them: a scripted one on loopback, which decodes what OTLP sends."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from kb.chat.openai_compatible import OpenAICompatibleModel
from kb.errors import SettingsError
from kb.settings import ModelSettings, ServeSettings, Settings
from serving.http.opening import close_services, open_services
from tests.serving.http_server import running_server
from tests.serving.model_server import Reply, model_server

pytest.importorskip("opentelemetry.exporter.otlp", reason="needs pip install 'ibid[telemetry]'")

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

QUESTION = "When must the final report be handed in?"
PIECES = ("The report is due ", "within fourteen days ", "after the last lecture [1].")
TRACE, SENDER = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@dataclass(frozen=True)
class Received:
    """One span."""

    name: str
    trace: str
    id: str
    parent: str
    start: float
    end: float
    attributes: dict[str, Any]
    failed: bool


@dataclass
class Collector:
    address: str
    spans: list[Received] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    services: set[str] = field(default_factory=set)

    def named(self, name: str) -> Received:
        (found,) = [span for span in self.spans if span.name == name]
        return found


@contextmanager
def collecting(status: int = 200, wait: float = 0.0) -> Iterator[Collector]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *arguments: object) -> None:
            pass

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v1/traces"
            assert self.headers["Content-Type"] == "application/x-protobuf"
            time.sleep(wait)
            _take(collector, body)
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    collector = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    yield collector
    server.shutdown()
    server.server_close()
    thread.join()


def _take(collector: Collector, body: bytes) -> None:
    collector.bodies.append(body)
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        names = {one.key: one.value.string_value for one in resource.resource.attributes}
        collector.services.add(names["service.name"])
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = {one.key: one.value.string_value or one.value.int_value for one in span.attributes}
                collector.spans.append(
                    Received(
                        span.name,
                        span.trace_id.hex(),
                        span.span_id.hex(),
                        span.parent_span_id.hex(),
                        span.start_time_unix_nano / 1e9,
                        span.end_time_unix_nano / 1e9,
                        attributes,
                        span.status.code == 2,
                    )
                )


def settings_for(collector: Collector) -> ServeSettings:
    return ServeSettings(traces=collector.address)


def ask(question: str = QUESTION) -> dict[str, Any]:
    return {"model": "ibid", "messages": [{"role": "user", "content": question}]}


def test_a_request_is_traced_from_its_search_over_the_model_to_the_checking(tmp_path: Path) -> None:
    began = time.time()
    with collecting() as collector, model_server(Reply(PIECES, wait_before=0.2, gap=0.1)) as scripted:
        model = OpenAICompatibleModel(ModelSettings(base_url=scripted.base_url, name="scripted"))
        with running_server(tmp_path, model=model, serve=settings_for(collector)) as server:
            response = server.http().post("/v1/chat/completions", json=ask())
    request = collector.named("POST /v1/chat/completions")
    assert collector.services == {"ibid"}
    assert request.attributes["http.response.status_code"] == 200
    assert request.attributes["ibid.request_id"] == response.headers["x-request-id"]
    assert request.attributes["ibid.answer"] == "answered"
    assert request.attributes["gen_ai.usage.output_tokens"] == response.json()["usage"]["completion_tokens"]
    search, written, first = (collector.named(name) for name in ("search", "model", "first_token"))
    checking = next(span for span in collector.spans if span.name == "checking")
    assert {span.trace for span in collector.spans} == {request.trace}
    assert (search.parent, written.parent, first.parent) == (request.id, request.id, written.id)
    assert checking.parent in {written.id, request.id}
    assert began - 0.1 <= request.start <= search.start <= search.end <= written.start
    assert first.end - first.start >= 0.2
    assert written.end - written.start >= 0.4
    assert checking.end <= request.end <= time.time() + 0.1


def test_a_trace_that_the_sender_began_goes_on(tmp_path: Path) -> None:
    with collecting() as collector, running_server(tmp_path, serve=settings_for(collector)) as server:
        headers = {"traceparent": f"00-{TRACE}-{SENDER}-01"}
        server.http().post("/v1/chat/completions", json=ask(), headers=headers)
    request = collector.named("POST /v1/chat/completions")
    assert (request.trace, request.parent) == (TRACE, SENDER)
    assert {span.trace for span in collector.spans} == {TRACE}


def test_no_text_key_or_name_is_in_a_trace(tmp_path: Path) -> None:
    with collecting() as collector, running_server(tmp_path, serve=settings_for(collector)) as server:
        client = server.http(Authorization="Bearer Xanthippe", **{"User-Agent": "Xanthippe"})
        client.post("/v1/chat/completions", json=ask(f"{QUESTION} Xanthippe 王小明"))
        client.get("/documents/Xanthippe?collection=Xanthippe")
        client.request("XANTHIPPE", "/Xanthippe")
        client.post("/v1/chat/completions", json={**ask(), "Xanthippe": 1})
    assert {"GET /documents/{document_id}", "OTHER unmatched"} <= {span.name for span in collector.spans}
    everything = b"".join(collector.bodies)
    assert b"anthippe" not in everything
    assert b"XANTHIPPE" not in everything
    assert "王小明".encode() not in everything
    assert b"fourteen days" not in everything


def test_a_collector_that_is_not_there_holds_nothing_up(tmp_path: Path) -> None:
    began = time.monotonic()
    with running_server(tmp_path, serve=ServeSettings(traces="http://127.0.0.1:9")) as server:
        assert server.http().post("/v1/chat/completions", json=ask()).status_code == 200
    assert time.monotonic() - began < 8


@pytest.mark.parametrize("address", ["collector:4318", "127.0.0.1", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_said(tmp_path: Path, address: str) -> None:
    with pytest.raises(SettingsError, match=r"setting serve\.traces is .* it must be a URL"):
        open_services(Settings(home=tmp_path, serve=ServeSettings(traces=address)))


def test_without_a_collector_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    services = open_services(replace(Settings(home=tmp_path)))
    assert services.traces is None
    close_services(services)
