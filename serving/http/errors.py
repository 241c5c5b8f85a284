"""Every error in OpenAI's shape: {"error": {"message", "type", "param", "code"}}. Never a traceback."""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from kb.errors import (
    BusyError,
    ChangedMeanwhileError,
    DamagedError,
    EmbeddingSpaceError,
    FileLimitError,
    IbidError,
    InputError,
    ModelError,
    ModelNotReadyError,
    NotFoundError,
    StorageError,
    UsageError,
)
from serving.http.not_offered import no_such_path, wrong_method

_STATUS: tuple[tuple[type[IbidError], int, str], ...] = (
    (NotFoundError, 404, "not_found"),
    (FileLimitError, 413, "too_large"),
    (ChangedMeanwhileError, 409, "changed_meanwhile"),
    (UsageError, 400, "invalid_request"),
    (InputError, 400, "invalid_file"),
    (BusyError, 503, "busy"),
    (DamagedError, 500, "damaged"),
    (StorageError, 507, "storage"),
    (EmbeddingSpaceError, 409, "embedding_space"),
    (ModelNotReadyError, 503, "model_not_ready"),
    (ModelError, 502, "model_error"),
)
# OpenAI's clients try again after 409 and 5xx. Where trying again changes nothing, they are told so.
_FINAL = frozenset({409, 507})
_CODES = {400: "invalid_request", 404: "not_found", 405: "method_not_allowed", 413: "too_large", 429: "rate_limited"}
_STEP = re.compile(r"\.|(?=\[)")  # between the names of a parameter's place, as in `messages[0].role`
_WANTED = "Input should be "  # how the framework begins to say what it wanted
# The framework's names of problems that are a value's type, beside those that end in _type.
_OTHER_TYPES = frozenset({"int_from_float"})
_RETRY_SECONDS = "1"  # a place is free again when one answer is done: seconds


class ApiError(HTTPException):
    """An error with all that OpenAI's shape can say.

    It is an HTTPException so that the framework lets it through where it catches everything else (reading a body).
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status, message, headers)
        self.code = code or _CODES.get(status)
        self.param = param


def unsupported(param: str, message: str) -> ApiError:
    """An option of OpenAI's API that ibid does not have."""
    return ApiError(400, message, code="unsupported_parameter", param=param)


def error_body(error: BaseException) -> tuple[int, dict[str, Any]]:
    """The status and the JSON of any exception."""
    if isinstance(error, ApiError):
        return error.status_code, _body(error.status_code, error.detail, error.code, error.param)
    if isinstance(error, HTTPException):
        return error.status_code, _body(error.status_code, str(error.detail), _CODES.get(error.status_code))
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return 507, _body(507, "the disk is full; free some space", "storage")
    for kind, status, code in _STATUS:
        if isinstance(error, kind):
            return status, _body(status, str(error), code)
    return 500, _body(500, "the server failed; its log says where", "internal_error")


def error_response(error: BaseException) -> JSONResponse:
    """The response that tells of `error`."""
    status, body = error_body(error)
    headers: dict[str, str] = {}
    if status in _FINAL or isinstance(error, DamagedError):
        headers["x-should-retry"] = "false"
    if status in {429, 503}:
        headers["Retry-After"] = _RETRY_SECONDS
    if isinstance(error, ApiError):
        headers |= error.headers or {}
    return JSONResponse(body, status, headers)


def install_error_handlers(app: FastAPI) -> None:
    """Makes `app` answer every failure in OpenAI's shape."""

    async def answer(_: Request, error: Exception) -> JSONResponse:
        return error_response(error)

    async def answer_routing(request: Request, error: Exception) -> JSONResponse:
        return error_response(error if isinstance(error, ApiError) else _from_routing(request, error))

    async def answer_invalid(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        return error_response(_from_validation(error.errors(), error.body))

    app.add_exception_handler(HTTPException, answer_routing)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(IbidError, answer)
    app.add_exception_handler(Exception, answer)


def _from_routing(request: Request, error: Exception) -> Exception:
    """The error of a path or a method that is none, in words that help; any other error as it is."""
    method, path = request.method, request.url.path
    status = error.status_code if isinstance(error, HTTPException) else 0
    if status == 404:
        return ApiError(404, no_such_path(method, path))
    if status == 405:
        allowed = ", ".join(_methods_of(request.app, path))
        return ApiError(405, wrong_method(method, path, allowed), headers={"Allow": allowed})
    return error


def _methods_of(app: FastAPI, path: str) -> list[str]:
    """What a path takes. The framework itself names the methods of one route, where a path may have several."""
    return sorted(
        {
            method
            for route in iter_route_contexts(app.routes)
            if route.path is not None and compile_path(route.path)[0].match(path)
            for method in route.methods or ()
        }
    )


def _from_validation(problems: Sequence[Mapping[str, Any]], body: object) -> ApiError:
    """The first parameter that is wrong says enough; OpenAI names one, too.

    Where a value may be of several kinds, there is a problem for each; the one that came furthest into it is meant.
    """
    named = [(_name_of(problem, body), problem) for problem in problems]
    first = _STEP.split(named[0][0])[0]
    same = [(name, problem) for name, problem in named if _STEP.split(name)[0] == first]
    name, problem = max(same, key=lambda one: len(_STEP.split(one[0])))
    kind = problem["type"]
    if kind == "extra_forbidden":
        return unknown_parameter(name)
    if kind == "missing":
        return missing_parameter(name)
    wanted = dict.fromkeys(problem["msg"].removeprefix(_WANTED) for other, problem in same if other == name)
    message = problem["msg"] if len(wanted) == 1 else _WANTED + " or ".join(wanted)
    code = "invalid_type" if kind in _OTHER_TYPES or kind.endswith("_type") else "invalid_value"
    return ApiError(400, f"{name or 'the body'}: {message}", code=code, param=name or None)


def unknown_parameter(name: str) -> ApiError:
    """The refusal of a parameter that there is none of, in the words that OpenAI has for it."""
    return ApiError(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)


def missing_parameter(name: str) -> ApiError:
    """The refusal of a request without a parameter, "" for its body, in the words that OpenAI has for it."""
    message = f"Missing required parameter: '{name}'." if name else "The request has no body."
    return ApiError(400, message, code="missing_required_parameter", param=name or None)


def _name_of(problem: Mapping[str, Any], body: object) -> str:
    """The parameter that is to blame, as `messages[0].role`, "" for the body; without the kinds that were tried."""
    where, *rest = problem["loc"]  # it begins with body, query or path
    if where != "body":
        return ".".join(map(str, rest))
    name = ""
    for part in rest:
        if isinstance(body, Mapping) and part in body:
            body = body[part]
        elif isinstance(body, Sequence) and isinstance(part, int):
            body = body[part] if part < len(body) else None
        elif problem["type"] != "missing" or part is not rest[-1]:
            continue
        name += f"[{part}]" if isinstance(part, int) else f".{part}"
    return name.removeprefix(".")


def _body(status: int, message: str, code: str | None, param: str | None = None) -> dict[str, Any]:
    kind = "server_error" if status >= 500 else "rate_limit_error" if status == 429 else "invalid_request_error"
    return {"error": {"message": message, "type": kind, "param": param, "code": code}}
