"""Puts the server together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from kb.chat.openai_compatible import OpenAICompatibleModel, open_chat_model
from kb.home.home import Home
from kb.ports import ChatModel, Embedder
from kb.settings import Settings
from serving.http import (
    chat,
    citations,
    documents,
    embeddings,
    files,
    health,
    metrics,
    models,
    vector_store_files,
    vector_store_search,
    vector_stores,
)
from serving.http.errors import install_error_handlers
from serving.http.guard import LOOPBACK_ORIGIN, Guard
from serving.http.state import MOST_ANSWERS, Collections, Services
from serving.verifiers import open_early, verifier_of
from serving.vllm import VllmServer

_PARTS = (
    *(chat, citations, documents, embeddings, files, health, metrics, models),
    *(vector_store_files, vector_store_search, vector_stores),
)


def create_app(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    vllm: VllmServer | None = None,
) -> FastAPI:
    """The server as an ASGI app. The default collection is made if it is not there; nothing is loaded yet.

    Args:
        settings: of this process.
        embedder: in the place of the one that the settings name.
        model: in the place of the one that the settings name.
        vllm: a server of our own, started, with the model that the settings name; it is stopped with the app.

    Raises:
        SettingsError: the chat model's or the verifier's settings are not complete.
        StorageError: the home folder cannot be written.
    """

    def open_embedder() -> Embedder:
        if embedder is not None:
            return embedder
        from kb.embedding import open_embedder as open_real

        return open_real(settings.embedder, settings.models_folder)

    chat_model = model or open_chat_model(settings.model, vllm.check if vllm is not None else None)
    collections = Collections(settings, open_embedder)
    services = Services(
        settings=settings,
        home=Home(settings.home),
        collections=collections,
        verifier=verifier_of(settings, chat_model, lambda: collections.embedder),
        model=chat_model,
        vllm=vllm,
        places=threading.BoundedSemaphore(MOST_ANSWERS),
    )
    services.collections.create(settings.collection)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        threading.Thread(target=_warm_up, args=(services,), name="ibid-warm-up", daemon=True).start()
        yield
        if isinstance(services.model, OpenAICompatibleModel):
            services.model.close()
        if services.vllm is not None:
            await asyncio.to_thread(services.vllm.stop)
        services.collections.close()
        services.home.close()

    app = FastAPI(title="ibid", version=version("ibid"), lifespan=lifespan, strict_content_type=False)
    app.state.services = services
    install_error_handlers(app)
    for part in _PARTS:
        app.include_router(part.router)
    app.add_middleware(Guard, host=settings.serve.host, max_file_bytes=settings.limits.max_file_mb * 1_000_000)
    app.add_middleware(
        CORSMiddleware, allow_origin_regex=LOOPBACK_ORIGIN, allow_methods=["*"], allow_headers=["*"], max_age=600
    )
    return app


def _warm_up(services: Services) -> None:
    """Loads what the first question would otherwise wait for. What fails here fails again, and is told, there."""
    with suppress(Exception):
        services.collections.get(services.collections.default).searcher.search("warm-up", k=1)
    open_early(services.verifier)
    if isinstance(services.model, OpenAICompatibleModel):
        services.model.prepare()
