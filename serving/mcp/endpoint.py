"""/mcp: the tools over streamable HTTP, each request on its own, so that any of several processes may answer it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from serving.http.border.access import NOBODY, Access
from serving.http.errors import ApiError, error_response
from serving.http.state import Services

if TYPE_CHECKING:
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

MCP_PATH = "/mcp"


class McpEndpoint:
    """An ASGI app for the path /mcp. Hosts, origins and keys were checked before, as for all other requests."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._sessions: StreamableHTTPSessionManager | None = None  # while it runs, and the extra is installed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if self._sessions is None:
            refusal = ApiError(404, "MCP is not installed here; add it with: pip install 'ibid[mcp]'")
            await error_response(refusal)(scope, receive, send)
            return
        await self._sessions.handle_request(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answers with the tools while the block runs."""
        try:
            from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
        except ModuleNotFoundError:
            yield
            return
        from serving.mcp.server import mcp_server

        sessions = StreamableHTTPSessionManager(mcp_server(self._services, _access_of), stateless=True)
        async with sessions.run():
            self._sessions = sessions
            yield
            self._sessions = None


def _access_of(request: Request | None) -> Access:
    return request.state.access if request is not None else NOBODY  # the guard's
