"""Going through all collections: one that cannot be read does not hide the others."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

from kb.errors import DamagedError, NotFoundError

_LOG = logging.getLogger("ibid.serving")


@contextmanager
def where_readable(name: str) -> Iterator[None]:
    """Ends quietly where the collection that is read inside was deleted a moment ago, or is damaged.

    What is damaged is told in the log, once, and by `ibid doctor`.

    Args:
        name: of the collection.
    """
    try:
        yield
    except NotFoundError:
        return
    except DamagedError as error:
        _warn_once(name, str(error))


@lru_cache(maxsize=1000)  # lists are asked for every few seconds
def _warn_once(name: str, why: str) -> None:
    _LOG.warning("collection %s is left out: %s", name, why)
