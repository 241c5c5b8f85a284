"""The listings that a server keeps of its vector stores: at every moment what a look at everything would tell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kb.catalog import Catalog
from kb.catalog.collections import delete_collection
from kb.home.home import Home
from kb.home.jobs import add_job, cancel_jobs, fail_job, finish_job, forget_jobs, report_progress, take_job
from kb.records import Document
from serving.http.stores.listing import Listing, ListOrder, Status, StoreFile, holding
from serving.http.stores.listings import Listings, store_files
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

TEXTS = [make_document(f"Room {number} is open.", f"folder/{number}.txt") for number in range(4)]
CHANGES = ("stored", "described", "removed", "queued", "taken", "done", "failed", "cancelled", "forgotten")


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path, HashEmbedder())


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    opened = Home(tmp_path)
    yield opened
    opened.close()


def change(home: Home, catalog: Catalog, what: str, document: Document) -> None:
    """Does one thing that a client, a worker or the terminal does; where it cannot be done, nothing."""
    with catalog.snapshot() as snapshot:
        held = snapshot.has_document(document.id)
    if what == "stored":
        store(catalog, HashEmbedder(), document)
    elif what == "described" and held:
        catalog.describe(document.id, {"title": f"Title {catalog.collection().version}", "tags": "a, B"})
    elif what == "removed" and held:
        catalog.remove([document.id])
    elif what == "queued":
        add_job(home, catalog.name, document.name, document.id, {"tags": "new"})
    elif what == "cancelled":
        cancel_jobs(home, catalog.name, document.id)
    elif what == "forgotten":
        forget_jobs(home, catalog.name, document.id)
    elif what in ("taken", "done", "failed") and (job := take_job(home)) is not None:
        report_progress(home, job.id, "parsing", 0.5)
        if what == "done":
            finish_job(home, job.id)
        elif what == "failed":
            fail_job(home, job.id, "it is torn")


def everything(home: Home, catalog: Catalog) -> dict[str, StoreFile]:
    """The files of a store, all of them read anew."""
    return dict(Listings(home).of(catalog).files)


@settings(max_examples=40)  # each change is a write to the disk
@given(st.lists(st.tuples(st.sampled_from(CHANGES), st.sampled_from(TEXTS), st.booleans()), max_size=14))
def test_what_is_kept_is_what_a_look_at_everything_tells(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, Document, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("home")
    catalog, home = make_catalog(folder, HashEmbedder()), Home(folder)
    kept = Listings(home)
    for what, document, looked_at in changes:
        change(home, catalog, what, document)
        if looked_at:
            sorted_before = kept.of(catalog)
            assert len(sorted_before.places) == len(sorted_before.ordered(ListOrder.TITLE))
            assert sorted_before.file_names.total() == len(sorted_before.files)
    listing = kept.of(catalog)
    assert listing.files == everything(home, catalog)
    one_by_one = {file.id: file for document in TEXTS for file in store_files(home, catalog, document.id)}
    assert listing.files == one_by_one
    assert listing.counts.total() == len(one_by_one)
    anew = Listing(one_by_one)
    assert listing.places == anew.places == sorted(file.place for file in one_by_one.values())
    assert {order: listing.ordered(order) for order in ListOrder} == {order: anew.ordered(order) for order in ListOrder}
    assert (listing.file_names, listing.counts) == (anew.file_names, anew.counts)
    home.close()
    catalog.close()


def test_what_another_process_writes_is_seen(tmp_path: Path, catalog: Catalog, home: Home) -> None:
    listings, other_home, others = Listings(home), Home(tmp_path), Catalog.open(catalog.folder)
    assert not listings.of(catalog).files
    add_job(other_home, catalog.name, "long.txt", TEXTS[0].id)
    assert listings.of(catalog).counts == {"in_progress": 1}
    store(others, HashEmbedder(), TEXTS[0])
    assert finish_job(other_home, take_job(other_home).id)  # type: ignore[union-attr]
    assert listings.of(catalog).counts == {"completed": 1}
    store(others, HashEmbedder(), TEXTS[1])
    others.remove([TEXTS[0].id])
    assert [file.name for file in listings.of(catalog).files.values()] == ["folder/1.txt"]
    other_home.close()
    others.close()


def test_nothing_is_made_anew_where_nothing_has_changed(catalog: Catalog, home: Home) -> None:
    store(catalog, HashEmbedder(), *TEXTS)
    listings = Listings(home)
    assert listings.of(catalog) is listings.of(catalog)
    job = add_job(home, catalog.name, "a.txt", "a" * 64)
    take_job(home)
    before = listings.of(catalog)
    report_progress(home, job.id, "parsing", 0.5)  # comes every second, and changes nothing that lists are sorted by
    assert listings.of(catalog) is before


def test_those_that_were_looked_at_last_stay_in_memory(tmp_path: Path, home: Home) -> None:
    stores = [make_catalog(tmp_path, HashEmbedder(), *TEXTS[:2], name=f"store-{number}") for number in range(3)]
    listings = Listings(home, most_files=4)
    first, second, third = (listings.of(each) for each in stores)
    assert listings.of(stores[2]) is third
    assert listings.of(stores[1]) is second
    assert listings.of(stores[0]) is not first
    assert listings.of(stores[0]).files == first.files
    none_kept = Listings(home, most_files=1)
    assert none_kept.of(stores[0]).files == first.files
    assert none_kept.of(stores[0]) is not none_kept.of(stores[0])


def test_a_store_that_is_deleted_and_made_again_is_another_one(tmp_path: Path, catalog: Catalog, home: Home) -> None:
    store(catalog, HashEmbedder(), *TEXTS)
    listings = Listings(home)
    assert len(listings.of(catalog).files) == len(TEXTS)
    catalog.close()
    delete_collection(tmp_path, catalog.name)
    again = make_catalog(tmp_path, HashEmbedder(), TEXTS[0])
    assert [file.document_id for file in listings.of(again).files.values()] == [TEXTS[0].id]


def test_a_look_that_fails_half_way_forgets_nothing(tmp_path: Path, catalog: Catalog, home: Home) -> None:
    listings = Listings(home)
    listings.of(catalog)
    add_job(home, catalog.name, "a.txt", "a" * 64)
    database = catalog.folder / "catalog.db"
    catalog.close()
    moved = database.rename(tmp_path / "away.db")
    with pytest.raises(Exception, match="no collection"):
        listings.of(catalog)
    moved.rename(database)
    assert listings.of(catalog).counts == {"in_progress": 1}


def file_called(
    name: str, title: str, created_at: str, *, status: Status = "completed", size: int = 0, tags: tuple[str, ...] = ()
) -> StoreFile:
    document = make_document(title, name)
    searched = "\n".join((title or name, name, *tags)).casefold()
    told = (name, title, "text/plain", "en", tags, size, searched)
    return StoreFile(f"file-{document.id[:32]}", document.id, created_at, status, False, *told)


def test_lists_are_sorted_and_searched_as_people_want_them() -> None:
    rules = file_called("b/rules.pdf", "House rules", "1", size=5)
    law = file_called("条例.html", "管理条例", "3", size=50, tags=("House",))
    torn = file_called("torn.pdf", "", "2", status="failed")
    busy = file_called("long.pdf", "", "4", status="in_progress")
    listing = Listing({file.id: file for file in (rules, law, torn, busy)})
    expected = {
        ListOrder.ATTENTION: [busy, torn, rules, law],
        ListOrder.TITLE: [rules, busy, torn, law],
        ListOrder.NEWEST: [busy, law, torn, rules],
        ListOrder.LARGEST: [law, rules, busy, torn],
    }
    assert {order: listing.ordered(order) for order in ListOrder} == expected
    assert listing.completed == [rules, law]
    assert holding(listing.ordered(ListOrder.TITLE), "PDF Rules") == [rules]
    assert holding(listing.ordered(ListOrder.TITLE), "条例 HOUSE") == [law]
    assert holding(listing.ordered(ListOrder.TITLE), " ") == listing.ordered(ListOrder.TITLE)


def test_titles_with_numbers_are_listed_by_the_size_of_these() -> None:
    titles = ["Note 1", "note 2", "Note 10", "第一讲", "第二讲", "第十讲"]
    files = [file_called(f"{place}.pdf", title, "1") for place, title in enumerate(reversed(titles))]
    listing = Listing({file.id: file for file in files})
    assert [file.title for file in listing.ordered(ListOrder.TITLE)] == titles
    eleventh = file_called("new.pdf", "Note 11", "2")
    following = listing.following({**listing.files, eleventh.id: eleventh}, {eleventh.id})
    assert [file.title for file in following.ordered(ListOrder.TITLE)] == [*titles[:3], "Note 11", *titles[3:]]
