"""The collections under one home folder."""

from __future__ import annotations

import os
import re
import shutil
import time
from pathlib import Path

from kb.catalog.catalog import Catalog
from kb.catalog.making import make_database
from kb.errors import IbidError, NotFoundError, UsageError
from kb.records import Collection, Policy

# A name is also a folder, a model id and part of a URL. Letters of any script may stand in it.
_NAME = re.compile(r"[\w][\w.-]{0,63}")


def collection_folder(home: Path, name: str) -> Path:
    """Where the collection `name` stands or would stand.

    Raises:
        UsageError: the name cannot be a folder and part of a URL.
    """
    if not _NAME.fullmatch(name) or name.endswith((".", ".lock", ".part")):
        raise UsageError(
            f"{name!r} cannot name a collection",
            "a name has at most 64 letters, digits, '.', '_' and '-' and begins with a letter or digit",
        )
    return home / "collections" / name


def open_collection(home: Path, name: str) -> Catalog:
    """Opens a collection that is there.

    Raises:
        NotFoundError: there is none of that name.
    """
    return Catalog.open(collection_folder(home, name))


def create_collection(home: Path, name: str, *, policy: Policy = Policy.FLAG, description: str = "") -> Catalog:
    """Makes an empty collection, or opens the one that is there."""
    return Catalog.create(collection_folder(home, name), policy=policy, description=description)


def make_collection(home: Path, name: str, *, policy: Policy = Policy.FLAG, description: str = "") -> bool:
    """Makes an empty collection, and says whether this call did: where there is one of that name, nothing is made."""
    return make_database(collection_folder(home, name), policy=policy, description=description)


def collection_names(home: Path) -> list[str]:
    """The names of all collections, sorted. Folders that begin with a dot are on their way in or out."""
    folder = home / "collections"
    paths = folder.iterdir() if folder.is_dir() else ()
    return sorted(path.name for path in paths if Catalog.exists(path) and not path.name.startswith("."))


def list_collections(home: Path) -> list[Collection]:
    """Every collection that can be read; one that cannot does not hide the others (`ibid doctor` names it)."""
    found = []
    for name in collection_names(home):
        try:
            catalog = open_collection(home, name)
            found.append(catalog.collection())
            catalog.close()
        except IbidError:
            continue
    return found


def delete_collection(home: Path, name: str) -> None:
    """Removes a collection with all its documents, also where it is damaged.

    It is renamed first, so that it is gone at once or not at all.

    Raises:
        NotFoundError: there is none of that name.
    """
    folder = collection_folder(home, name)
    if not Catalog.exists(folder):
        raise NotFoundError(f"no collection {name!r}", advice="`ibid collections` lists what is there")
    doomed = folder.with_name(f".{name}.{os.getpid()}-{time.monotonic_ns()}.deleted")
    try:
        folder.rename(doomed)
    except FileNotFoundError:
        raise NotFoundError(f"no collection {name!r}", "somebody else deleted it") from None
    # A search that has not noticed yet may put a piece of an index back, once.
    shutil.rmtree(doomed, ignore_errors=True)
    shutil.rmtree(doomed, ignore_errors=True)
