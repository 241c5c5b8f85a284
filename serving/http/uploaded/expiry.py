"""What has a time to live goes when that time is over: files, and uploads that were never completed."""

from __future__ import annotations

import threading
from contextlib import suppress

from kb.catalog.writing import now
from kb.errors import DamagedError, IbidError
from kb.home.audit import record
from kb.home.files import expired_files, sweep_uploads
from kb.home.jobs import cancel_jobs
from kb.home.uploads import expire_uploads
from serving.http.readable import where_readable
from serving.http.reading.page_pictures import forget_all_pictures
from serving.http.state import Services
from serving.http.uploaded.removing import remove_everywhere

_EVERY_SECONDS = 60.0  # nothing lives shorter than an hour


def remove_expired(services: Services) -> None:
    """Removes everything whose time is over."""
    for file in expired_files(services.home, now()):
        with suppress(DamagedError):  # it is gone from all others, and the log tells of that one
            remove_everywhere(services, file)
        record(services.home, services.access.actor, "file.expired", subjects=[file.id])
    for name in services.collections.names():
        _forget_expired(services, name)
    expire_uploads(services.home)
    sweep_uploads(services.home)


def _forget_expired(services: Services, name: str) -> None:
    """Ends what is still on its way into a collection that has expired, and removes the pictures of its pages."""
    with where_readable(name):
        catalog = services.collections.catalog(name)  # which empties it where its time is over
        with catalog.snapshot() as snapshot:
            expired = snapshot.expired_at
        if expired:
            cancel_jobs(services.home, name)
            forget_all_pictures(catalog)


def keep_removing(services: Services, stopped: threading.Event) -> None:
    """Does so again and again, until it is stopped."""
    while not stopped.is_set():
        with suppress(IbidError, OSError):  # a full disk or a busy database: the next round does it
            remove_expired(services)
        stopped.wait(_EVERY_SECONDS)
