"""Serves the app in the place of `streamlit run`, which makes everybody wait in four ways.

Its replies wait 40 ms each, in both directions of every click (see `listen`). A first visit asks for some hundred
small scripts, half of them only once the other half has run: here they are kept in memory, and the page names at once
all that it will need. And the first run of the page loads what all later ones share: here that is loaded before anybody
comes, and kept out of what Python's garbage collector looks through, for which all threads stand still.
"""

from __future__ import annotations

import asyncio
import gc
import json
import re
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

import streamlit
import uvicorn
from starlette.middleware import Middleware
from streamlit import config
from streamlit.starlette import App
from streamlit.web import bootstrap

_Message = MutableMapping[str, Any]
_Send = Callable[[_Message], Awaitable[None]]
_Receive = Callable[[], Awaitable[_Message]]
_Served = Callable[[_Message, _Receive, _Send], Awaitable[None]]

_STATIC = Path(streamlit.__file__).parent / "static"

# The parts of Streamlit that stand on the first page; it loads each when it first draws one. Should a later Streamlit
# name one otherwise, it is loaded then, as before.
SHELL = ("BidiComponent", "Button", "ButtonGroup", "ChatInput", "Checkbox", "Html", "Selectbox")

# How Streamlit's built scripts name each other.
_IMPORTED = re.compile(r"""(?:from|import)\s*["'`]\./([\w.-]+\.js)["'`]""")

# A page of ours has one word as its path; anything else is Streamlit's business.
_PAGE = re.compile(r"/[a-z-]*")

_TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".woff2": "font/woff2"}
_KEPT_BY_BROWSERS = "public, immutable, max-age=31536000"  # names change with what is in them, as Streamlit says itself

# What the first run would load: the pages, and what Streamlit itself loads when it first draws a choice.
_NEEDED = (
    "ui.browser.answers.ask_page",
    "ui.browser.care.care_page",
    "ui.browser.check.check_page",
    "ui.browser.find.find_page",
    "ui.browser.library.document_page",
    "ui.browser.library.library_page",
    "pandas",
)

# Visitors who are still there when the app ends: their browsers say that it is gone, whether it waits for them or not.
_END_SECONDS = 1


def serve(flags: Sequence[str]) -> None:
    """Serves until ended.

    Args:
        flags: Streamlit's options as `streamlit run` takes them, among them `--server.address` and `--server.port`.
    """
    given = (flag.removeprefix("--").partition("=") for flag in flags)
    bootstrap.load_config_options({name: _typed(value) for name, _, value in given})
    app = App(Path(__file__).with_name("app.py"), middleware=[Middleware(KeptFiles)], lifespan=_loaded)
    server = uvicorn.Server(
        uvicorn.Config(
            app,
            ws="websockets-sansio",  # this and the two below as Streamlit sets them
            ws_max_size=int(config.get_option("server.maxMessageSize")) * 1_000_000,
            ws_per_message_deflate=False,
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=_END_SECONDS,
        )
    )
    with listen(config.get_option("server.address"), config.get_option("server.port")) as listener:
        server.run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens on an address; port 0 takes a free one.

    asyncio sends at once (TCP_NODELAY) only on sockets that say they are TCP, which Streamlit's own do not: then each
    small message waits until the one before is acknowledged, which the other side puts off for 40 ms.

    Raises:
        OSError: the port is taken or the address is not this machine's.
    """
    family, kind, protocol, _, address = socket.getaddrinfo(
        host or None, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
    )[0]
    listener = socket.socket(family, kind, protocol)
    if sys.platform != "win32":  # there it would hide that the port is in use
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(256)  # connections waiting to be taken: a browser opens six at once
    return listener


def _typed(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return value  # an address, a font, a colour


class KeptFiles:
    """Answers for Streamlit's own files and for the page around them, from memory; hands on everything else."""

    def __init__(self, served: _Served, static: Path = _STATIC) -> None:
        self._served = served
        # Only what lies there now is ever given: no path of a request is looked for on the disk.
        self._files = {f"/static/{path.parent.name}/{path.name}": path for path in static.glob("static/*/*")}
        self._kept: dict[str, bytes] = {}
        self._page = first_page(static)

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        """Answers a request, or hands it on."""
        path = scope["path"] if scope["type"] == "http" and scope["method"] == "GET" else ""
        if path in self._files:
            content = self._kept.get(path) or self._kept.setdefault(path, self._files[path].read_bytes())
            await _answer(send, content, _TYPES.get(Path(path).suffix, "application/octet-stream"), _KEPT_BY_BROWSERS)
        elif _PAGE.fullmatch(path):
            await _answer(send, self._page, "text/html; charset=utf-8", "no-cache")
        else:
            await self._served(scope, receive, send)


def first_page(static: Path) -> bytes:
    """Streamlit's page, with the scripts and the icons that the first page needs named in its head."""
    page = (static / "index.html").read_text(encoding="utf-8")
    links = [
        f'<link rel="modulepreload" crossorigin href="./static/js/{name}">'
        for name in scripts_of(SHELL, static / "static" / "js")
        if name not in page
    ]
    links += [
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="./static/media/{font.name}">'
        for font in (static / "static" / "media").glob("MaterialSymbols-Rounded.*.woff2")
    ]
    return page.replace("</head>", "\n".join([*links, "</head>"]), 1).encode()


def scripts_of(parts: tuple[str, ...], folder: Path) -> list[str]:
    """The file names of some parts of Streamlit, and of all that they import."""
    found = dict.fromkeys(path.name for part in parts for path in sorted(folder.glob(f"{part}.*.js")))
    waiting = list(found)
    while waiting:
        text = (folder / waiting.pop()).read_text(encoding="utf-8")
        new = [name for name in _IMPORTED.findall(text) if name not in found and (folder / name).is_file()]
        found |= dict.fromkeys(new)
        waiting += new
    return list(found)


@asynccontextmanager
async def _loaded(_app: App) -> AsyncIterator[dict[str, Any]]:
    """Loads what the first run needs before the first visitor can come."""
    for name in _NEEDED:
        await asyncio.to_thread(import_module, name)
    gc.collect()
    gc.freeze()
    yield {}


async def _answer(send: _Send, content: bytes, kind: str, kept: str) -> None:
    headers = {"content-type": kind, "content-length": str(len(content)), "cache-control": kept}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": 200, "headers": encoded})
    await send({"type": "http.response.body", "body": content})


if __name__ == "__main__":
    serve(sys.argv[1:])
