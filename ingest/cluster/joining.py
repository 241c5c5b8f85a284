"""Joining a Ray cluster, or starting one on this machine, without opening anything to the world."""

from __future__ import annotations

import importlib
import ipaddress
import os
import secrets
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from typing import Any

from kb.errors import MissingPartError, UsageError

LOCAL = "local"  # starts a cluster of this machine alone, for the length of one command
_FOUND_HERE = "auto"  # Ray's own word: the cluster that this machine is already a node of
_CONNECT_SECONDS = 5.0  # Ray itself waits two minutes for an address where nothing listens, and then ends the process
# Ray's name for it is about other systems, but on every system it decides whether a cluster of one machine listens on
# the loopback interface only. Read when Ray is imported.
_BEYOND_LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"


def ray_library() -> Any:
    """The module `ray`, without its types: it is an extra.

    Raises:
        MissingPartError: it is not installed.
    """
    try:
        return importlib.import_module("ray")
    except ImportError as error:
        raise MissingPartError("Ray is not installed", str(error), "pip install 'ibid[scale]'") from error


@contextmanager
def joined_cluster(address: str) -> Iterator[Any]:
    """Yields the module `ray`, connected to the cluster at `address` until the block ends.

    Args:
        address: host:port of a cluster that this machine is a node of, "auto" to find it, or "local" to start one.

    Raises:
        MissingPartError: Ray is not installed.
        UsageError: nothing that can be joined is there, or the address is open to the world.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # no telemetry
    if address == LOCAL:
        _keep_to_this_machine()
    elif address != _FOUND_HERE:
        _check_address(address)
    ray = ray_library()
    with redirect_stdout(sys.stderr):  # Ray prints what it has to say of lost nodes to standard output, where data goes
        try:
            started = {"include_dashboard": False} if address == LOCAL else {}
            ray.init(address=address, logging_level="ERROR", log_to_driver=False, **started)
        except SystemExit as error:  # what Ray does where something answers that is no cluster
            raise _cannot_join(address, "nothing there answers as a cluster does") from error
        except Exception as error:  # ConnectionError, RuntimeError, ValueError and kinds of its own
            raise _cannot_join(address, str(error).strip().partition("\n")[0]) from error
        try:
            yield ray
        finally:
            ray.shutdown()


def _keep_to_this_machine() -> None:
    os.environ.setdefault(_BEYOND_LOOPBACK, "0")
    # Whoever reaches a cluster's ports may run programs on it; on a machine with other users a token keeps them out.
    # One of our own, for this run: Ray would write its own into the user's home.
    if os.environ.setdefault("RAY_AUTH_MODE", "token") == "token" and "RAY_AUTH_TOKEN_PATH" not in os.environ:
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))


def _check_address(address: str) -> None:
    """Refuses what Ray would wait for in vain, and what the whole internet could reach."""
    host, _, port = address.rpartition(":")
    if "://" in address or not host or not port.isdigit():
        raise UsageError(
            f"{address!r} is no address of a Ray cluster",
            advice="Give host:port (Ray's own port, 6379 by default), auto, or local to start one here",
        )
    try:
        found = socket.gethostbyname(host)
        if ipaddress.ip_address(found).is_global:
            raise UsageError(
                f"the Ray cluster at {address} is not joined",
                f"{found} is a public address, and whoever reaches a cluster's ports can run programs on it",
                "Start the cluster with --node-ip-address in a private network",
            )
        socket.create_connection((found, int(port)), timeout=_CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise _cannot_join(address, str(error)) from error


def _cannot_join(address: str, why: str) -> UsageError:
    return UsageError(
        f"cannot join the Ray cluster {address}",
        why,
        "This machine must be a node of it (`ray start --head`, or `ray start --address`) and know its token, if it has"
        " one (RAY_AUTH_MODE, RAY_AUTH_TOKEN); local needs no cluster",
    )
