import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from kb.catalog import Catalog, Source, VectorsMissingError, text_key
from kb.catalog.collections import (
    collection_names,
    create_collection,
    delete_collection,
    make_collection,
    open_collection,
)
from kb.catalog.filtering import matching_passages
from kb.errors import EmbeddingSpaceError, NotFoundError, StorageError, UsageError
from kb.records import Box, Filters, Mark, MarkKind, WordBox
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, make_passages, prepare, store

EMBEDDER = HashEmbedder()


def live_texts(catalog: Catalog) -> list[str]:
    with catalog.snapshot() as snapshot:
        return [item.passage.text for item in snapshot.passages(snapshot.numbers()).values()]


def test_what_is_stored_comes_back_as_it_was(tmp_path: Path) -> None:
    document = make_document(
        "Late work loses 10 %.\n迟交作业扣百分之十。",
        metadata={"author": "陈老师"},
        marks=[Mark(MarkKind.PAGE, 0, 33, 1), Mark(MarkKind.HEADING, 0, 9, 1, "Late")],
        pages=1,
    )
    catalog = make_catalog(tmp_path, EMBEDDER, document)
    with catalog.snapshot() as snapshot:
        assert snapshot.document(document.id) == document
        stored = snapshot.passages(snapshot.numbers())
        assert tuple(item.passage for item in stored.values()) == make_passages(document)
        assert snapshot.space == EMBEDDER.space
        vectors = snapshot.vectors(snapshot.numbers())
    expected = np.stack([EMBEDDER.embed_question(passage.text) for passage in make_passages(document)])
    assert np.abs(vectors - expected).max() < 1e-3  # kept in half precision
    assert catalog.damage() == []


def test_every_commit_raises_the_version_by_one_and_says_what_changed(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER)
    first = make_document("one\ntwo", "a.txt")
    assert store(catalog, EMBEDDER, first) == 1
    assert store(catalog, EMBEDDER, make_document("three", "b.txt")) == 2
    assert catalog.remove([first.id]) == 3
    with catalog.snapshot() as snapshot:
        since_the_first = snapshot.changes_since(1)
        assert (since_the_first.added.tolist(), since_the_first.removed.tolist()) == ([3], [1, 2])
        assert snapshot.changes_since(3).added.size == 0


def test_a_changed_source_replaces_its_document(tmp_path: Path) -> None:
    old, new = make_document("old words"), make_document("new words")
    catalog = make_catalog(tmp_path, EMBEDDER, old)
    store(catalog, EMBEDDER, new)
    assert live_texts(catalog) == ["new words"]
    with catalog.snapshot() as snapshot, pytest.raises(NotFoundError):
        snapshot.document(old.id)


def test_a_document_stays_while_one_of_its_sources_is_left(tmp_path: Path) -> None:
    document = make_document("shared text")
    catalog = make_catalog(tmp_path, EMBEDDER, document)
    catalog.link([Source("copy.txt", 11, 1, "test", document.id)])
    assert catalog.forget_sources(["notes.txt"]) == []
    assert live_texts(catalog) == ["shared text"]
    assert catalog.forget_sources(["copy.txt"]) == [document.id]
    assert live_texts(catalog) == []


def test_deleted_text_is_in_no_file_of_the_collection(tmp_path: Path) -> None:
    secret = make_document("The password is swordfish.", "secret.txt")
    catalog = make_catalog(tmp_path, EMBEDDER, secret, make_document("Harmless.", "b.txt"))
    catalog.remove([secret.id])
    catalog.close()
    content = b"".join(path.read_bytes() for path in catalog.folder.rglob("*") if path.is_file())
    assert b"swordfish" not in content
    assert b"Harmless" in content


def test_replaced_text_is_in_no_file_of_the_collection(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, make_document("The password is swordfish."))
    store(catalog, EMBEDDER, make_document("The password was changed."))
    content = b"".join(path.read_bytes() for path in catalog.folder.rglob("*") if path.is_file())
    assert b"swordfish" not in content
    assert b"was changed" in content


def test_an_unknown_document_in_a_deletion_leaves_everything_as_it_was(tmp_path: Path) -> None:
    document = make_document("kept")
    catalog = make_catalog(tmp_path, EMBEDDER, document)
    with pytest.raises(NotFoundError, match="nothing was removed"):
        catalog.remove([document.id, "0" * 64])
    assert catalog.remove([]) == 1
    assert live_texts(catalog) == ["kept"]


def test_vectors_of_another_space_are_refused(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, make_document("a"))
    other = HashEmbedder(dimension=32, model="other")
    with pytest.raises(EmbeddingSpaceError, match=r"hash .*other .*reembed"):
        store(catalog, other, make_document("b", "b.txt"))
    assert live_texts(catalog) == ["a"]


def test_a_passage_without_a_vector_is_never_committed(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER)
    with pytest.raises(VectorsMissingError) as error:
        catalog.store([prepare(make_document("no vector"))], EMBEDDER.space, {})
    assert error.value.keys == {text_key("no vector")}
    assert live_texts(catalog) == []


def test_a_vector_goes_with_the_last_passage_that_says_its_text(tmp_path: Path) -> None:
    first, second = make_document("same words", "a.txt"), make_document("same words", "b.txt")
    catalog = make_catalog(tmp_path, EMBEDDER, first, second)
    key = text_key("same words")
    catalog.remove([first.id])
    with catalog.snapshot() as snapshot:
        assert snapshot.known_keys(EMBEDDER.space, [key]) == {key}
    catalog.remove([second.id])
    with catalog.snapshot() as snapshot:
        assert snapshot.known_keys(EMBEDDER.space, [key]) == set()


def test_storing_the_same_bytes_again_keeps_their_vectors(tmp_path: Path) -> None:
    document = make_document("kept words")
    catalog = make_catalog(tmp_path, EMBEDDER, document)
    catalog.store([prepare(document)], EMBEDDER.space, {})
    with catalog.snapshot() as snapshot:
        assert snapshot.vectors(snapshot.numbers()).shape == (1, EMBEDDER.space.dimension)


def test_a_snapshot_does_not_see_what_is_committed_meanwhile(tmp_path: Path) -> None:
    document = make_document("before")
    catalog = make_catalog(tmp_path, EMBEDDER, document)
    with catalog.snapshot() as snapshot:
        catalog.remove([document.id])
        assert len(snapshot.passages(snapshot.numbers())) == 1
    assert live_texts(catalog) == []


def test_many_threads_read_while_one_writes(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER)
    wrong: list[str] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            with catalog.snapshot() as snapshot:
                if len(snapshot.numbers()) != 2 * snapshot.version:
                    wrong.append(f"{len(snapshot.numbers())} passages at version {snapshot.version}")

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(20):
            store(catalog, EMBEDDER, make_document(f"one {number}\ntwo {number}", f"{number}.txt"))
    finally:
        done.set()
        for reader in readers:
            reader.join()
    assert wrong == []
    assert len(live_texts(catalog)) == 40


def test_boxes_of_a_span_are_joined_by_line_and_name_their_page(tmp_path: Path) -> None:
    words = [
        WordBox(0, 4, 1, 72, 100, 90, 112),
        WordBox(5, 9, 1, 93, 100, 110, 112),
        WordBox(10, 14, 1, 72, 114, 95, 126),
        WordBox(15, 20, 2, 72, 72, 100, 84),
    ]
    document = make_document("Late work lose marks", boxes=words, pages=2, media_type="application/pdf")
    catalog = make_catalog(tmp_path, EMBEDDER, document)
    with catalog.snapshot() as snapshot:
        assert snapshot.place(document.id, 0, 14) == (1, (Box(1, 72, 100, 110, 112), Box(1, 72, 114, 95, 126)))
        assert snapshot.place(document.id, 16, 18) == (2, (Box(2, 72, 72, 100, 84),))


def test_the_page_of_a_slide_comes_from_its_mark(tmp_path: Path) -> None:
    marks = [Mark(MarkKind.PAGE, 0, 5, 1), Mark(MarkKind.PAGE, 6, 12, 2)]
    document = make_document("first\nsecond", marks=marks, pages=2)
    catalog = make_catalog(tmp_path, EMBEDDER, document, make_document("no pages", "b.txt"))
    with catalog.snapshot() as snapshot:
        assert snapshot.place(document.id, 7, 9) == (2, ())
        assert snapshot.place(make_document("no pages", "b.txt").id, 0, 2) == (None, ())


@pytest.mark.parametrize(
    ("filters", "names"),
    [
        (Filters({"document": ("law.txt",)}), ["law.txt"]),
        (Filters({"language": ("zh",)}), ["law.txt", "法.txt"]),
        (Filters({"language": ("zh-Hant",)}), ["法.txt"]),
        (Filters({"tags": ("civil", "none")}), ["law.txt"]),
        (Filters({"tags": ("civil",), "language": ("en",)}), []),
        (Filters(as_of=date(2024, 6, 1)), ["en.txt", "法.txt"]),
        (Filters(as_of=date(2025, 1, 1)), ["en.txt", "law.txt", "法.txt"]),
    ],
)
def test_filters_let_through_what_meets_every_condition(tmp_path: Path, filters: Filters, names: list[str]) -> None:
    dated = {"tags": "Civil, procedure", "effective_from": "2025-01-01"}
    catalog = make_catalog(
        tmp_path,
        EMBEDDER,
        make_document("x", "law.txt", metadata=dated, language="zh-Hans"),
        make_document("y", "法.txt", language="zh-Hant"),
        make_document("z", "en.txt"),
    )
    with catalog.snapshot() as snapshot:
        numbers = matching_passages(snapshot, filters)
        assert numbers is not None
        assert sorted(item.document.name for item in snapshot.passages(numbers).values()) == names


def test_no_filter_means_no_restriction(tmp_path: Path) -> None:
    with make_catalog(tmp_path, EMBEDDER).snapshot() as snapshot:
        assert matching_passages(snapshot, Filters()) is None


def test_a_catalog_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER)
    catalog.close()
    connection = sqlite3.connect(catalog.folder / "catalog.db")
    connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(StorageError, match="newer ibid"):
        Catalog.open(catalog.folder)


def test_a_damaged_catalog_is_an_error_in_words(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, make_document("a"))
    catalog.close()
    (catalog.folder / "catalog.db").write_bytes(b"not a database" * 1000)
    with pytest.raises(StorageError, match="ibid doctor"):
        Catalog.open(catalog.folder).collection()


def test_a_passage_that_is_not_its_span_is_found_by_the_check(tmp_path: Path) -> None:
    document = make_document("honest text")
    prepared = prepare(document)
    lying = replace(prepared, passages=(replace(prepared.passages[0], text="another one"),))
    catalog = make_catalog(tmp_path, EMBEDDER)
    catalog.store([lying], EMBEDDER.space, {lying.text_keys[0]: EMBEDDER.embed_question("x")})
    assert any("not a span" in line for line in catalog.damage())


def test_collections_are_made_listed_and_removed(tmp_path: Path) -> None:
    for name in ("law", "课程"):
        create_collection(tmp_path, name)
    assert collection_names(tmp_path) == ["law", "课程"]
    delete_collection(tmp_path, "law")
    assert collection_names(tmp_path) == ["课程"]
    with pytest.raises(NotFoundError, match="law"):
        open_collection(tmp_path, "law")


@pytest.mark.parametrize("name", ["", "..", "a/b", "../a", ".hidden", "a\x00", "x" * 65])
def test_a_name_that_is_no_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        create_collection(tmp_path, name)


def test_of_many_who_make_a_collection_at_once_one_does_and_nobody_sees_half_of_it(tmp_path: Path) -> None:
    stopped = threading.Event()
    seen: list[str] = []

    def look() -> None:
        while not stopped.is_set():
            seen.extend(open_collection(tmp_path, name).collection().created_at for name in collection_names(tmp_path))

    looking = threading.Thread(target=look)
    looking.start()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda number: make_collection(tmp_path, f"law{number % 4}"), range(32)))
    stopped.set()
    looking.join()
    assert sum(made) == 4
    assert all(seen)
    left = [path.name for path in (tmp_path / "collections").glob("law*/*")]
    assert not [name for name in left if not name.startswith("catalog.db")]


def test_a_deleted_collection_is_not_found_by_who_had_it_open_and_is_not_made_anew(tmp_path: Path) -> None:
    catalog = create_collection(tmp_path, "law")
    catalog.close()
    delete_collection(tmp_path, "law")
    with pytest.raises(NotFoundError, match="deleted"):
        catalog.collection()
    with pytest.raises(OSError, match="No such file"):
        catalog.blobs.put([b"text"])
    with pytest.raises(NotFoundError):
        delete_collection(tmp_path, "law")
    assert list((tmp_path / "collections").iterdir()) == []
