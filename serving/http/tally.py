"""Counters of what the server did, in Prometheus' text format. No question, document or name is in them."""

from __future__ import annotations

import threading
from collections import Counter

from kb.records import Answer


class Tally:
    """Counts answers. One object serves any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: Counter[str] = Counter()
        self._seconds = 0.0

    def count(self, answer: Answer) -> None:
        """Counts a finished answer."""
        with self._lock:
            self._answers[answer.status.value] += 1
            self._seconds += answer.timings.get("total", 0.0)

    def count_failure(self) -> None:
        """Counts an answer that ended in an error."""
        with self._lock:
            self._answers["failed"] += 1

    def as_text(self) -> str:
        """All counters."""
        with self._lock:
            answers, seconds = dict(self._answers), self._seconds
        lines = ["# HELP ibid_answers_total Answers by how they ended.", "# TYPE ibid_answers_total counter"]
        states = ("answered", "partly", "refused", "failed")
        lines += [f'ibid_answers_total{{status="{state}"}} {answers.get(state, 0)}' for state in states]
        lines += [
            "# HELP ibid_answer_seconds_total Seconds spent on finished answers.",
            "# TYPE ibid_answer_seconds_total counter",
            f"ibid_answer_seconds_total {seconds:.3f}",
        ]
        return "\n".join(lines) + "\n"
