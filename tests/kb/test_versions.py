"""A document that replaces another is found in its place from its first day on; the older one for the days before."""

from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kb.catalog import Catalog
from kb.catalog.filtering import matching_passages
from kb.catalog.naming import with_ids
from kb.catalog.versions import versions_of
from kb.errors import NotFoundError, UsageError
from kb.records import NO_FILTERS, Document, DocumentEntry, Filters
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

EMBEDDER = HashEmbedder()
OLD = make_document("fourteen days", "rules/handbook-2023.txt", metadata={"effective_from": "2023-09-01"})
NEW = make_document("ten days", "rules/handbook-2024.txt", metadata={"effective_from": "2024-09-01"})
OTHER = make_document("a library", "library.txt")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path, EMBEDDER, OLD, NEW, OTHER)


def replaces(catalog: Catalog, newer: Document, older: str) -> None:
    with catalog.snapshot() as snapshot:
        given = with_ids(snapshot, {"replaces": older})
    catalog.describe(newer.id, given)


def found(catalog: Catalog, filters: Filters = NO_FILTERS) -> list[str]:
    """The names of the documents that a search may read."""
    with catalog.snapshot() as snapshot:
        numbers = matching_passages(snapshot, filters)
        stored = snapshot.passages(snapshot.numbers() if numbers is None else numbers)
    return sorted(item.document.name.rpartition("/")[2] for item in stored.values())


def entry_of(catalog: Catalog, document: Document) -> DocumentEntry:
    with catalog.snapshot() as snapshot:
        return snapshot.entry(document.id)


def test_the_older_version_is_left_out_but_for_its_own_days_and_where_all_are_asked_for(catalog: Catalog) -> None:
    replaces(catalog, NEW, "handbook-2023.txt")
    assert found(catalog) == ["handbook-2024.txt", "library.txt"]
    assert found(catalog, Filters(as_of=date(2024, 8, 31))) == ["handbook-2023.txt", "library.txt"]
    assert found(catalog, Filters(as_of=date(2024, 9, 1))) == ["handbook-2024.txt", "library.txt"]
    assert found(catalog, Filters(all_versions=True)) == ["handbook-2023.txt", "handbook-2024.txt", "library.txt"]
    assert found(catalog, Filters({"language": ("en",)})) == ["handbook-2024.txt", "library.txt"]


def test_entries_say_which_version_they_are_and_when_it_ends(catalog: Catalog) -> None:
    replaces(catalog, NEW, OLD.id)
    old, new = entry_of(catalog, OLD), entry_of(catalog, NEW)
    assert (old.version, old.effective_from, old.effective_to) == (1, "2023-09-01", "2024-08-31")
    assert (new.version, new.effective_from, new.effective_to) == (2, "2024-09-01", "")
    assert (old.replaces, old.replaced_by) == ((), (NEW.id,))
    assert (new.replaces, new.replaced_by) == ((OLD.id,), ())
    other = entry_of(catalog, OTHER)
    assert (other.version, other.replaces, other.replaced_by) == (1, (), ())


def test_the_older_version_is_in_force_again_when_the_newer_one_goes(catalog: Catalog) -> None:
    replaces(catalog, NEW, "rules/handbook-2023.txt")
    catalog.remove([NEW.id])
    assert found(catalog) == ["handbook-2023.txt", "library.txt"]
    assert entry_of(catalog, OLD).effective_to == ""
    store(catalog, EMBEDDER, NEW)  # without a word on what it replaces
    assert len(found(catalog)) == 3


def test_a_version_that_is_not_yet_in_force_waits(catalog: Catalog) -> None:
    catalog.describe(NEW.id, {"effective_from": str(date.today() + timedelta(days=30))})
    replaces(catalog, NEW, OLD.id)
    assert found(catalog) == ["handbook-2023.txt", "library.txt"]


def test_a_version_without_a_first_day_counts_from_the_day_it_was_added(catalog: Catalog) -> None:
    catalog.describe(NEW.id, {"effective_from": ""})
    replaces(catalog, NEW, OLD.id)
    new = entry_of(catalog, NEW)
    assert new.effective_from == new.added_at[:10]
    assert found(catalog) == ["handbook-2024.txt", "library.txt"]


def test_one_law_can_replace_several(catalog: Catalog) -> None:
    replaces(catalog, NEW, "handbook-2023.txt, library.txt")
    assert found(catalog) == ["handbook-2024.txt"]


def test_a_name_in_the_files_own_words_is_found_when_the_older_one_comes_later(tmp_path: Path) -> None:
    newer = make_document("ten days", "new.txt", metadata={"replaces": "old.txt", "effective_from": "2024-09-01"})
    catalog = make_catalog(tmp_path, EMBEDDER, newer)
    assert found(catalog) == ["new.txt"]
    store(catalog, EMBEDDER, make_document("fourteen days", "rules/old.txt"))
    assert found(catalog) == ["new.txt"]
    store(catalog, EMBEDDER, make_document("twelve days", "others/old.txt"))  # now it may mean either of them
    assert found(catalog) == ["new.txt", "old.txt", "old.txt"]


@pytest.mark.parametrize(
    ("describe", "error"),
    [
        (lambda catalog: replaces(catalog, NEW, "handbook-1999.txt"), NotFoundError),
        (lambda catalog: replaces(catalog, NEW, "handbook-2024.txt"), UsageError),
        (lambda catalog: catalog.describe(NEW.id, {"replaces": "nothing.txt"}), UsageError),
    ],
)
def test_only_another_document_that_is_there_can_be_replaced(
    catalog: Catalog, describe: Callable[[Catalog], None], error: type[Exception]
) -> None:
    with pytest.raises(error):
        describe(catalog)
    assert len(found(catalog)) == 3


def test_two_documents_cannot_replace_each_other(catalog: Catalog) -> None:
    replaces(catalog, NEW, OLD.id)
    with pytest.raises(UsageError, match="would replace itself"):
        replaces(catalog, OLD, NEW.id)
    assert entry_of(catalog, NEW).version == 2


def entry(name: str, start: str) -> DocumentEntry:
    return DocumentEntry(name, name, name, "text/plain", "en", 0, 1, 1, "2026-01-01", effective_from=start)


@given(st.lists(st.dates(date(1950, 1, 1), date(2090, 1, 1)), min_size=2, max_size=6, unique=True), st.data())
def test_of_a_chain_of_versions_just_one_is_in_force_on_any_day(days: list[date], data: st.DataObject) -> None:
    starts = [day.isoformat() for day in sorted(days)]
    entries = [entry(str(number), start) for number, start in enumerate(starts)]
    versions = versions_of([(newer, [older.id]) for older, newer in pairwise(entries)])
    placed = [versions.placed(one) for one in entries]
    assert [one.version for one in placed] == list(range(1, len(entries) + 1))
    day = data.draw(st.dates(min(days), date(2100, 1, 1)))
    in_force = [
        one.id
        for one in placed
        if one.effective_from <= day.isoformat() and (not one.effective_to or day.isoformat() <= one.effective_to)
    ]
    left_out = versions.not_current(day)
    assert len(in_force) == 1
    assert [one.id for one in entries if one.id not in left_out] == in_force


@given(st.lists(st.tuples(st.integers(0, 5), st.lists(st.integers(0, 5), max_size=3)), max_size=8))
def test_no_document_ever_replaces_itself_whatever_is_written(links: list[tuple[int, list[int]]]) -> None:
    versions = versions_of([(entry(str(newer), "2024-01-01"), [str(one) for one in older]) for newer, older in links])
    for newer in versions.replaced:
        seen, waiting = set(), list(versions.replaced[newer])
        while waiting:
            one = waiting.pop()
            seen.add(one)
            waiting += [next_one for next_one in versions.replaced.get(one, ()) if next_one not in seen]
        assert newer not in seen
