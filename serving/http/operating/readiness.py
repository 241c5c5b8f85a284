"""Whether the server can answer now, and if not, why."""

from __future__ import annotations

import shutil
from typing import NamedTuple

from kb.errors import IbidError, ModelNotReadyError
from kb.home.jobs import count_jobs
from kb.home.worker_sign import is_worker_seen
from kb.records import JobState
from serving.http.state import Services


class Reason(NamedTuple):
    """Why something does not work; where it `blocks`, no question can be answered."""

    code: str
    message: str
    blocks: bool


def reasons_against(services: Services) -> list[Reason]:
    """Everything that keeps this process from its whole work; nothing when all is well."""
    found = [*_own(services), *_model(services), *_storing(services)]
    return sorted(found, key=lambda reason: not reason.blocks)


def _own(services: Services) -> list[Reason]:
    life = services.life
    if services.closing.begun:
        return [Reason("shutting_down", "the server is shutting down", blocks=True)]
    if life.failure:
        return [Reason("embedder_failed", "the models could not be loaded; the log says why", blocks=True)]
    if not life.warm.is_set():
        return [Reason("embedder_loading", "the models are being loaded", blocks=True)]
    return []


def _model(services: Services) -> list[Reason]:
    if services.vllm is None:
        return []
    try:
        services.vllm.check()
    except ModelNotReadyError:
        return [Reason("model_starting", "the chat model's server is being started", blocks=True)]
    except IbidError:
        return [Reason("model_failed", "the chat model's server failed and is not started again", blocks=True)]
    return []


def _storing(services: Services) -> list[Reason]:
    found = []
    least = services.settings.limits.free_disk_mb * 1_000_000
    if shutil.disk_usage(services.home.folder).free < least:
        found.append(Reason("disk_full", "too little disk is free to store anything", blocks=False))
    if count_jobs(services.home).get(JobState.QUEUED) and not is_worker_seen(services.home.folder):
        found.append(Reason("no_worker", "files wait to be taken in and no worker has been seen", blocks=False))
    return found
