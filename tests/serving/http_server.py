"""The real server on a loopback port, in a thread."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import openai
import uvicorn

from eval.own_questions.figures import compare_run_files
from ingest.worker import run_job
from kb.catalog import Catalog
from kb.errors import InputError, UnreadableFileError, UnsupportedFileError
from kb.home.jobs import take_job
from kb.ports import ChatModel
from kb.records import Document, Job, document_id_of
from kb.settings import AnswerSettings, HistorySettings, LimitSettings, ServeSettings, Settings, VerifierSettings
from kb.text.language import detect_language
from serving.http import create_app
from serving.http.connections import Connection, server_for
from serving.http.server import listen
from serving.http.state import Services
from serving.vllm import VllmServer
from tests.fakes import HashEmbedder
from tests.serving.library import make_collection


@dataclass
class RunningServer:
    address: str
    settings: Settings
    services: Services
    catalog: Catalog
    embedder: HashEmbedder
    stack: ExitStack
    server: uvicorn.Server

    def client(self, timeout: float = 30, key: str = "any") -> openai.OpenAI:
        """The official client; closed with the server."""
        url = f"{self.address}/v1"
        return self.stack.enter_context(openai.OpenAI(base_url=url, api_key=key, max_retries=0, timeout=timeout))

    def work(self) -> Job | None:
        """Does the next job as a worker does, with a parser that reads text files and nothing else."""
        job = take_job(self.services.home)
        if job is not None:
            run_job(self.services.home, self.settings, job, lambda: self.embedder, parse_texts)
        return job

    @contextmanager
    def worker(self) -> Iterator[None]:
        """Works jobs as they come, in a thread."""
        stopped = threading.Event()

        def keep_working() -> None:
            while not stopped.is_set():
                if self.work() is None:
                    stopped.wait(0.02)

        thread = threading.Thread(target=keep_working, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stopped.set()
            thread.join()

    def http(self, **headers: str) -> httpx.Client:
        """A plain client; closed with the server."""
        return self.stack.enter_context(httpx.Client(base_url=self.address, headers=headers, timeout=30))


@contextmanager
def running_server(
    home: Path,
    *,
    model: ChatModel | None = None,
    limits: LimitSettings | None = None,
    verifier: VerifierSettings | None = None,
    vllm: VllmServer | None = None,
    history: HistorySettings | None = None,
    answers: AnswerSettings | None = None,
    serve: ServeSettings | None = None,
    closing_seconds: float = 0.5,
    connection: type[Connection] = Connection,
) -> Iterator[RunningServer]:
    """A server whose default collection holds the three small documents of `library`."""
    embedder = HashEmbedder()
    catalog = make_collection(home, embedder)
    settings = Settings(
        home=home,
        limits=limits or LimitSettings(),
        verifier=verifier or VerifierSettings(),
        history=history or HistorySettings(),
        answers=answers or AnswerSettings(),
        serve=serve or ServeSettings(),
    )
    app = create_app(settings, embedder=embedder, model=model, vllm=vllm, compare_runs=compare_run_files)
    listener = listen("127.0.0.1", 0)
    server = server_for(app, closing_seconds=closing_seconds, connection=connection)
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.005)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    try:
        with ExitStack() as stack:
            yield RunningServer(address, settings, app.state.services, catalog, embedder, stack, server)
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        catalog.close()


def parse_texts(files: Sequence[tuple[Path, str]]) -> Iterator[Document | InputError]:
    """Reads files as text: those of another kind are not supported, those of other bytes not readable."""
    for path, name in files:
        content = path.read_bytes()
        try:
            if not name.endswith(".txt"):
                raise UnsupportedFileError(f"cannot read {name}", "no parser knows such files")
            text = content.decode()
        except UnsupportedFileError as error:
            yield error
        except UnicodeDecodeError:
            yield UnreadableFileError(f"cannot read {name}", "it is no text")
        else:
            yield Document(
                document_id_of(content), name, "text/plain", text.splitlines()[0], text, detect_language(text)
            )


def wait_until(true: object, seconds: float = 5.0) -> None:
    """Waits for something that another thread does."""
    assert callable(true)
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "never happened"
        time.sleep(0.005)
