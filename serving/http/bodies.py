"""How JSON bodies are read: whatever content type they are sent with, and only text that can be stored and shown."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from serving.http.errors import ApiError

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


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
            parsed = json.loads(body, parse_constant=_refuse)
            if b"\\ud" in body.lower():
                json.dumps(parsed, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ApiError(400, "the body holds halves of characters", code="invalid_json") from None
        except (ValueError, RecursionError) as error:
            reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
            raise ApiError(400, f"the body is not valid JSON: {reason}", code="invalid_json") from error
        return parsed


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no number")
