"""Opens what all requests of a process share, and closes it again."""

from __future__ import annotations

import gc
import logging
from contextlib import suppress

from kb.chat.openai_compatible import OpenAICompatibleModel, open_chat_model
from kb.errors import IbidError
from kb.home.audit import SERVER, record
from kb.home.home import Home
from kb.home.keys import Keyring
from kb.ports import ChatModel, Embedder
from kb.questions.run_files import CompareRuns
from kb.settings import Settings
from serving.http.answers.places import Places
from serving.http.border.quotas import Quotas
from serving.http.operating.observing.traces import open_traces
from serving.http.readable import where_readable
from serving.http.state import Collections, Services
from serving.http.stores.listings import Listings
from serving.verifiers import open_early, verifier_of
from serving.vllm import ModelServer

_LOG = logging.getLogger("ibid.serving")

# New objects, then collections of the young and of the middle ones: after 700, Python's own choice, a seventh of the
# server's time went into them under overload.
_COLLECTED_AFTER = (20_000, 10, 10)


def open_services(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    model: ChatModel | None = None,
    vllm: ModelServer | None = None,
    compare_runs: CompareRuns | None = None,
    places: Places | None = None,
) -> Services:
    """Everything that a request may need. The default collection is made if it is not there; nothing is loaded yet.

    Args:
        settings: of this process.
        embedder: in the place of the one that the settings name.
        model: in the place of the one that the settings name.
        vllm: a server of our own, started, with the model that the settings name.
        compare_runs: compares two runs of a collection; without it, nobody can choose which are compared.
        places: for answers, where they are not this process's alone.

    Raises:
        SettingsError: the chat model's, the verifier's or the traces' settings are not complete.
        MissingPartError: traces are to be sent, and the extra `telemetry` is not installed.
        StorageError: the home folder cannot be written.
    """

    def open_embedder() -> Embedder:
        if embedder is not None:
            return embedder
        from kb.embedding import open_embedder as open_real

        return open_real(settings.embedder, settings.models_folder)

    chat_model = model or open_chat_model(settings.model, vllm.check if vllm is not None else None)
    home = Home(settings.home)

    def record_expired(name: str) -> None:
        record(home, SERVER, "collection.expired", collection=name)

    collections = Collections(settings, open_embedder, record_expired)
    services = Services(
        settings=settings,
        home=home,
        keyring=Keyring(home),
        quotas=Quotas(home.folder / "requests"),
        collections=collections,
        verifier=verifier_of(settings, chat_model, lambda: collections.embedder),
        model=chat_model,
        vllm=vllm,
        compare_runs=compare_runs,
        traces=open_traces(settings.serve.traces),
        places=places or Places(),
        listings=Listings(home),
    )
    with where_readable(settings.collection):  # where it is damaged, the other collections are served all the same
        services.collections.create(settings.collection)
    return services


def warm_up(services: Services) -> None:
    """Loads what the first question would otherwise wait for. What fails here fails again, and is told, there."""
    try:
        services.collections.embedder.embed_question("warm-up")
    except Exception as error:  # a thread of its own: nobody else would hear of it
        services.life.failure = type(error).__name__
        _LOG.warning(
            "the embedder cannot be loaded: %s", error if isinstance(error, IbidError) else services.life.failure
        )
    with suppress(Exception):
        services.collections.get(services.collections.default).searcher.search("warm-up", k=1)
    open_early(services.verifier)
    if isinstance(services.model, OpenAICompatibleModel):
        services.model.prepare()
    services.life.warm.set()


def settle(services: Services) -> None:
    """Waits until everything is loaded and takes it out of what Python's garbage collector looks through.

    The libraries of models are a million objects that stay for good. Looking through them stops all threads for some
    tenths of a second, and the more requests come, the more often. What requests leave behind is looked through more
    rarely than Python would.
    """
    services.life.warm.wait()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_COLLECTED_AFTER)


def close_services(services: Services) -> None:
    """Ends the model's connections, then closes every database."""
    if isinstance(services.model, OpenAICompatibleModel):
        services.model.close()
    services.collections.close()
    services.quotas.close()
    services.keyring.close()
    services.home.close()
    if services.traces is not None:
        services.traces.close()
