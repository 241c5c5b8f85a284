"""How JSON bodies are read: whatever content type they are sent with, only text that can be stored and shown, strictly.

A number in quotation marks is no number, and true is not 1: a client that writes so has made a mistake, which OpenAI
tells it, too. Only 5.0 is 5, since JSON has one kind of number.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict

from serving.http.errors import ApiError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]

_EXACT = 2**53  # up to here every whole number is a float of its own


class JsonBody(BaseModel):
    """A JSON object in a request, or a part of one: no value is taken for one of another type."""

    model_config = ConfigDict(strict=True)


class JsonRoute(APIRoute):
    """A route whose body is read by `JsonRequest`."""

    def get_route_handler(self) -> Handler:
        """The route's own handler, with the request exchanged."""
        handler = super().get_route_handler()

        async def handle(request: Request) -> Response:
            return await handler(JsonRequest(request.scope, request.receive))

        return handle


class JsonRequest(Request):
    """A request whose JSON has nothing in it that no other program could read."""

    async def json(self) -> Any:
        """The body as JSON.

        Raises:
            ApiError: it is none, or it holds halves of characters (lone surrogates).
        """
        body = await self.body()
        try:
            parsed = json.loads(body, parse_constant=_refuse, parse_float=_number)
            if b"\\ud" in body.lower():
                json.dumps(parsed, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ApiError(400, "the body holds halves of characters", code="invalid_json") from None
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise ApiError(400, f"the body is not valid JSON: {reason}", code="invalid_json") from error
        return parsed


def _number(written: str) -> float:
    """A number with a point or an exponent; a whole one as an integer, however it is written."""
    number = float(written)
    if math.isinf(number):
        raise ValueError(f"{written[:40]} is larger than any number that programs can hold")
    return int(number) if number.is_integer() and abs(number) <= _EXACT else number


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
