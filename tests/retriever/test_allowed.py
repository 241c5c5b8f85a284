"""Which passages a search may read is kept, for a few filters, until the collection changes."""

from pathlib import Path

from kb.conditions import Comparing, Comparison
from kb.ports import Ids
from kb.records import NO_FILTERS, Filters
from retriever.allowed import AllowedPassages
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document

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
