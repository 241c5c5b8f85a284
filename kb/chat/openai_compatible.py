"""Chat models behind any server that speaks OpenAI's chat API (vLLM, llama.cpp, OpenAI).

Calls run on one event loop of their own in a background thread, because only an asynchronous call can be stopped from
outside at any moment: while connecting, while waiting for the first token, and between two tokens.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Callable, Iterator, Sequence

from kb.chat.background import Background
from kb.chat.chunks import read_chunk
from kb.chat.failures import empty_reply, model_error, own_error, too_late
from kb.chat.optioned_model import OptionedModel
from kb.chat.received import Received, readable
from kb.chat.reply import Item, Reply
from kb.chat.request import Request, body_of, simpler_request
from kb.chat.retrying import RETRY_WAITS, may_refuse_option, seconds_before_retry
from kb.chat.sampling import Sampling
from kb.chat.tools import CallsInTheMaking, Toolbox
from kb.errors import SettingsError
from kb.ports import ChatModel, JsonSchema
from kb.records import Turn
from kb.settings import ModelSettings


def open_chat_model(settings: ModelSettings, check: Callable[[], None] | None = None) -> ChatModel | None:
    """The chat model that the settings name; None without a base URL, which means extractive answers.

    Nothing is imported or connected before the first question.

    Args:
        settings: which server and model.
        check: called before every question to the model; raises a ModelError while the server cannot be asked.

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
    return OpenAICompatibleModel(settings, check=check)


class OpenAICompatibleModel:
    """A chat model on a server. May be used by many threads at once.

    Args:
        settings: where it is, and how long it may take.
        retry_waits: seconds before each further try while nothing was received.
        check: called before every question; raises a ModelError while the server cannot be asked.
    """

    def __init__(
        self,
        settings: ModelSettings,
        retry_waits: Sequence[float] = RETRY_WAITS,
        check: Callable[[], None] | None = None,
    ) -> None:
        self._settings = settings
        self._check = check
        self._retry_waits = tuple(retry_waits)
        self._takes_schemas = True  # until it refuses a call with one and takes the same call without
        self._tells_tokens = True  # until, in the same way, it turns out not to know the question
        self._lock = threading.Lock()
        self._background: Background | None = None

    @property
    def name(self) -> str:
        """The model's name as the server knows it."""
        return self._settings.name

    def stream(
        self, system: str, turns: Sequence[Turn], *, max_tokens: int | None = None, schema: JsonSchema | None = None
    ) -> Iterator[str]:
        """Pieces of the reply as they come. `close()` of the iterator stops the call and may come from any thread.

        Raises (while iterating; what `check` says, at once):
            ReplyCutError: it repeats itself, or is longer than it may be; what came before is good.
            ModelError: the server cannot be reached, refuses, breaks off, goes silent, takes too long, or says nothing.
        """
        return self.reply(Request(system, tuple(turns), max_tokens or self._settings.max_tokens, schema))

    def asked_with(self, sampling: Sampling | None, toolbox: Toolbox | None) -> ChatModel:
        """The same model, asked so. Its replies tell their tokens, where the server does, and their calls."""
        return OptionedModel(self, sampling, toolbox, self._settings.max_tokens)

    def reply(self, request: Request) -> Reply:
        """The reply to a request, which is made when the first piece of it is asked for.

        Raises:
            ModelError: what `check` says.
        """
        if self._check is not None:
            self._check()
        return Reply(self, request)

    def prepare(self) -> None:
        """Loads the HTTP library, so that the first question need not wait for it."""
        self._running().connections()

    def close(self) -> None:
        """Ends the background thread and its calls. A model that nobody holds any more ends so, too."""
        with self._lock:
            background, self._background = self._background, None
        if background is not None:
            background.end()

    def running_loop(self) -> asyncio.AbstractEventLoop:
        """The loop of the background thread, started when first needed."""
        return self._running().loop

    def _running(self) -> Background:
        with self._lock:
            if self._background is None:
                self._background = Background(self._settings)
                weakref.finalize(self, self._background.end)  # also when the program ends
            return self._background

    async def pieces(self, request: Request, out: Callable[[Item], None]) -> None:
        """Hands the reply's pieces, then its end or its failure, to `out`. Runs on the background loop."""
        received = Received(request.max_tokens)
        try:
            self._running().connections()  # before the clock runs: the first time, a library is loaded
            await self._in_time(request, received, out)
            out(None)
        except Exception as error:  # whatever is thrown is the model's failure
            out(own_error(error) or model_error(error, self._settings, received=received.anything))

    async def _in_time(self, request: Request, received: Received, out: Callable[[Item], None]) -> None:
        settings = self._settings
        whole, first = asyncio.timeout(settings.reply_seconds), asyncio.timeout(settings.first_token_seconds)
        try:
            async with whole, first:
                await self._with_retries(request, received, first, out)
        except TimeoutError as error:
            if first.expired() or whole.expired():
                raise too_late(settings, began=not first.expired()) from error
            raise

    async def _with_retries(
        self, request: Request, received: Received, first: asyncio.Timeout, out: Callable[[Item], None]
    ) -> None:
        """One reply, asked for again after failures that pass, as long as nothing of it was received."""
        if not self._takes_schemas:
            request = request._replace(schema=None)
        if not self._tells_tokens:
            request = request._replace(tells_tokens=False)
        asked = request
        waits = iter(self._retry_waits)
        latest = asyncio.get_running_loop().time() + self._settings.first_token_seconds
        while True:
            try:
                await self._once(request, received, first, out)
            except Exception as error:
                if received.anything or own_error(error) is not None:
                    raise
                if may_refuse_option(error) and (simpler := simpler_request(request)) is not None:
                    request = simpler
                    continue
                wait = seconds_before_retry(error, next(waits, None))
                if wait is None or asyncio.get_running_loop().time() + wait >= latest:
                    raise
                await asyncio.sleep(wait)
            else:
                self._takes_schemas = self._takes_schemas and request.schema is asked.schema
                self._tells_tokens = self._tells_tokens and request.tells_tokens is asked.tells_tokens
                return

    async def _once(
        self, request: Request, received: Received, first: asyncio.Timeout, out: Callable[[Item], None]
    ) -> None:
        finish, calls = "", CallsInTheMaking()
        task = asyncio.current_task()
        async with self._running().connections().reply(body_of(request, self._settings)) as events:
            async for data in events:
                if task is not None and task.cancelling():
                    raise asyncio.CancelledError  # whatever on the way may have taken it for its own
                first.reschedule(None)
                chunk = read_chunk(data)
                finish = finish or chunk.finish
                if chunk.tokens is not None:
                    out(chunk.tokens)
                if chunk.calls and request.toolbox is not None:
                    received.read_call(calls.read(chunk.calls))
                if text := readable(chunk.text):
                    out(text[: received.room])  # a server may say everything at once
                    received.read(text)
        received.check_end(finish)
        if not received.anything:
            raise empty_reply(self._settings, finish)
        if made := calls.calls():
            out(list(made))
