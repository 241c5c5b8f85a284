"""Many collections in one server: they take a bounded number of descriptors, and lists read nothing of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kb.catalog.collections import make_collection
from kb.errors import NotFoundError
from kb.settings import Settings
from serving.http.state import Collections
from tests.fakes import HashEmbedder

NAMES = [f"讲义-{number}" for number in range(6)]


@pytest.fixture
def collections(tmp_path: Path) -> Iterator[Collections]:
    for name in NAMES:
        make_collection(tmp_path, name)
    opened = Collections(Settings(tmp_path), HashEmbedder, lambda name: None, most_connected=2)
    yield opened
    opened.close()


def databases_open(home: Path) -> set[str]:
    """The collections whose databases this process has open."""
    links = [Path(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")]  # noqa: PTH208
    targets = [link.readlink() for link in links if link.is_symlink()]
    return {target.parent.name for target in targets if target.name == "catalog.db" and home in target.parents}


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells what a process has open so simply")
def test_those_that_were_used_last_stay_connected_and_the_others_answer_all_the_same(
    collections: Collections, tmp_path: Path
) -> None:
    for _ in range(2):
        assert [collections.catalog(name).collection().name for name in NAMES] == NAMES
    assert databases_open(tmp_path) == set(NAMES[-2:])
    held = collections.catalog(NAMES[0])
    with held.snapshot() as snapshot:
        for name in NAMES[1:]:
            collections.catalog(name).collection()
        assert snapshot.collection().name == NAMES[0], "a reader keeps what it reads"


def test_when_a_collection_was_made_is_known_until_it_is_made_anew(collections: Collections, tmp_path: Path) -> None:
    first = collections.created_at(NAMES[0])
    assert first == collections.catalog(NAMES[0]).collection().created_at == collections.created_at(NAMES[0])
    collections.delete(NAMES[0])
    with pytest.raises(NotFoundError):
        collections.created_at(NAMES[0])
    make_collection(tmp_path, NAMES[0])
    assert collections.created_at(NAMES[0]) == collections.catalog(NAMES[0]).collection().created_at
