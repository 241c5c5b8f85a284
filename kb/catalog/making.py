"""Makes the database of a new collection: it is there whole or not at all."""

from __future__ import annotations

import os
import time
from contextlib import closing, suppress
from pathlib import Path

from kb.catalog import writing
from kb.catalog.schema import DATABASE, connect, migrate, transaction
from kb.errors import StorageError
from kb.records import Policy


def make_database(folder: Path, *, policy: Policy = Policy.FLAG, description: str = "", version: int = 0) -> bool:
    """Makes the database of an empty collection where there is none.

    Args:
        folder: of the collection; its name is the collection's.
        policy: what happens to sentences that are not borne out.
        description: of the collection.
        version: at which it begins.

    Returns:
        Whether this call made it, and no other.

    Raises:
        StorageError: the folder cannot be written, or the disk is full.
    """
    target = folder / DATABASE
    if target.is_file():
        return False
    facts = {
        "name": folder.name,
        "created_at": writing.now(),
        "version": str(version),
        "policy": policy,
        "description": description,
    }
    unfinished = folder / f".{os.getpid()}-{time.monotonic_ns()}.{DATABASE}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with closing(connect(unfinished)) as connection:
            migrate(connection, unfinished)
            with transaction(connection, unfinished):
                connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        _put_in_place(unfinished, target)
    except FileExistsError:
        return False
    except OSError as error:
        raise StorageError(f"cannot make {folder}", (error.strerror or str(error)).lower()) from error
    finally:
        with suppress(OSError):  # where the folder could not be made, there is nothing to remove
            unfinished.unlink()
    return True


def _put_in_place(file: Path, target: Path) -> None:
    """Gives a file its name.

    Raises:
        FileExistsError: another one has it already.
    """
    try:
        target.hardlink_to(file)  # which, unlike renaming, never takes the place of another file
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if target.exists():
            raise FileExistsError(target) from None
        file.rename(target)
