"""Runs the server."""

from __future__ import annotations

import errno
import socket

from kb.errors import UsageError
from kb.settings import Settings
from serving.http.app import create_app

_CLOSING_SECONDS = 5  # answers that are still being made when the server ends get this long


def serve(settings: Settings) -> None:
    """Serves until interrupted.

    Raises:
        UsageError: the address cannot be listened on.
        SettingsError: the settings are not complete.
    """
    import uvicorn

    listener = listen(settings.serve.host, settings.serve.port)
    config = uvicorn.Config(
        create_app(settings),
        log_level="warning",  # the access log would hold ids of documents
        access_log=False,
        timeout_graceful_shutdown=_CLOSING_SECONDS,
        server_header=False,
    )
    uvicorn.Server(config).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one.

    Raises:
        UsageError: the port is taken or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sends at once (TCP_NODELAY) only on sockets that say they are TCP; otherwise each reply waits 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(256)  # connections waiting to be taken; more than answers may be made at once
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise UsageError(
            f"cannot listen on {host}:{port}",
            "the port is in use" if taken else str(error),
            "Stop what listens there or set another port: IBID_SERVE_PORT or --port" if taken else "",
        ) from error
    return listener
