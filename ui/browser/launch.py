"""Starts the browser app: Streamlit in a process of its own, with its settings given, none left to a file."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from types import FrameType

from kb.errors import MissingPartError, UsageError
from kb.settings import Settings

# Fonts that every system has, with Chinese ones named: left to itself a browser may pick Japanese letter forms.
_FONTS = "'Source Sans', 'Segoe UI', 'PingFang SC', 'Microsoft YaHei', 'Noto Sans CJK SC', 'Noto Sans SC', sans-serif"

# Paper and ink by day, soft contrast by night; one quiet blue. Every text colour has a contrast of 4.5 or more.
_THEME = {
    "theme.font": _FONTS,
    "theme.headingFont": _FONTS,
    "theme.baseRadius": "0.6rem",
    "theme.light.primaryColor": "#2f5f92",
    "theme.light.linkColor": "#2f5f92",
    "theme.light.backgroundColor": "#ffffff",
    "theme.light.secondaryBackgroundColor": "#f4f3ef",
    "theme.light.textColor": "#23272e",
    "theme.light.greenTextColor": "#2f7048",
    "theme.light.orangeTextColor": "#8f5a00",
    "theme.light.redTextColor": "#a83a32",
    "theme.light.sidebar.backgroundColor": "#f8f7f4",
    "theme.light.sidebar.secondaryBackgroundColor": "#eeece6",
    "theme.dark.primaryColor": "#3f78b5",
    "theme.dark.linkColor": "#8db7e3",
    "theme.dark.backgroundColor": "#17191d",
    "theme.dark.secondaryBackgroundColor": "#23262c",
    "theme.dark.textColor": "#e3e6ea",
    "theme.dark.greenTextColor": "#86c79c",
    "theme.dark.orangeTextColor": "#e0b062",
    "theme.dark.redTextColor": "#ee928a",
    "theme.dark.sidebar.backgroundColor": "#1c1f24",
    "theme.dark.sidebar.secondaryBackgroundColor": "#292d34",
}

_LAST_PORT = 65_535
_STOP_SECONDS = 5  # Streamlit ends within one; after this it is hung


def run_app(settings: Settings) -> int:
    """Runs the app until it ends or is interrupted; returns its exit status, 0 when interrupted.

    Raises:
        MissingPartError: Streamlit is not installed.
        UsageError: the port is in use or cannot be listened on.
    """
    if find_spec("streamlit") is None:
        raise MissingPartError(
            "the browser app cannot start", "Streamlit is not installed", "Run: pip install 'ibid[ui]'"
        )
    check_port(settings.serve.host, settings.serve.app_port)
    process = subprocess.Popen(app_command(settings), env=app_environment(settings, os.environ))  # noqa: S603 - our own
    with _interrupted_by_termination():
        try:
            return process.wait()
        except KeyboardInterrupt:
            return 0
        finally:
            _end(process)


def app_command(settings: Settings) -> list[str]:
    """The command line that serves the app."""
    options = {
        "server.port": str(settings.serve.app_port),
        "server.address": settings.serve.host,
        "server.fileWatcherType": "none",
        "runner.postScriptGC": "false",  # Python looks for garbage as it is due: after each click it stops everybody
        "server.maxUploadSize": str(max(settings.limits.max_file_mb, settings.limits.max_import_mb)),
        "browser.gatherUsageStats": "false",
        "client.toolbarMode": "minimal",
        "client.showErrorDetails": "none",  # a fault of ours shows a sentence, never a stack trace
        "logger.level": "warning",
        **_THEME,
    }
    flags = [f"--{name}={value}" for name, value in options.items()]
    return [sys.executable, "-m", "ui.browser.hosting", *flags]


def app_environment(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the app: this process's own, where the API listens, its key, and how large files may be."""
    key = {"IBID_API_KEY": settings.app.key} if settings.app.key else {}
    limits = {
        "IBID_LIMITS_MAX_FILE_MB": str(settings.limits.max_file_mb),
        "IBID_LIMITS_MAX_IMPORT_MB": str(settings.limits.max_import_mb),
    }
    return {**key, **environment, **limits, "IBID_API_URL": api_url(settings)}


def api_url(settings: Settings) -> str:
    """Where the app reaches the API: the server that the settings name, or the one that they would start."""
    if settings.app.server:
        return settings.app.server.rstrip("/")
    # A server that listens on every address is reached on this machine's own.
    host = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(settings.serve.host, settings.serve.host)  # noqa: S104 - compared, not bound
    return f"http://[{host}]:{settings.serve.port}" if ":" in host else f"http://{host}:{settings.serve.port}"


def check_port(host: str, port: int) -> None:
    """Makes sure that the app can listen there.

    Raises:
        UsageError: it cannot; the message says why.
    """
    advice = "Stop the other program or choose another port: IBID_SERVE_APP_PORT"
    if not 0 <= port <= _LAST_PORT:  # some systems would take what is left of a larger number after a division
        raise UsageError(f"the app cannot listen on {host}:{port}", f"ports end at {_LAST_PORT}", advice)
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            if os.name == "posix":  # as Streamlit's own server does; elsewhere it would hide that the port is in use
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UsageError(f"the app cannot listen on {host}:{port}", why, advice) from error


@contextmanager
def _interrupted_by_termination() -> Iterator[None]:
    """Lets a termination of this process end Streamlit too, as Ctrl-C does."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread: whoever runs the thread ends the process
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
