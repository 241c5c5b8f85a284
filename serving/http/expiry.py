"""What has a time to live goes when that time is over: files, and uploads that were never completed."""

from __future__ import annotations

import threading
from contextlib import suppress

from kb.catalog.writing import now
from kb.errors import IbidError
from kb.home.audit import record
from kb.home.files import expired_files, sweep_uploads
from kb.home.uploads import expire_uploads
from serving.http.removing import remove_everywhere
from serving.http.state import Services

_EVERY_SECONDS = 60.0  # nothing lives shorter than an hour


def remove_expired(services: Services) -> None:
    """Removes everything whose time is over."""
    for file in expired_files(services.home, now()):
        remove_everywhere(services, file)
        record(services.home, services.access.actor, "file.expired", subjects=[file.id])
    expire_uploads(services.home)
    sweep_uploads(services.home)


def keep_removing(services: Services, stopped: threading.Event) -> None:
    """Does so again and again, until it is stopped."""
    while not stopped.is_set():
        with suppress(IbidError, OSError):  # a full disk or a busy database: the next round does it
            remove_expired(services)
        stopped.wait(_EVERY_SECONDS)
