"""A server that runs an embedder or a reranker for us: JSON over HTTP, its failures said in words for people."""

from __future__ import annotations

import threading
import weakref
from typing import TYPE_CHECKING, Any

from kb.errors import ModelError, SettingsError
from kb.turns import standing_aside

if TYPE_CHECKING:
    import httpx

_CONNECT_SECONDS = 3.0  # a server that takes no connection for this long is down, however slowly it may answer
_TRIES = 2  # once more where the server was shedding load, or had closed a connection that was kept
_AGAIN = {429, 502, 503}
_REASON_CHARACTERS = 300  # servers put whole tracebacks or HTML pages into their errors


class RefusedError(ModelError):
    """The server answered with an error of its own. `status` is that of HTTP."""

    def __init__(self, what: str, why: str = "", advice: str = "", status: int = 0) -> None:
        super().__init__(what, why, advice)
        self.status = status


class ModelServer:
    """Connections to one server. May be used by many threads at once; nothing is connected before the first call.

    Args:
        section: of the settings that name the server, for the errors: embedder, reranker.
        base_url: to which paths are appended.
        api_key: sent as a bearer key where it is not empty.
        timeout_seconds: how long the server may be silent.

    Raises:
        SettingsError: the base URL is not one.
    """

    def __init__(self, section: str, base_url: str, api_key: str, timeout_seconds: float) -> None:
        if not base_url.startswith(("http://", "https://")):
            raise SettingsError(f"setting {section}.base_url is {base_url!r}", "it must begin with http:// or https://")
        self._section = section
        self._base_url = base_url.rstrip("/")
        self._key = api_key
        self._seconds = timeout_seconds
        self._opening = threading.Lock()
        self._client: httpx.Client | None = None

    def post(self, path: str, body: dict[str, Any]) -> Any:
        """What the server answers to `body`, decoded.

        Raises:
            RefusedError: it answered with an error.
            ModelError: it cannot be reached, is silent, or its answer is no JSON.
        """
        import httpx

        where = f"the {self._section}'s server {self._base_url}{path}"
        try:
            answer = self._send(path, body)
        except httpx.TimeoutException as error:
            if isinstance(error, httpx.ConnectTimeout):
                raise self._unreachable(error) from error
            advice = f"See its log; {self._section}.timeout_seconds sets how long to wait"
            raise ModelError(f"{where} went silent", f"nothing came for {self._seconds:g} s", advice) from error
        except (httpx.TransportError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from error
        if not answer.is_success:
            raise self._refused(where, answer)
        try:
            return answer.json()
        except ValueError as error:
            raise ModelError(f"{where} answered with something else than JSON", _short(answer.text)) from error

    def _send(self, path: str, body: dict[str, Any]) -> httpx.Response:
        import httpx

        for last in (*[False] * (_TRIES - 1), True):
            try:
                with standing_aside():
                    answer = self._open().post(self._base_url + path, json=body)
            except httpx.RemoteProtocolError:
                if last:
                    raise
                continue
            if last or answer.status_code not in _AGAIN:
                return answer
        raise AssertionError("unreachable")

    def _open(self) -> httpx.Client:
        import httpx

        with self._opening:
            if self._client is None:
                headers = {"Authorization": f"Bearer {self._key}"} if self._key else {}
                timeout = httpx.Timeout(self._seconds, connect=min(_CONNECT_SECONDS, self._seconds))
                self._client = httpx.Client(headers=headers, timeout=timeout)
                weakref.finalize(self, self._client.close)  # kept connections end with us
            return self._client

    def _unreachable(self, error: Exception) -> ModelError:
        return ModelError(
            f"the {self._section}'s server {self._base_url} cannot be reached",
            _short(str(error)) or type(error).__name__,
            f"Start it, or correct {self._section}.base_url",
        )

    def _refused(self, where: str, answer: httpx.Response) -> RefusedError:
        advice = {
            401: f"Set {self._section}.api_key to a key it accepts",
            403: f"Set {self._section}.api_key to a key it accepts",
            404: f"Correct {self._section}.base_url or {self._section}.model",
        }.get(answer.status_code, "See its log")
        what = f"{where} refused with status {answer.status_code}"
        return RefusedError(what, _short(answer.text), advice, answer.status_code)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _REASON_CHARACTERS else text[:_REASON_CHARACTERS] + "…"
