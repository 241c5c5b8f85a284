"""What is counted and timed, for Prometheus. No question, document, collection or key is in a name or a label."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

from kb.records import Answer, AnswerEvent, AnswerStatus, Finished, Searched, SearchResult
from serving.claims import OF_IBID_ITSELF
from serving.http.operating.observing.notes import RequestNotes, known_method
from serving.stages import CHECKING, FIRST_TOKEN, MODEL, SEARCH, UNDERSTANDING

FAILED = "failed"  # an answer that ended in an error
CANCELLED = "cancelled"  # an answer that nobody waited for any more

# From a search in memory (5 ms) to the longest reply that the settings let through (300 s).
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_STAGES = (UNDERSTANDING, SEARCH, "rerank", FIRST_TOKEN, MODEL, CHECKING, "first_claim", "total")


class Meters:
    """The counters of one server process. One object serves any number of threads.

    Where several processes serve, each keeps its own in files that all of them read: see serving/workers.py.
    """

    def __init__(self) -> None:
        # The moments at which counters began: twice the series, for nothing.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # it has no annotations
        self.registry = registry = CollectorRegistry()
        self.requests = Counter(
            "ibid_http_requests", "Requests by what was answered.", ("method", "route", "status"), registry=registry
        )
        self.request_seconds = Histogram(
            "ibid_http_request_seconds",
            "Seconds from a request to the end of its response.",
            ("method", "route"),
            registry=registry,
            buckets=_SECONDS,
        )
        self.answers = Counter("ibid_answers", "Answers by how they ended.", ("status",), registry=registry)
        self.stage_seconds = Histogram(
            "ibid_answer_stage_seconds",
            "Seconds of finished answers by stage; first_token is a part of model, checking goes on beside it.",
            ("stage",),
            registry=registry,
            buckets=_SECONDS,
        )
        self.sentences = Counter(
            "ibid_sentences", "Sentences shown, by their verdict.", ("verdict",), registry=registry
        )
        self.withheld = Counter(
            "ibid_withheld_sentences", "Sentences that a strict collection kept back.", ("verdict",), registry=registry
        )
        self.tokens = Counter("ibid_tokens", "Tokens asked with and answered with.", ("kind",), registry=registry)
        self.search_seconds = Histogram(
            "ibid_search_seconds", "Seconds of each search.", registry=registry, buckets=_SECONDS
        )
        self.search_parts = Counter(
            "ibid_search_part_seconds", "Seconds of all searches by what they did.", ("part",), registry=registry
        )
        self.in_progress = Gauge(
            "ibid_answers_in_progress", "Answers being made now.", registry=registry, multiprocess_mode="livesum"
        )
        for status in (*AnswerStatus, FAILED, CANCELLED):  # a rate needs its zero
            self.answers.labels(str(status))

    def count_request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Counts a request that is answered. `route` is the template, never the path as sent."""
        known = known_method(method)
        self.requests.labels(known, route, str(status)).inc()
        self.request_seconds.labels(known, route).observe(seconds)

    def count_search(self, result: SearchResult, seconds: float) -> None:
        """Counts a search."""
        self.search_seconds.observe(seconds)
        for part, spent in result.timings.items():
            self.search_parts.labels(part.replace(" ", "_")).inc(spent)

    def count_tokens(self, prompt: int, completion: int) -> None:
        """Counts tokens."""
        self.tokens.labels("prompt").inc(prompt)
        self.tokens.labels("completion").inc(completion)

    def watch(self, events: Iterator[AnswerEvent], notes: RequestNotes) -> Iterator[AnswerEvent]:
        """The same events; the answer is counted while it is made, and noted, when it ends."""
        ended = CANCELLED
        self.in_progress.inc()
        try:
            for event in events:
                if isinstance(event, Searched):
                    self.count_search(event.result, notes.stages.seconds()[SEARCH])
                elif isinstance(event, Finished):
                    ended = ""  # counted now, before anybody is told of the answer and may look
                    self._count_end(event.answer.status.value, notes)
                    self._count_answer(event.answer)
                yield event
        except Exception:
            ended = ended and FAILED
            raise
        finally:
            self.in_progress.dec()
            if ended:
                self._count_end(ended, notes)

    def _count_end(self, status: str, notes: RequestNotes) -> None:
        notes.status = status
        self.answers.labels(status).inc()

    def _count_answer(self, answer: Answer) -> None:
        for stage in _STAGES:
            if stage in answer.timings:
                self.stage_seconds.labels(stage).observe(answer.timings[stage])
        if answer.status is not AnswerStatus.REFUSED:
            for claim in answer.claims:
                if claim.why != OF_IBID_ITSELF:
                    self.sentences.labels(claim.verdict.value).inc()
        for sentence in answer.withheld:
            self.withheld.labels(sentence.verdict.value).inc()
