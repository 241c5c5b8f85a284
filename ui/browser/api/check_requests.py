"""What the page Check asks the server: a collection's own questions, its evaluations and runs, and feedback."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

import httpx

from ui.browser.api.failures import ClientError, FailureKind
from ui.browser.api.parsing import Json, parse
from ui.browser.api.question_replies import (
    Judged,
    Question,
    QuestionSet,
    question_json,
    read_judged,
    read_question_set,
)
from ui.browser.api.run_replies import Evaluation, Figures, RunSummary, read_evaluation, read_figures, read_run_summary

_Parsed = TypeVar("_Parsed")

# Makes a request to the server by its method, its path and what httpx takes; raises `ClientError`.
Send = Callable[..., httpx.Response]

_RUNS = 30  # to choose from: a month of daily ones
MOST_JUDGED = 50  # judged answers at once: more than anyone goes through in one sitting


class CheckRequests:
    """Every method raises `ClientError` where the server does not do what it was asked.

    Args:
        send: makes the requests.
        collection: which one they are about.
    """

    def __init__(self, send: Send, collection: str) -> None:
        self._send = send
        self._place = f"/ibid/collections/{quote(collection, safe='')}"

    def questions(self) -> QuestionSet:
        """The collection's own questions."""
        return parse(read_question_set, _json(self._send("GET", f"{self._place}/questions")))

    def replace_questions(self, version: str, questions: Sequence[Question]) -> QuestionSet:
        """Replaces them all, unless somebody else has changed them since `version`: then it is refused."""
        body = {"version": version, "questions": [question_json(question) for question in questions]}
        return parse(read_question_set, _json(self._send("PUT", f"{self._place}/questions", json=body)))

    def add_question(self, question: Question) -> None:
        """Adds one."""
        self._send("POST", f"{self._place}/questions", json=question_json(question))

    def begin_evaluation(self) -> Evaluation:
        """Has the collection measured with its questions."""
        return parse(read_evaluation, _json(self._send("POST", f"{self._place}/evaluations")))

    def latest_evaluation(self) -> Evaluation | None:
        """The one that was asked for last."""
        return next(iter(self._listed("evaluations", read_evaluation, limit=1)), None)

    def cancel_evaluation(self, evaluation: Evaluation) -> None:
        """Ends it before it is done."""
        self._send("POST", f"{self._place}/evaluations/{quote(evaluation.id, safe='')}/cancel")

    def runs(self) -> tuple[RunSummary, ...]:
        """The collection's runs, the newest first."""
        return self._listed("runs", read_run_summary, limit=_RUNS)

    def figures(self, run: str, compared_with: str = "") -> Figures:
        """What is shown of a run; compared with the one before it where no other is named."""
        wanted = {"with": compared_with} if compared_with else {}
        reply = self._send("GET", f"{self._place}/runs/{quote(run, safe='')}/figures", params=wanted)
        return parse(read_figures, _json(reply))

    def delete_run(self, run: str) -> None:
        """Removes a run with all that it quotes."""
        self._send("DELETE", f"{self._place}/runs/{quote(run, safe='')}")

    def judged(self, verdict: str = "", before: int = 0) -> tuple[Judged, ...]:
        """Judged answers, the newest first; those of one verdict, or before one of them, where given."""
        wanted = {"verdict": verdict, "before": before}
        return self._listed("feedback", read_judged, limit=MOST_JUDGED, **{k: v for k, v in wanted.items() if v})

    def _listed(self, what: str, read: Callable[[Json], _Parsed], **wanted: object) -> tuple[_Parsed, ...]:
        found = _json(self._send("GET", f"{self._place}/{what}", params=wanted))
        if not isinstance(found, dict) or not isinstance(found.get("data"), list):
            raise ClientError(FailureKind.BROKEN)
        return tuple(parse(read, item) for item in found["data"])


def _json(reply: httpx.Response) -> object:
    try:
        return reply.json()
    except ValueError:
        return None
