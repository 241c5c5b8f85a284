"""Traces for OpenTelemetry: a span for each request, below it one for each stage of its answer. No text is in them.

Spans are made when a request is over, of the moments in its notes: where no collector is set, this costs nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.types import Scope

from kb.errors import MissingPartError, SettingsError
from serving.http.operating.observing.notes import RequestNotes, known_method
from serving.stages import Interval

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.trace import Span, Tracer

_PATH = "/v1/traces"  # where a collector takes them, by OTLP; added to an address without a path
_FLUSH_SECONDS = 3.0  # the last spans may take to be sent when the server ends; a collector may be gone
_NANOSECONDS = 1_000_000_000


class Traces:
    """Sends spans to a collector, in batches, from a thread of its own.

    Args:
        address: of the collector: http://host:4318, or the whole URL.

    Raises:
        SettingsError: that is no URL.
        MissingPartError: the extra `telemetry` is not installed.
    """

    def __init__(self, address: str) -> None:
        self._provider = _provider_for(_url(address))
        self._tracer: Tracer = self._provider.get_tracer("ibid", version("ibid"))

    def record(self, scope: Scope, notes: RequestNotes, route: str, status: int, seconds: float) -> None:
        """Makes the spans of a request that is over."""
        from opentelemetry.trace import SpanKind, Status, StatusCode
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        sender = TraceContextTextMapPropagator().extract(headers)
        method = known_method(scope["method"])
        span = self._tracer.start_span(
            f"{method} {route}", sender, SpanKind.SERVER, start_time=_nanoseconds(notes.started)
        )
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
            "ibid.request_id": notes.id,
            "ibid.answer": notes.status,
            "gen_ai.usage.input_tokens": notes.prompt_tokens,
            "gen_ai.usage.output_tokens": notes.completion_tokens,
        }
        span.set_attributes(attributes)
        if status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        self._record_stages(notes.stages.intervals, span)
        span.end(_nanoseconds(notes.started + seconds))

    def _record_stages(self, intervals: Sequence[Interval], parent: Span) -> None:
        """A span for each interval, below the shortest one that it lies in."""
        from opentelemetry.trace import set_span_in_context

        below: list[tuple[Interval, Span]] = []
        for interval in sorted(intervals, key=lambda one: (one.start, -one.end)):
            around = next((span for outer, span in reversed(below) if interval.end <= outer.end), parent)
            start = _nanoseconds(interval.start)
            span = self._tracer.start_span(interval.stage, set_span_in_context(around), start_time=start)
            span.end(_nanoseconds(interval.end))
            below.append((interval, span))

    def close(self) -> None:
        """Sends what is left, as far as that is soon done."""
        closing = threading.Thread(target=self._provider.shutdown, name="ibid-traces", daemon=True)
        closing.start()
        closing.join(_FLUSH_SECONDS)


def open_traces(address: str) -> Traces | None:
    """Traces to the collector of the setting `serve.traces`; None where it names none.

    Raises:
        SettingsError: it is no URL.
        MissingPartError: the extra `telemetry` is not installed.
    """
    return Traces(address) if address else None


def _provider_for(url: str) -> TracerProvider:
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ModuleNotFoundError as error:
        raise MissingPartError("traces cannot be sent", str(error), "Run pip install 'ibid[telemetry]'") from error
    provider = TracerProvider(resource=Resource.create({"service.name": "ibid", "service.version": version("ibid")}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url)))
    return provider


def _url(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise SettingsError(
            f"setting serve.traces is {address!r}", "it must be a URL", "A collector here is http://127.0.0.1:4318"
        )
    return address if parts.path.strip("/") else f"{address.rstrip('/')}{_PATH}"


def _nanoseconds(moment: float) -> int:
    """A moment of `time.perf_counter` as nanoseconds since 1970, by what the clocks say now."""
    return time.time_ns() - round((time.perf_counter() - moment) * _NANOSECONDS)
