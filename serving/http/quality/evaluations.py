"""/ibid/collections/{id}/evaluations and runs: a collection is measured with its own questions, and what came of it.

Measuring is no business of the server: it queues evaluations, which a worker takes, and shows what comes of them.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request

from kb.errors import NotFoundError, StorageError, UsageError
from kb.home.evaluations import Evaluation, add_evaluation, cancel_evaluation, get_evaluation, list_evaluations
from kb.questions import read_question_file
from kb.questions.run_files import figures_path, read_run_json, remove_run, run_names, run_path
from serving.http.border.repeating import RepeatableRoute
from serving.http.state import Services, services_of

router = APIRouter(route_class=RepeatableRoute)

Most = Annotated[int, Query(ge=1, le=100)]
With = Annotated[str, Query(alias="with", max_length=80, description="another run of this collection")]

_SUMMARY = ("started", "config", "collection", "questions", "metrics")  # of a run's figures, in the list of runs


@router.post("/ibid/collections/{store_id}/evaluations")
def begin_evaluation(request: Request, store_id: str) -> dict[str, Any]:
    """Queues an evaluation with the collection's own questions; one that has not ended yet is returned instead."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    if not read_question_file(services.home.folder, name).questions():
        raise UsageError(f"collection {name!r} carries no questions", advice="Add some first")
    return _as_json(add_evaluation(services.home, name))


@router.get("/ibid/collections/{store_id}/evaluations")
def list_evaluations_of(request: Request, store_id: str, limit: Most = 20) -> dict[str, Any]:
    """The collection's evaluations, the newest first."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    found = list_evaluations(services.home, name, limit)
    return {"object": "list", "data": [_as_json(evaluation) for evaluation in found]}


@router.get("/ibid/collections/{store_id}/evaluations/{evaluation_id}")
def read_evaluation(request: Request, store_id: str, evaluation_id: str) -> dict[str, Any]:
    """One evaluation: how many questions were asked, or the name of the run that came of it."""
    return _as_json(_found(services_of(request), store_id, evaluation_id))


@router.post("/ibid/collections/{store_id}/evaluations/{evaluation_id}/cancel")
def stop_evaluation(request: Request, store_id: str, evaluation_id: str) -> dict[str, Any]:
    """Ends an evaluation; the question that is being asked is the last one. Nothing happens to one that has ended."""
    services = services_of(request)
    return _as_json(cancel_evaluation(services.home, _found(services, store_id, evaluation_id).id))


@router.get("/ibid/collections/{store_id}/runs")
def list_runs(request: Request, store_id: str, limit: Most = 20) -> dict[str, Any]:
    """The runs that the collection carries, the newest first, with their metrics; damaged ones are left out."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    data = []
    for run in run_names(services.home.folder, name):
        try:
            figures = read_run_json(figures_path(services.home.folder, name, run))
        except (NotFoundError, StorageError):
            continue
        data.append({"id": run, "object": "collection.run", **{key: figures.get(key) for key in _SUMMARY}})
        if len(data) == limit:
            break
    return {"object": "list", "data": data}


@router.get("/ibid/collections/{store_id}/runs/{run_id}")
def read_run(request: Request, store_id: str, run_id: str) -> dict[str, Any]:
    """A whole run, as `ibid eval --json` writes it: every question with its values, its answer and what was read."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    return read_run_json(run_path(services.home.folder, name, run_id))


@router.get("/ibid/collections/{store_id}/runs/{run_id}/figures")
def read_run_figures(request: Request, store_id: str, run_id: str, compared_with: With = "") -> dict[str, Any]:
    """A run's metrics, risk at each coverage and worst questions, and how it compares with another run.

    That is the one before it, as it was when this one was measured, or the one that `with` names.
    """
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    figures = read_run_json(figures_path(services.home.folder, name, run_id))
    if compared_with:
        if services.compare_runs is None:
            raise UsageError("runs are not compared here", "this server was started without the part that does")
        before, after = (run_path(services.home.folder, name, run) for run in (compared_with, run_id))
        figures["comparison"] = services.compare_runs(before, after)
    return figures


@router.delete("/ibid/collections/{store_id}/runs/{run_id}")
def delete_run(request: Request, store_id: str, run_id: str) -> dict[str, Any]:
    """Removes a run, with all that it quotes from documents."""
    services = services_of(request)
    name = services.collections.catalog(store_id).name
    remove_run(services.home.folder, name, run_id)
    return {"id": run_id, "object": "collection.run.deleted", "deleted": True}


def _found(services: Services, store_id: str, evaluation_id: str) -> Evaluation:
    """The evaluation, if it is one of this collection.

    Raises:
        NotFoundError: it is not.
    """
    name = services.collections.catalog(store_id).name
    evaluation = get_evaluation(services.home, evaluation_id)
    if evaluation.collection != name:
        raise NotFoundError(f"no evaluation {evaluation_id[:80]!r}")
    return evaluation


def _as_json(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "id": evaluation.id,
        "object": "collection.evaluation",
        "status": evaluation.state,
        "done": evaluation.done,
        "total": evaluation.total,
        "reason": evaluation.reason,
        "run": evaluation.run or None,
        "created_at": evaluation.created_at,
        "updated_at": evaluation.updated_at,
    }
