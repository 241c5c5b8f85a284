"""Which passages a search may read is kept, for a few filters, until the collection changes."""

import random
from contextlib import suppress
from pathlib import Path

import pytest

from kb.catalog.filtering import matching_passages
from kb.conditions import Comparing, Comparison
from kb.errors import UsageError
from kb.ports import Ids
from kb.records import NO_FILTERS, Filters
from retriever.allowed import AllowedPassages
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

OLD, NEW = make_document("fourteen days", "old.txt"), make_document("ten days", "new.txt")
OTHER = make_document("a library", "library.txt")


def test_what_is_current_is_read_anew_when_the_collection_changes(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), OLD, NEW, OTHER)
    allowed = AllowedPassages()
    with catalog.snapshot() as snapshot:
        assert allowed.of(snapshot, NO_FILTERS) is None
    catalog.describe(NEW.id, {"replaces": OLD.id, "effective_from": "2024-09-01"})
    with catalog.snapshot() as snapshot:
        first = allowed.of(snapshot, NO_FILTERS)
        assert first is not None
        assert {item.document.name for item in snapshot.passages(first).values()} == {"new.txt", "library.txt"}
        assert allowed.of(snapshot, NO_FILTERS) is first
    catalog.remove([NEW.id])
    with catalog.snapshot() as snapshot:
        assert allowed.of(snapshot, NO_FILTERS) is None


def _count(numbers: Ids | None) -> int:
    assert numbers is not None
    return len(numbers)


def test_each_filter_has_its_own_passages_and_the_last_few_are_kept(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), OLD, NEW, OTHER)
    allowed = AllowedPassages()
    named = [Filters({"document": (name,)}) for name in ("old.txt", "new.txt", "library.txt")]
    others = [Filters(where=Comparison("document", Comparing.NOT_EQUAL, (f"{n}.txt",))) for n in range(8)]
    with catalog.snapshot() as snapshot:
        read = [allowed.of(snapshot, filters) for filters in named]
        for filters, numbers in zip(named, read, strict=True):
            assert numbers is not None
            assert [item.document.name for item in snapshot.passages(numbers).values()] == list(
                filters.metadata["document"]
            )
            assert allowed.of(snapshot, filters) is numbers
        for filters in others:
            assert _count(allowed.of(snapshot, filters)) == 3
        assert allowed.of(snapshot, named[0]) is not read[0]  # eight others came meanwhile
    catalog.describe(OLD.id, {"tags": "old"})
    with catalog.snapshot() as snapshot:
        again = allowed.of(snapshot, named[0])
    assert again is not None
    assert len(again) == 1


@pytest.mark.parametrize("seed", range(4))
def test_what_changes_is_brought_up_to_date_as_if_everything_were_read_anew(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    embedder = HashEmbedder()
    catalog = make_catalog(tmp_path, embedder, OLD, NEW, OTHER)
    known = [OLD.id, NEW.id, OTHER.id]
    allowed = AllowedPassages()
    asked = [
        NO_FILTERS,
        Filters({"课程": ("民法",)}),
        Filters(where=Comparison("year", Comparing.AT_LEAST, (2024,))),
        Filters({"课程": ("民法",)}, all_versions=True),
    ]
    for step in range(40):
        change = chance.choice(["add", "describe", "describe", "remove", "replace", "read anew"])
        if change == "add" or len(known) < 3:
            document = make_document(f"Room {step} is open. 第{step}间教室开放。", f"{step}.txt")
            store(catalog, embedder, document)
            known.append(document.id)
        elif change == "describe":
            given = {"课程": chance.choice(["民法", "刑法", ""]), "year": chance.choice([2023, 2024])}
            catalog.describe(chance.choice(known), given, instead=True)
        elif change == "replace":
            older, newer = chance.sample(known, 2)
            with suppress(UsageError):  # in a circle
                catalog.describe(newer, {"replaces": older})
        elif change == "remove":
            catalog.remove([known.pop(chance.randrange(len(known)))])
        else:
            store(catalog, embedder, make_document("a library", "library.txt"))
            known = list(dict.fromkeys([*known, OTHER.id]))
        with catalog.snapshot() as snapshot:
            for filters in chance.sample(asked, 2):  # so that some are brought up over several changes
                found, anew = allowed.of(snapshot, filters), matching_passages(snapshot, filters)
                assert (None if found is None else found.tolist()) == (None if anew is None else anew.tolist())
