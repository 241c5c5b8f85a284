"""The audit log tells what was changed and by whom, refuses to be changed itself, and shows where it was."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from kb.errors import StorageError
from kb.home.audit import list_entries, record, recording_documents, verify
from kb.home.home import Home
from kb.home.keys import create_key, revoke_key
from tests.fakes import HashEmbedder
from tests.serving.library import make_collection, store_text


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def filled(home: Home) -> Home:
    for number in range(5):
        record(home, "key_a", "document.added", collection="法律", subjects=[f"{number}" * 64])
    return home


def tampered(home: Home, *statements: str) -> None:
    """As somebody would do it who has the file and no scruples."""
    connection = sqlite3.connect(home.folder / "ibid.db")
    for name in ("audit_is_never_changed", "audit_is_never_cut", "audit_is_never_replaced"):
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


def test_changes_are_listed_the_newest_first(home: Home) -> None:
    record(home, "terminal", "collection.created", collection="law")
    record(home, "key_a", "document.added", collection="clinic", subjects=["d1", "d2"])
    assert [(entry.actor, entry.action, entry.collection, entry.subject) for entry in list_entries(home)] == [
        ("key_a", "document.added", "clinic", "d2"),
        ("key_a", "document.added", "clinic", "d1"),
        ("terminal", "collection.created", "law", ""),
    ]
    assert [entry.number for entry in list_entries(home, "law")] == [1]
    assert [entry.number for entry in list_entries(home, at_most=2)] == [3, 2]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'somebody else' WHERE number = 2",
        "DELETE FROM audit WHERE number = 5",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT 2, at, 'somebody else', action, collection, subject, hash FROM audit",
    ],
)
def test_the_database_itself_refuses_to_change_or_cut_it(home: Home, statement: str) -> None:
    before = list_entries(filled(home))
    with pytest.raises(StorageError, match="only grows"), home.writing() as connection:
        connection.execute(statement)
    assert list_entries(home) == before


def test_a_log_as_it_was_written_is_whole(home: Home) -> None:
    assert verify(home).fault == ""
    found = verify(filled(home))
    assert (found.entries, found.fault) == (5, "")
    assert found.head == list_entries(home)[0].hash


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    number=st.integers(1, 5),
    column=st.sampled_from(["at", "actor", "action", "collection", "subject", "hash"]),
    value=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10),
)
def test_any_change_of_any_entry_is_found(
    tmp_path_factory: pytest.TempPathFactory, number: int, column: str, value: str
) -> None:
    home = filled(Home(tmp_path_factory.mktemp("home")))
    assume(value not in {"key_a", "document.added", "法律"})
    quoted = value.replace("'", "''")
    tampered(home, f"UPDATE audit SET {column} = '{quoted}' WHERE number = {number}")
    assert verify(home).fault == f"entry {number} is not as it was written"
    home.close()


def test_an_entry_that_is_gone_or_a_tail_that_is_cut_off_is_found(home: Home) -> None:
    tampered(filled(home), "DELETE FROM audit WHERE number = 2")
    assert verify(home).fault == "entry 2 is missing"
    tampered_tail = Home(home.folder / "other")
    tampered(filled(tampered_tail), "DELETE FROM audit WHERE number > 3")
    assert verify(tampered_tail).fault == "5 entries were written, and 3 are there"


def test_a_chain_that_was_made_anew_lacks_the_hash_that_was_noted(home: Home) -> None:
    noted = verify(filled(home)).head
    record(home, "terminal", "collection.deleted", collection="法律")
    assert verify(home, noted).fault == ""
    forged = Home(home.folder / "forged")
    record(forged, "somebody else", "document.added")
    assert "no entry has the hash" in verify(forged, noted).fault


def test_a_key_is_never_made_or_revoked_without_an_entry(home: Home) -> None:
    key, secret = create_key(home, "robot")
    revoke_key(home, key.id)
    revoke_key(home, key.id)
    assert [(entry.action, entry.subject) for entry in list_entries(home)] == [
        ("key.revoked", key.id),
        ("key.created", key.id),
    ]
    assert secret not in str(list_entries(home))


def test_documents_that_come_and_go_are_recorded_by_their_ids(home: Home) -> None:
    embedder = HashEmbedder()
    catalog = make_collection(home.folder, embedder)
    with catalog.snapshot() as snapshot:
        gone = snapshot.documents()[0].id
    with recording_documents(home, catalog, "terminal"):
        added = store_text(catalog, embedder, "secret-name.txt", "A wholly new text.")
        catalog.remove([gone])
    assert [(entry.action, entry.subject) for entry in list_entries(home, "default")] == [
        ("document.deleted", gone),
        ("document.added", added),
    ]
    catalog.close()
