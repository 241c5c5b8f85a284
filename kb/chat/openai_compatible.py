"""Chat models behind any server that speaks OpenAI's chat API (vLLM, llama.cpp, OpenAI), through langchain-openai.

Calls run on one event loop of their own in a background thread, because only an asynchronous call can be stopped from
outside at any moment: while connecting, while waiting for the first token, and between two tokens.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, NamedTuple

from kb.chat.failures import model_error
from kb.errors import ModelError, SettingsError
from kb.ports import ChatModel, JsonSchema
from kb.records import Turn
from kb.settings import ModelSettings

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from langchain_openai import ChatOpenAI

_CONNECT_SECONDS = 10.0  # a server that takes no connection for this long is down, however slowly it may answer
_RETRIES = 1  # one more try where nothing was received yet: a server restarting or shedding load for a moment


def open_chat_model(settings: ModelSettings) -> ChatModel | None:
    """The chat model that the settings name; None without a base URL, which means extractive answers.

    Nothing is imported or connected before the first question.

    Raises:
        SettingsError: there is a base URL but no model name, or the base URL is not one.
    """
    if not settings.base_url:
        return None
    if not settings.base_url.startswith(("http://", "https://")):
        raise SettingsError(
            f"setting model.base_url is {settings.base_url!r}",
            "it must begin with http:// or https://",
            "A vLLM server on this machine is http://127.0.0.1:8001/v1",
        )
    if not settings.name:
        raise SettingsError(
            "setting model.base_url is given without model.name",
            advice="Set IBID_MODEL_NAME to a name that the server lists under /v1/models",
        )
    return OpenAICompatibleModel(settings)


class OpenAICompatibleModel:
    """A chat model on a server. May be used by many threads at once."""

    def __init__(self, settings: ModelSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: ChatOpenAI | None = None

    @property
    def name(self) -> str:
        """The model's name as the server knows it."""
        return self._settings.name

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        """Pieces of the reply as they come. `close()` of the iterator stops the call and may come from any thread.

        Raises (while iterating):
            ModelError: the server cannot be reached, refuses, breaks off, goes silent, or says nothing.
        """
        return _Reply(self, _Request(system, tuple(turns), max_tokens or self._settings.max_tokens, schema))

    def prepare(self) -> None:
        """Loads the client library, which takes a second or more, so that the first question need not wait for it."""
        self._open_client()

    def close(self) -> None:
        """Ends the background thread. Calls still running end with it."""
        with self._lock:
            loop, thread, client = self._loop, self._thread, self._client
            self._loop = self._thread = self._client = None
        if loop is None or thread is None:
            return
        if client is not None and client.http_async_client is not None:
            asyncio.run_coroutine_threadsafe(client.http_async_client.aclose(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()

    def running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the background thread, started when first needed."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=_run, args=(self._loop,), name="ibid-chat-model", daemon=True)
                self._thread.start()
            return self._loop

    async def pieces(self, request: _Request, out: queue.SimpleQueue[_Item]) -> None:
        """Puts the reply's pieces, then its end or its failure, into `out`. Runs on the background loop."""
        received = finished = False
        try:
            async for chunk in self._open_client().astream(_messages(request), **_options(request)):
                finished = finished or bool(chunk.response_metadata.get("finish_reason"))
                if text := str(chunk.text):
                    received = True
                    out.put(text)
            _check_whole(received=received, finished=finished, settings=self._settings)
            out.put(None)
        except ModelError as error:
            out.put(error)
        except Exception as error:  # whatever the client library throws is the model's failure
            out.put(model_error(error, self._settings, received=received))

    def _open_client(self) -> ChatOpenAI:
        with self._opening:
            if self._client is None:
                self._client = self._new_client()
            return self._client

    def _new_client(self) -> ChatOpenAI:
        import httpx
        from langchain_openai import ChatOpenAI
        from pydantic import SecretStr

        settings = self._settings
        timeout = httpx.Timeout(settings.timeout_seconds, connect=_CONNECT_SECONDS)
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
        return ChatOpenAI(
            model=settings.name,
            base_url=settings.base_url,
            # Keyless local servers accept any key; the client library insists on one.
            api_key=SecretStr(settings.api_key or "none"),
            timeout=timeout,
            stream_chunk_timeout=settings.timeout_seconds,
            max_retries=_RETRIES,
            temperature=0.0,
            stream_usage=False,
            use_responses_api=False,
            # A client of its own: langchain-openai would share one between event loops, and it dies with the first.
            http_async_client=httpx.AsyncClient(timeout=timeout, limits=limits),
        )


_Item = str | ModelError | None  # a piece, the failure, or the end


class _Request(NamedTuple):
    system: str
    turns: tuple[Turn, ...]
    max_tokens: int
    schema: JsonSchema | None


class _Reply(Iterator[str]):
    """One reply in the making. The call starts with the first `next()`."""

    def __init__(self, model: OpenAICompatibleModel, request: _Request) -> None:
        self._model = model
        self._request = request
        self._pieces: queue.SimpleQueue[_Item] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._call: Future[None] | None = None
        self._ended = False

    def __next__(self) -> str:
        self._start()
        if self._ended:
            raise StopIteration
        item = self._pieces.get()
        if isinstance(item, str) and not self._ended:
            return item
        self._ended = True
        if isinstance(item, ModelError):
            raise item
        raise StopIteration

    def close(self) -> None:
        """Stops the call; a `next()` waiting in another thread ends at once."""
        with self._lock:
            self._ended = True
            if self._call is not None:
                self._call.cancel()
        self._pieces.put(None)

    def __del__(self) -> None:
        if not self._ended:
            self.close()

    def _start(self) -> None:
        with self._lock:
            if self._call is None and not self._ended:
                loop = self._model.running_loop()
                self._call = asyncio.run_coroutine_threadsafe(self._model.pieces(self._request, self._pieces), loop)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        while tasks := asyncio.all_tasks(loop):  # a cancelled call may start another task while it ends
            for task in tasks:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _messages(request: _Request) -> list[BaseMessage]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage

    messages: list[BaseMessage] = [SystemMessage(request.system)]
    messages.extend(HumanMessage(turn.text) if turn.role == "user" else AIMessage(turn.text) for turn in request.turns)
    return messages


def _options(request: _Request) -> dict[str, Any]:
    options: dict[str, Any] = {"max_tokens": request.max_tokens}
    if request.schema is not None:
        schema = {"name": "reply", "schema": dict(request.schema), "strict": True}
        options["response_format"] = {"type": "json_schema", "json_schema": schema}
    return options


def _check_whole(*, received: bool, finished: bool, settings: ModelSettings) -> None:
    if not received:
        raise ModelError(
            f"model {settings.name} gave an empty reply",
            f"{settings.base_url} ended the reply without a word",
            "See the model server's log; its context length may be too short for the passages",
        )
    if not finished:
        raise ModelError(
            f"the reply of model {settings.name} broke off",
            f"{settings.base_url} ended the stream without saying that it was finished",
            "See the model server's log, then ask again",
        )
