"""`ibid mcp`: the tools over stdin and stdout, for an assistant that starts ibid itself."""

from __future__ import annotations

import asyncio
import threading

from kb.errors import MissingPartError
from kb.settings import Settings
from serving.http.border.access import EVERYBODY
from serving.http.opening import close_services, open_services, warm_up


def serve_stdio(settings: Settings) -> None:
    """Serves until stdin ends. Whoever started this process may see every collection.

    Raises:
        SettingsError: the settings are not complete.
        StorageError: the home folder cannot be written.
        MissingPartError: the extra `mcp` is not installed.
    """
    try:
        from mcp.server.stdio import stdio_server
    except ModuleNotFoundError as error:
        raise MissingPartError("MCP is not installed", str(error), "Run pip install 'ibid[mcp]'") from error
    from serving.mcp.server import mcp_server

    services = open_services(settings)
    threading.Thread(target=warm_up, args=(services,), name="ibid-warm-up", daemon=True).start()
    server = mcp_server(services, access_of=lambda _request: EVERYBODY)

    async def run() -> None:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    try:
        asyncio.run(run())
    finally:
        close_services(services)
