"""A collection as one file: what comes out is what went in, and nothing comes in that ibid would not have written."""

from __future__ import annotations

import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.catalog import Catalog
from kb.catalog.blobs import hash_file
from kb.catalog.collections import collection_names, create_collection, open_collection
from kb.errors import IbidError, NotFoundError, StorageError, UsageError
from kb.portable import export_collection, import_collection
from retriever import Searcher
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document
from ui.terminal.main import main

HOUSE = make_document("The resit fee is 40 euros.\nThe library opens at 8:00.", "house rules.txt")
LEASE = make_document("押金应当在三十日内退还。\n承租人不得转租房屋。", "租赁.txt", language="zh")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the collection `test` of two documents, with their bytes and a question of its own."""
    catalog = make_catalog(tmp_path / "home", HashEmbedder(), HOUSE, LEASE)
    for document in (HOUSE, LEASE):
        kept = catalog.blobs.path(document.id)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_bytes(f"{document.name}\n{document.text}".encode())
    (catalog.folder / "evaluation").mkdir()
    (catalog.folder / "evaluation" / "questions.yaml").write_text("- question: 押金?\n", "utf-8")
    catalog.close()
    return catalog.folder.parents[1]


@pytest.fixture
def file(home: Path, tmp_path: Path) -> Path:
    export_collection(home, "test", tmp_path / "test.ibid")
    return tmp_path / "test.ibid"


def content_of(catalog: Catalog) -> list[object]:
    with catalog.snapshot() as snapshot:
        documents = snapshot.documents()
        passages = [item.passage for entry in documents for item in snapshot.passages_of(entry.id)]
    blobs = [catalog.blobs.path(entry.id).read_bytes() for entry in documents]
    return [documents, passages, blobs, (catalog.folder / "evaluation" / "questions.yaml").read_text("utf-8")]


def test_a_collection_whose_bytes_are_gone_says_so(home: Path, tmp_path: Path) -> None:
    open_collection(home, "test").blobs.path(HOUSE.id).unlink()
    with pytest.raises(StorageError, match="original files are gone from it"):
        export_collection(home, "test", tmp_path / "gone.ibid")
    assert not (tmp_path / "gone.ibid").exists()


def best_hit(catalog: Catalog, question: str) -> str:
    return Searcher(catalog, HashEmbedder()).search(question, k=1).hits[0].passage.text


def test_what_is_imported_is_what_was_exported_and_can_be_searched_at_once(
    home: Path, file: Path, tmp_path: Path
) -> None:
    ported = import_collection(tmp_path / "elsewhere", file)
    assert (ported.collection, ported.documents, ported.passages) == ("test", 2, 4)
    before, after = open_collection(home, "test"), open_collection(tmp_path / "elsewhere", "test")
    assert content_of(after) == content_of(before)
    assert best_hit(after, "How much is the resit fee?") == "The resit fee is 40 euros."
    assert best_hit(after, "押金几日内退还？") == "押金应当在三十日内退还。"
    assert after.collection().space == before.collection().space


def test_it_may_come_in_under_another_name_beside_the_first(home: Path, file: Path) -> None:
    import_collection(home, file, "复本")
    assert collection_names(home) == ["test", "复本"]
    assert open_collection(home, "复本").collection().name == "复本"
    with pytest.raises(UsageError, match="there is a collection 'test' already"):
        import_collection(home, file)


def test_what_was_deleted_is_not_in_the_file(home: Path, tmp_path: Path) -> None:
    catalog = open_collection(home, "test")
    catalog.remove([LEASE.id])
    export_collection(home, "test", tmp_path / "without.ibid")
    with zipfile.ZipFile(tmp_path / "without.ibid") as archive:
        assert "押金".encode() not in archive.read("catalog.db")
        assert f"blobs/{LEASE.id}" not in archive.namelist()


def test_an_empty_collection_can_travel_too(tmp_path: Path) -> None:
    create_collection(tmp_path / "home", "empty").close()
    export_collection(tmp_path / "home", "empty", tmp_path / "empty.ibid")
    assert import_collection(tmp_path / "home", tmp_path / "empty.ibid", "again").documents == 0


def test_a_file_that_is_there_is_not_written_over(home: Path, file: Path) -> None:
    before = file.read_bytes()
    with pytest.raises(UsageError, match="is there already"):
        export_collection(home, "test", file)
    assert file.read_bytes() == before
    export_collection(home, "test", file, overwrite=True)
    with pytest.raises(NotFoundError):
        export_collection(home, "nowhere", file, overwrite=True)
    with pytest.raises(UsageError, match="its folder is not there"):
        export_collection(home, "test", file.parent / "no folder" / "x.ibid")
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".")] == []


def repacked(file: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """The file with its members changed."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    changed = file.with_name("changed.ibid")
    with zipfile.ZipFile(changed, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return changed


def with_database(members: dict[str, bytes], folder: Path, *statements: str) -> None:
    """Runs statements on the database inside, and makes the description fit it."""
    place = folder / "tampered.db"
    place.write_bytes(members["catalog.db"])
    connection = sqlite3.connect(place)
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()
    members["catalog.db"] = place.read_bytes()
    members["ibid.json"] = json.dumps({**json.loads(members["ibid.json"]), "catalog_sha256": hash_file(place)}).encode()


TAMPERED: dict[str, Callable[[dict[str, bytes], Path], object]] = {
    "a path out of the folder": lambda members, _: members.update({"../../evil": b"x"}),
    "an absolute path": lambda members, _: members.update({"/etc/evil": b"x"}),
    "a file among the blobs": lambda members, _: members.update({"blobs/evil": b"x"}),
    "a hidden file among the questions": lambda members, _: members.update({"evaluation/.evil": b"x"}),
    "no description": lambda members, _: members.pop("ibid.json"),
    "a description of something else": lambda members, _: members.update({"ibid.json": b'["ibid"]'}),
    "no database": lambda members, _: members.pop("catalog.db"),
    "another database": lambda members, _: members.update({"catalog.db": members["catalog.db"] + b"x"}),
    "other bytes of a document": lambda members, _: members.update({f"blobs/{HOUSE.id}": b"x"}),
    "no bytes of a document": lambda members, _: members.pop(f"blobs/{HOUSE.id}"),
    "a trigger": lambda members, folder: with_database(
        members, folder, "CREATE TRIGGER t AFTER INSERT ON facts BEGIN DELETE FROM documents; END"
    ),
    "a view": lambda members, folder: with_database(members, folder, "CREATE VIEW v AS SELECT 1"),
    "a passage that stands elsewhere": lambda members, folder: with_database(
        members, folder, "UPDATE passages SET text = 'The resit fee is 90 euros.' WHERE number = 1"
    ),
    "a passage of no document": lambda members, folder: with_database(
        members, folder, "UPDATE passages SET document_id = 'x' WHERE number = 1"
    ),
    "a damaged number": lambda members, folder: with_database(
        members, folder, "UPDATE facts SET value = 'x' WHERE key = 'version'"
    ),
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_what_ibid_did_not_write_comes_in_nowhere(
    file: Path, tmp_path: Path, change: Callable[[dict[str, bytes], Path], object]
) -> None:
    changed = repacked(file, lambda members: change(members, tmp_path) and None)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UsageError, match="is no collection that can be imported"):
        import_collection(tmp_path / "elsewhere", changed)
    left = set(tmp_path.rglob("*")) - set(before)
    assert left <= {tmp_path / "elsewhere", tmp_path / "elsewhere" / "collections"}


def test_what_a_newer_ibid_wrote_is_refused_with_what_to_do(file: Path, tmp_path: Path) -> None:
    newer = repacked(file, lambda members: members.update({"ibid.json": b'{"ibid": 2}'}))
    with pytest.raises(StorageError, match="Update ibid"):
        import_collection(tmp_path / "elsewhere", newer)
    newer = repacked(file, lambda members: with_database(members, tmp_path, "PRAGMA user_version = 999"))
    with pytest.raises(StorageError, match="Update ibid"):
        import_collection(tmp_path / "elsewhere", newer)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_a_damaged_byte_anywhere_brings_nothing_wrong_in(file: Path, tmp_path: Path, place: float, flip: int) -> None:
    content = bytearray(file.read_bytes())
    content[int(place * len(content))] ^= flip
    damaged = tmp_path / "damaged.ibid"
    damaged.write_bytes(content)
    shutil.rmtree(tmp_path / "elsewhere", ignore_errors=True)
    try:
        import_collection(tmp_path / "elsewhere", damaged, "test")
    except IbidError:
        assert collection_names(tmp_path / "elsewhere") == []
    else:  # in a place that means nothing, such as a member's date
        whole = open_collection(tmp_path / "elsewhere", "test")
        import_collection(tmp_path / "elsewhere", file, "whole")
        assert content_of(whole) == content_of(open_collection(tmp_path / "elsewhere", "whole"))


def test_on_a_full_disk_nothing_is_begun(file: Path, tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="Free some space"):
        import_collection(tmp_path / "elsewhere", file, free_bytes=1 << 60)


def test_the_commands_say_what_they_did(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = str(tmp_path / "given.ibid")
    assert main(["export", place, "-c", "test", "--home", str(home), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["documents"] == 2
    assert main(["import", place, "-c", "second", "--home", str(home)]) == 0
    assert "made 'second' of" in capsys.readouterr().err
    assert main(["import", place, "-c", "second", "--home", str(home)]) == 2
    assert main(["import", str(home / "ibid.db"), "--home", str(home)]) == 2
    assert main(["import", str(tmp_path / "nowhere.ibid"), "--home", str(home)]) == 2
    assert main(["audit", "--home", str(home)]) == 0
    assert "collection.imported" in capsys.readouterr().out
