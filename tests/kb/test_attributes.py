"""What people say of documents is checked, kept, and wins over what the documents say."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from kb.attributes import checked_attributes, laid_over, read_assignments
from kb.catalog import Catalog
from kb.catalog.filtering import matching_passages
from kb.catalog.schema import MIGRATIONS, connect, migrate
from kb.errors import NotFoundError, UsageError
from kb.records import DocumentEntry, Filters
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

EMBEDDER = HashEmbedder()
HANDBOOK = make_document("rules", "handbook.txt", metadata={"effective_from": "2023-09-01", "author": "Registry"})


def entry_in(catalog: Catalog, document_id: str = HANDBOOK.id) -> DocumentEntry:
    with catalog.snapshot() as snapshot:
        return snapshot.entry(document_id)


def names_as_of(catalog: Catalog, day: date) -> list[str]:
    with catalog.snapshot() as snapshot:
        numbers = matching_passages(snapshot, Filters(as_of=day))
        assert numbers is not None
        return sorted(item.document.name for item in snapshot.passages(numbers).values())


def test_assignments_are_read_with_their_dates_in_one_form() -> None:
    assert read_assignments(["effective_from=2024年3月", "effective_to=2024", "tags=law", "tags=civil", "author="]) == {
        "effective_from": "2024-03-01",
        "effective_to": "2024-12-31",
        "tags": "law, civil",
        "author": "",
    }


@pytest.mark.parametrize(
    ("assignments", "words"),
    [
        (["effective_from=soon"], "effective_from cannot be 'soon'"),
        (["effective_to=2024-02-30"], "2024-02-30"),
        (["effective_from=2024-03-01", "effective_to=2024-02-28"], "is before"),
        (["tags"], "KEY=VALUE"),
        (["=x"], "KEY=VALUE"),
        (["two words=x"], "cannot be a key"),
        (["language=English"], "no language's code"),
        (["language=英文"], "no language's code"),
        (["media_type=text/plain"], "cannot be set"),
        (["note=" + "x" * 513], "too long"),
    ],
)
def test_what_cannot_be_is_refused_in_words(assignments: list[str], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_assignments(assignments)


@pytest.mark.parametrize(("written", "code"), [("EN", "en"), ("zh-hans", "zh-Hans"), ("pt-br", "pt-BR"), ("", "")])
def test_a_language_is_kept_as_its_code(written: str, code: str) -> None:
    assert checked_attributes({"language": written}) == {"language": code}


def test_a_language_that_people_say_wins_over_the_one_that_was_read(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, HANDBOOK)
    assert entry_in(catalog).language == "en"
    catalog.describe(HANDBOOK.id, {"language": "zh-hant"})
    assert entry_in(catalog).language == "zh-Hant"
    with catalog.snapshot() as snapshot:
        assert snapshot.matching_documents(Filters(metadata={"language": ("zh",)}))
        assert not snapshot.matching_documents(Filters(metadata={"language": ("en",)}))
        assert list(snapshot.passages_by_language()) == ["zh-Hant"]
    catalog.describe(HANDBOOK.id, {"language": ""})
    assert entry_in(catalog).language == "en"


def test_what_is_given_wins_over_what_is_stated() -> None:
    stated = {"effective_from": "2023-09-01", "effective_to": "2024-08-31", "author": "Registry"}
    assert laid_over(stated, {"author": ""}) == {"effective_from": "2023-09-01", "effective_to": "2024-08-31"}
    later = laid_over(stated, {"effective_from": "2025-01-01"})
    assert later == {"effective_from": "2025-01-01", "author": "Registry"}  # the stated end cannot be any more


def test_a_described_document_is_known_by_it(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, HANDBOOK)
    before = catalog.collection().version
    assert catalog.describe(HANDBOOK.id, {"effective_to": "2024年8月31日", "title": "The Handbook"}) == before + 1
    entry = entry_in(catalog)
    assert (entry.title, entry.effective_from, entry.effective_to) == ("The Handbook", "2023-09-01", "2024-08-31")
    assert entry.given == {"effective_to": "2024-08-31", "title": "The Handbook"}
    catalog.describe(HANDBOOK.id, {"effective_from": "", "title": ""})
    entry = entry_in(catalog)
    assert (entry.title, entry.effective_from, entry.effective_to) == ("handbook", "", "2024-08-31")
    catalog.describe(HANDBOOK.id, {"tags": "rules"}, instead=True)
    assert entry_in(catalog).metadata == {**HANDBOOK.metadata, "tags": "rules"}


def test_a_file_that_is_read_anew_keeps_what_was_given(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, HANDBOOK)
    catalog.describe(HANDBOOK.id, {"effective_from": "2022-09-01"})
    store(catalog, EMBEDDER, HANDBOOK)
    assert entry_in(catalog).effective_from == "2022-09-01"


def test_only_documents_that_are_there_can_be_described_and_nothing_changes_where_it_cannot_be(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, HANDBOOK)
    before = catalog.collection().version
    failing: list[tuple[type[Exception], Callable[[], object]]] = [
        (NotFoundError, lambda: catalog.describe("0" * 64, {"tags": "x"})),
        (UsageError, lambda: catalog.describe(HANDBOOK.id, {"effective_to": "never"})),
    ]
    for error, describe in failing:
        with pytest.raises(error):
            describe()
    catalog.describe(HANDBOOK.id, {"effective_from": "2024-01-01"})
    with pytest.raises(UsageError, match="is before"):
        catalog.describe(HANDBOOK.id, {"effective_to": "2023-01-01"})
    assert catalog.collection().version == before + 1


def test_days_in_force_filter_with_open_sides_and_dates_of_any_form(tmp_path: Path) -> None:
    catalog = make_catalog(
        tmp_path,
        EMBEDDER,
        make_document("a", "always.txt"),
        make_document("b", "from.txt", metadata={"effective_from": "2024年3月"}),
        make_document("c", "until.txt", metadata={"effective_to": "March 2024"}),
        make_document("d", "unreadable.txt", metadata={"effective_to": "further notice"}),
    )
    assert names_as_of(catalog, date(2024, 2, 29)) == ["always.txt", "unreadable.txt", "until.txt"]
    assert names_as_of(catalog, date(2024, 3, 1)) == ["always.txt", "from.txt", "unreadable.txt", "until.txt"]
    assert names_as_of(catalog, date(2024, 4, 1)) == ["always.txt", "from.txt", "unreadable.txt"]


def test_a_catalog_of_an_older_program_keeps_its_documents_and_gains_what_people_say(tmp_path: Path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    path = folder / "catalog.db"
    connection = connect(path)
    migrate(connection, path, MIGRATIONS[:1])
    facts = {"name": "old", "created_at": "2026-01-01", "version": "1", "policy": "flag", "description": ""}
    connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
    row = ("a" * 64, "old.txt", "text/plain", "Old", "", "en", "text", "[]", '{"effective_to": "2024年"}', 0, 0, 4)
    connection.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, '[]', '2026-01-01')", row)
    connection.close()
    catalog = Catalog.open(folder)
    catalog.describe("a" * 64, {"effective_from": "2023"})
    entry = entry_in(catalog, "a" * 64)
    assert (entry.effective_from, entry.effective_to, entry.version) == ("2023-01-01", "2024-12-31", 1)


def test_checking_twice_changes_nothing() -> None:
    once = checked_attributes({"effective_to": "2024", "tags": "a, b"})
    assert checked_attributes(once) == once
