"""What a failed call to a chat model means, in words for people."""

from __future__ import annotations

from kb.chat.call_errors import SilentServerError, UnreachableError
from kb.chat.retrying import retry_after
from kb.errors import ModelError
from kb.settings import ModelSettings

_REASON_CHARACTERS = 300  # servers put whole tracebacks or HTML pages into their errors


def own_error(error: BaseException) -> ModelError | None:
    """The error of our own that `error` is, or that another one has come from."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ModelError):
        cause = cause.__cause__
    return cause


def too_late(settings: ModelSettings, *, began: bool) -> ModelError:
    """The time for the first token is over, or, where the reply `began`, the time for all of it."""
    if began:
        return ModelError(
            f"the reply of model {settings.name} took too long",
            f"it was not finished within {settings.reply_seconds:g} s",
            "IBID_MODEL_REPLY_SECONDS sets how long it may take",
        )
    return ModelError(
        f"model {settings.name} at {settings.base_url} did not begin its reply",
        f"no word came within {settings.first_token_seconds:g} s",
        "It may be overloaded: see its log; IBID_MODEL_FIRST_TOKEN_SECONDS sets how long to wait",
    )


def empty_reply(settings: ModelSettings, finish: str) -> ModelError:
    """The model said that it was finished and had not said a word."""
    if finish == "length":
        return ModelError(
            f"model {settings.name} gave an empty reply",
            "it spent all its tokens without a word of an answer",
            "Turn its thinking off, or raise IBID_MODEL_MAX_TOKENS",
        )
    return ModelError(
        f"model {settings.name} gave an empty reply",
        f"{settings.base_url} ended the reply without a word",
        "See the model server's log; its context length may be too short for the passages",
    )


def model_error(error: BaseException, settings: ModelSettings, *, received: bool) -> ModelError:
    """Says what `error` means.

    Args:
        error: what the call threw.
        settings: of the model that was called.
        received: whether a part of the reply had come before.
    """
    if received:
        return ModelError(
            f"the reply of model {settings.name} broke off in the middle",
            f"nothing came for {settings.timeout_seconds:g} s" if _is_silence(error) else _reason(error),
            "See the model server's log, then ask again",
        )
    for part in (_by_status, _by_kind):
        if found := part(error, settings):
            return found
    return ModelError(
        f"model {settings.name} at {settings.base_url} gave no usable reply",
        _reason(error),
        "Is it a server that speaks OpenAI's chat API?",
    )


def _by_status(error: BaseException, settings: ModelSettings) -> ModelError | None:
    status = getattr(error, "status", None)
    where = f"model server {settings.base_url}"
    if not isinstance(status, int):
        return None
    if status in {401, 403}:
        return ModelError(f"{where} refused the key", _reason(error), "Set IBID_MODEL_API_KEY to a key it accepts")
    if status == 404:
        advice = f"`curl {settings.base_url.rstrip('/')}/models` lists its models; set IBID_MODEL_NAME to one of them"
        return ModelError(f"{where} has no model {settings.name}", _reason(error), advice)
    if status == 429:
        return ModelError(f"{where} takes no more requests now", _reason(error), _when_again(error))
    if status >= 500:
        return ModelError(f"{where} failed with status {status}", _reason(error), "See its log, then ask again")
    return ModelError(
        f"{where} refused the request with status {status}",
        _reason(error),
        "Its context length may be too short for the passages",
    )


def _by_kind(error: BaseException, settings: ModelSettings) -> ModelError | None:
    where = f"model server {settings.base_url}"
    if _is_silence(error):
        return ModelError(
            f"{where} went silent",
            f"nothing came for {settings.timeout_seconds:g} s",
            "See its log; IBID_MODEL_TIMEOUT_SECONDS sets how long to wait",
        )
    if isinstance(error, UnreachableError):
        return ModelError(
            f"{where} cannot be reached",
            _reason(error),
            "Start it, or correct IBID_MODEL_BASE_URL; without one, answers are quotes from the documents",
        )
    return None


def _is_silence(error: BaseException) -> bool:
    return isinstance(error, (SilentServerError, TimeoutError))


def _when_again(error: BaseException) -> str:
    seconds = retry_after(error)
    return "Ask again in a moment" if seconds is None else f"Ask again in {seconds:.0f} s"


def _reason(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _REASON_CHARACTERS else text[:_REASON_CHARACTERS] + "…"
