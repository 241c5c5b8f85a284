"""Puts the server together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

from fastapi import FastAPI, Security
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

from kb.ports import ChatModel, Embedder
from kb.questions.run_files import CompareRuns
from kb.settings import Settings
from serving.http import embeddings, models
from serving.http.answers import chat, completions, stored_completions
from serving.http.answers.places import Places
from serving.http.batches import endpoint as batches
from serving.http.batches.running import BatchRunner
from serving.http.border.guard import LOOPBACK_ORIGIN, Guard
from serving.http.declared import ERRORS, KEY
from serving.http.errors import install_error_handlers
from serving.http.opening import close_services, open_services, warm_up
from serving.http.operating import admin_keys, audit_log, health, metrics, storage
from serving.http.operating.observing.log import RequestLog
from serving.http.operating.observing.middleware import REQUEST_ID, Observer
from serving.http.quality import evaluations, feedback, questions
from serving.http.reading import citations, documents, past_conversations
from serving.http.responses import conversations
from serving.http.responses import counting as response_counting
from serving.http.responses import create as responses
from serving.http.responses import stored as stored_responses
from serving.http.responses.background import end_all
from serving.http.stores import (
    curating,
    file_batches,
    listed_documents,
    porting,
    vector_store_files,
    vector_store_search,
    vector_stores,
)
from serving.http.uploaded import files, uploads
from serving.http.uploaded.expiry import keep_removing
from serving.mcp.endpoint import MCP_PATH, McpEndpoint
from serving.vllm import ModelServer

_PARTS = (
    *(admin_keys, batches, chat, citations, conversations, documents, embeddings, files, health, metrics, models),
    porting,  # import is a path of its own before it could be a collection's name
    *(audit_log, curating, listed_documents, storage),
    *(past_conversations, uploads, file_batches, vector_store_files, vector_store_search, vector_stores),
    *(responses, response_counting, stored_responses, stored_completions, completions),
    *(evaluations, feedback, questions),
)


def create_app(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    vllm: ModelServer | None = None,
    compare_runs: CompareRuns | None = None,
    places: Places | None = None,
) -> FastAPI:
    """The server as an ASGI app. The default collection is made if it is not there; nothing is loaded yet.

    Args:
        settings: of this process.
        embedder: in the place of the one that the settings name.
        model: in the place of the one that the settings name.
        vllm: a server beside ours, started, with the model that the settings name; if it is ours to stop, that is done
            with the app.
        compare_runs: compares two runs of a collection; without it, nobody can choose which are compared.
        places: for answers, where they are not this process's alone.

    Raises:
        SettingsError: the chat model's or the verifier's settings are not complete.
        StorageError: the home folder cannot be written.
    """
    services = open_services(
        settings, embedder=embedder, model=model, vllm=vllm, compare_runs=compare_runs, places=places
    )
    mcp = McpEndpoint(services)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=warm_up, args=(services,), name="ibid-warm-up", daemon=True).start()
        stopped = threading.Event()
        expiry = threading.Thread(target=keep_removing, args=(services, stopped), name="ibid-expiry", daemon=True)
        expiry.start()
        app.state.batches.start()
        async with mcp.running():
            yield
            await end_all(services)
        stopped.set()
        await asyncio.to_thread(expiry.join)
        await asyncio.to_thread(app.state.batches.stop)
        close_services(services)
        if services.vllm is not None:
            await asyncio.to_thread(services.vllm.stop)

    app = FastAPI(
        title="ibid",
        version=version("ibid"),
        lifespan=lifespan,
        strict_content_type=False,
        responses=ERRORS,
        dependencies=[Security(KEY)],
        generate_unique_id_function=lambda route: route.name,  # operations are called as their functions are
    )
    app.state.services = services
    app.state.batches = BatchRunner(services.home, app)
    install_error_handlers(app)
    for part in _PARTS:
        app.include_router(part.router)
    app.router.routes.append(Route(MCP_PATH, endpoint=mcp))
    app.add_middleware(Guard, services=services)
    app.add_middleware(
        CORSMiddleware,
        allow_origin_regex=LOOPBACK_ORIGIN,
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=[REQUEST_ID],
        max_age=600,
    )
    # The last one added is the outermost.
    app.add_middleware(Observer, meters=services.meters, log=RequestLog(), traces=services.traces)
    return app
