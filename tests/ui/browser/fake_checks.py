"""What the fake server says to the page Check: questions of a collection, evaluations, runs, and feedback."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import FastAPI, Query, Request
from fastapi.responses import JSONResponse, Response

Json = dict[str, Any]


@dataclass
class FakeChecks:
    """What one collection carries, the same for all of them."""

    questions: list[Json] = field(default_factory=list)
    version: int = 0  # 0 while there are no questions
    evaluation: Json | None = None
    runs: dict[str, Json] = field(default_factory=dict)  # figures by run, the oldest first
    unlike: set[str] = field(default_factory=set)  # runs that share no question with any other
    judged: list[Json] = field(default_factory=list)  # where nobody judged a kept answer: what is listed instead
    asked_at_a_look: int = 1  # questions that are asked between two looks


def question(words: str, **more: Any) -> Json:
    row = {"id": "", "answers": [], "document": "", "page": None, "must_refuse": False, "tags": [], "synthetic": False}
    return {**row, "id": f"q-{abs(hash(words)):x}", "question": words, **more}


def figures(value: float, worst: str, passage: str, comparison: Json | None = None, model: str = "extractive") -> Json:
    """The figures of a run over two questions."""
    metric = {"mean": value, "low": max(0.0, value - 0.2), "high": min(1.0, value + 0.2), "questions": 2}
    return {
        "started": "2026-11-29T16:00:00+00:00",
        "config": {"answers by": model},
        "questions": 3,
        "metrics": {
            "answer contains": metric,
            "right refusal": {"mean": 1.0, "low": 1.0, "high": 1.0, "questions": 1},
            "seconds": {"mean": 2.5, "low": 2.0, "high": 4.0, "questions": 3},
        },
        "curve": [[0.3333, 0.0], [0.6667, 0.5], [1.0, 0.6667]],
        "ordered_by": "answer contains",
        "worst": [
            {
                "question": worst,
                "values": {"answer contains": 0.0},
                "status": "answered",
                "answer": passage,
                "expected": {"answers": [worst], "document": worst, "must_refuse": False},
                "citations": [{"document": worst, "page": 2, "quote": passage}],
                "top": [],
            },
            {"question": worst, "values": {}, "failure": passage, "expected": {}, "top": [{"text": passage}]},
        ],
        "comparison": comparison,
    }


def comparison_with(run: str, asked: str) -> Json:
    change = {"before": 0.25, "after": 0.75, "difference": {"mean": 0.5, "low": 0.2, "high": 0.8}, "p": 0.01}
    return {
        "with": run,
        "questions": 2,
        "metric": "answer contains",
        "metrics": {"answer contains": {**change, "verdict": "better"}},
        "better": [{"question": asked, "before": 0.0, "after": 1.0}],
        "worse": [],
    }


def add_checks(app: FastAPI, checks: FakeChecks, kept: dict[str, list[Json]]) -> None:
    _add_questions(app, checks)
    _add_runs(app, checks)
    _add_feedback(app, checks, kept)


def _add_questions(app: FastAPI, checks: FakeChecks) -> None:
    def told() -> Json:
        return {"version": str(checks.version or ""), "questions": checks.questions}

    @app.get("/ibid/collections/{name}/questions")
    def read(name: str) -> Json:
        return told()

    @app.put("/ibid/collections/{name}/questions")
    async def replace(name: str, request: Request) -> Response:
        body = await request.json()
        if body["version"] != str(checks.version or ""):
            return _error(409, "the questions were changed meanwhile")
        for number, row in enumerate(body["questions"], 1):
            if not (row["answers"] or row["document"] or row["must_refuse"]):
                return _error(400, f"cannot use the questions of the table: row {number}: nothing is expected")
        checks.questions = [{**row, "id": row["id"] or question(row["question"])["id"]} for row in body["questions"]]
        checks.version += 1
        return JSONResponse(told())

    @app.post("/ibid/collections/{name}/questions")
    async def add(name: str, request: Request) -> Response:
        row = await request.json()
        if not (row["answers"] or row["document"] or row["must_refuse"]):
            return _error(400, "cannot use the questions of the table: row 1: nothing is expected")
        checks.questions.append({**row, "id": question(row["question"])["id"]})
        checks.version += 1
        return JSONResponse(told())


def _add_runs(app: FastAPI, checks: FakeChecks) -> None:
    @app.post("/ibid/collections/{name}/evaluations")
    def begin(name: str) -> Response:
        if not checks.questions:
            return _error(400, f"collection {name!r} carries no questions. Add some first")
        total = len(checks.questions)
        begun = {"id": "evaluation_1", "status": "running", "done": 0, "total": total, "reason": "", "run": None}
        checks.evaluation = begun
        return JSONResponse(begun)

    @app.get("/ibid/collections/{name}/evaluations")
    def listed(name: str) -> Json:
        """Each look asks some more questions; after the last one there is a run."""
        one = checks.evaluation
        if one is not None and one["status"] == "running":
            one["done"] = min(one["total"], one["done"] + checks.asked_at_a_look)
            if one["done"] == one["total"] and checks.asked_at_a_look:
                run = f"run-2026112{len(checks.runs)}T160000Z-abcdef"
                one |= {"status": "done", "run": run}
                before = next(reversed(checks.runs), "")
                compared = comparison_with(before, "What may be appealed?") if before else None
                checks.runs[run] = figures(0.5, "What may be appealed?", "A mark may be appealed.", compared)
        return {"data": [one] if one else []}

    @app.post("/ibid/collections/{name}/evaluations/{evaluation}/cancel")
    def cancel(name: str, evaluation: str) -> Json:
        assert checks.evaluation is not None
        checks.evaluation["status"] = "cancelled"
        return checks.evaluation

    _add_stored_runs(app, checks)


def _add_stored_runs(app: FastAPI, checks: FakeChecks) -> None:
    @app.get("/ibid/collections/{name}/runs")
    def runs(name: str) -> Json:
        found = [{"id": run, **of_run} for run, of_run in reversed(checks.runs.items())]
        return {"data": found}

    @app.delete("/ibid/collections/{name}/runs/{run}")
    def delete(name: str, run: str) -> Response:
        return JSONResponse({"deleted": True}) if checks.runs.pop(run, None) else _error(404, f"no run {run!r}")

    @app.get("/ibid/collections/{name}/runs/{run}/figures")
    def of_run(name: str, run: str, other: Annotated[str, Query(alias="with")] = "") -> Response:
        if run not in checks.runs or (other and other not in checks.runs):
            return _error(404, f"no run {run!r}")
        if not other:
            return JSONResponse(checks.runs[run])
        compared = None if other in checks.unlike else comparison_with(other, "What may be appealed?")
        return JSONResponse({**checks.runs[run], "comparison": compared})


def _add_feedback(app: FastAPI, checks: FakeChecks, kept: dict[str, list[Json]]) -> None:
    @app.put("/ibid/history/{name}/{number}/feedback")
    async def judge(name: str, number: int, request: Request) -> Response:
        body = await request.json()
        past = next(past for past in kept[name] if past["number"] == number)
        past["feedback"] = {**body, "at": "2026-11-29T16:00:00+00:00"}
        return JSONResponse(past["feedback"])

    @app.delete("/ibid/history/{name}/{number}/feedback")
    def take_back(name: str, number: int) -> Json:
        next(past for past in kept[name] if past["number"] == number)["feedback"] = None
        return {"deleted": True}

    @app.get("/ibid/collections/{name}/feedback")
    def listed(name: str, verdict: str = "", limit: int = 20, before: int = 1 << 62) -> Json:
        judged = [past for answers in kept.values() for past in answers if past.get("feedback")]
        every = [*reversed(judged), *checks.judged]
        wanted = [past for past in every if verdict in ("", past["feedback"]["verdict"]) and past["number"] < before]
        return {"data": wanted[:limit], "has_more": len(wanted) > limit}


def _error(status: int, message: str) -> JSONResponse:
    return JSONResponse({"error": {"message": message, "type": "invalid_request_error"}}, status)
