"""The dense index of a large collection: its files, and what happens while they are written anew."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kb.catalog import Catalog
from kb.catalog.naming import find_documents
from retriever.dense import DenseIndex, report_on
from retriever.index_sizes import IndexKind, IndexSizes
from retriever.locks import process_lock
from retriever.vector_file import read_vectors
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

EMBEDDER = HashEmbedder()
LISTS = IndexSizes(exact=20, codes=30, unsaved=20, written_at_once=0)  # as if 100 passages were 1,000,000
CODES = IndexSizes(exact=20, codes=10**9, unsaved=20, written_at_once=0)
EXACT = IndexSizes(unsaved=20)


def lines(first: int, count: int) -> str:
    return "\n".join(
        f"Rule {n} speaks of animal {n * 7919 % 1009} and of plant {n * 31 % 499}." for n in range(first, first + count)
    )


def caught_up(catalog: Catalog, sizes: IndexSizes, index: DenseIndex | None = None) -> DenseIndex:
    index = index or DenseIndex(catalog.cache_folder, sizes)
    with catalog.snapshot() as snapshot:
        index.catch_up(snapshot)
    return index


def nearest(index: DenseIndex, text: str, k: int = 10) -> dict[int, float]:
    found = index.search(EMBEDDER.space, EMBEDDER.embed_question(text), k)
    return {number: round(score, 3) for number, score in found.items()}


def all_of_it(catalog: Catalog, index: DenseIndex) -> None:
    """Every live passage is found by its own text, and nothing else is there."""
    with catalog.snapshot() as snapshot:
        numbers = snapshot.numbers()
        texts = {item.number: item.text for item in snapshot.indexed_texts(numbers)}
    assert sorted(nearest(index, "rule", 10_000)) == numbers.tolist()
    for number in numbers[::17].tolist():
        assert max(nearest(index, texts[number], 5).values()) > 0.99


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return make_catalog(tmp_path, EMBEDDER, make_document(lines(0, 200)), make_document(lines(200, 60), "b.txt"))


@pytest.mark.parametrize("sizes", [EXACT, CODES, LISTS])
def test_changes_are_found_at_once_and_kept_for_the_next_process(catalog: Catalog, sizes: IndexSizes) -> None:
    index = caught_up(catalog, sizes)
    all_of_it(catalog, index)
    for step in range(6):
        store(catalog, EMBEDDER, make_document(lines(1000 + 15 * step, 15), f"new{step}.txt"))
        all_of_it(catalog, caught_up(catalog, sizes, index))
        if step % 2:
            with catalog.snapshot() as snapshot:
                document = find_documents(snapshot, f"new{step - 1}.txt")[0]
            catalog.remove([document.id])
            all_of_it(catalog, caught_up(catalog, sizes, index))
    index.wait()
    all_of_it(catalog, index)
    all_of_it(catalog, caught_up(catalog, sizes))


@pytest.mark.parametrize("sizes", [CODES, LISTS])
def test_what_changes_while_the_file_is_written_anew_is_not_lost(catalog: Catalog, sizes: IndexSizes) -> None:
    index = caught_up(catalog, sizes)
    path = catalog.cache_folder / "dense.vectors"
    before = read_vectors(path, EMBEDDER.space.id)
    with process_lock(path.with_suffix(".lock")):  # the thread that writes waits for it
        store(catalog, EMBEDDER, make_document(lines(1000, 40), "during.txt"))
        caught_up(catalog, sizes, index)
        store(catalog, EMBEDDER, make_document("Okapis sleep.", "okapi.txt"))
        with catalog.snapshot() as snapshot:
            catalog.remove([find_documents(snapshot, "b.txt")[0].id])
        all_of_it(catalog, caught_up(catalog, sizes, index))
    index.wait()
    all_of_it(catalog, index)
    after = read_vectors(path, EMBEDDER.space.id)
    assert before is not None
    assert after is not None
    assert (len(before.ids), len(after.ids), after.version) == (260, 300, 2)
    all_of_it(catalog, caught_up(catalog, sizes))


def test_removed_rows_stay_in_the_file_until_there_are_many(catalog: Catalog) -> None:
    index = caught_up(catalog, LISTS)
    stored = []
    for step, removed in enumerate(["b.txt", "new0.txt"]):
        store(catalog, EMBEDDER, make_document(lines(1000 + 60 * step, 60), f"new{step}.txt"))
        with catalog.snapshot() as snapshot:
            catalog.remove([find_documents(snapshot, removed)[0].id])
        caught_up(catalog, LISTS, index)
        index.wait()
        all_of_it(catalog, index)
        found = read_vectors(catalog.cache_folder / "dense.vectors", EMBEDDER.space.id)
        assert found is not None
        stored.append((len(found.ids), len(found.removed)))
    # 60 of 260 are more than a fifth and are left out; of the next file's rows, 60 of 260 again
    assert stored == [(260, 0), (260, 0)]
    store(catalog, EMBEDDER, make_document(lines(2000, 10), "few.txt"), make_document(lines(3000, 30), "more.txt"))
    with catalog.snapshot() as snapshot:
        catalog.remove([find_documents(snapshot, "few.txt")[0].id])
    caught_up(catalog, LISTS, index)
    index.wait()
    with catalog.snapshot() as snapshot:
        catalog.remove([find_documents(snapshot, "more.txt")[0].id])
    all_of_it(catalog, caught_up(catalog, LISTS, index))
    index.wait()
    found = read_vectors(catalog.cache_folder / "dense.vectors", EMBEDDER.space.id)
    assert found is not None
    assert (len(found.ids), len(found.removed)) == (290, 30)
    all_of_it(catalog, caught_up(catalog, LISTS))


def test_searches_go_on_while_files_are_written(catalog: Catalog) -> None:
    index, failed = caught_up(catalog, LISTS), []
    stop = threading.Event()

    def ask() -> None:
        while not stop.is_set():
            if not nearest(index, "Rule 5 speaks of animal 5"):
                failed.append("nothing found")

    askers = [threading.Thread(target=ask) for _ in range(3)]
    for asker in askers:
        asker.start()
    for step in range(5):
        store(catalog, EMBEDDER, make_document(lines(1000 + 30 * step, 30), f"new{step}.txt"))
        caught_up(catalog, LISTS, index)
    index.wait()
    stop.set()
    for asker in askers:
        asker.join()
    assert not failed
    all_of_it(catalog, index)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["dense.vectors", "dense.codes"]),
    places=st.lists(st.tuples(st.floats(0, 1), st.integers(1, 255)), min_size=1, max_size=5),
    cut=st.booleans(),
)
def test_a_file_damaged_anywhere_changes_no_result(
    catalog: Catalog, name: str, places: list[tuple[float, int]], cut: bool
) -> None:
    expected = nearest(caught_up(catalog, LISTS), "Rule 7 speaks of animals and of plants")
    path = catalog.cache_folder / name
    content = bytearray(path.read_bytes())
    if cut:
        del content[int(places[0][0] * (len(content) - 1)) :]
    for share, change in [] if cut else places:
        content[int(share * (len(content) - 1))] ^= change
    path.write_bytes(content)
    index = caught_up(catalog, LISTS)
    assert nearest(index, "Rule 7 speaks of animals and of plants") == expected
    all_of_it(catalog, index)


def test_files_of_two_moments_are_not_mixed(catalog: Catalog, tmp_path: Path) -> None:
    caught_up(catalog, LISTS)
    kept = tmp_path / "kept"
    shutil.copytree(catalog.cache_folder, kept)
    store(catalog, EMBEDDER, make_document(lines(1000, 100), "new.txt"))
    caught_up(catalog, LISTS).wait()
    for name in ("dense.vectors", "dense.codes"):  # a process was killed between the one and the other
        newer = (catalog.cache_folder / name).read_bytes()
        shutil.copy(kept / name, catalog.cache_folder / name)
        all_of_it(catalog, caught_up(catalog, LISTS))
        (catalog.cache_folder / name).write_bytes(newer)


def test_what_a_killed_process_left_behind_is_cleared_away(catalog: Catalog) -> None:
    catalog.cache_folder.mkdir(parents=True, exist_ok=True)
    left_over = catalog.cache_folder / ".dense.vectors.abc123"
    left_over.write_bytes(b"half a file")
    all_of_it(catalog, caught_up(catalog, LISTS))
    assert not left_over.exists()


def test_a_collection_that_was_deleted_meanwhile_is_not_made_again(catalog: Catalog) -> None:
    index = caught_up(catalog, LISTS)
    store(catalog, EMBEDDER, make_document(lines(1000, 40), "new.txt"))
    with catalog.snapshot() as snapshot:
        shutil.rmtree(catalog.cache_folder.parent)
        index.catch_up(snapshot)
        index.wait()
    assert not catalog.cache_folder.parent.exists()


def test_the_report_is_of_the_caught_up_index(catalog: Catalog, tmp_path: Path) -> None:
    report = report_on(catalog)
    assert report is not None
    assert (report.kind, report.vectors, report.recall) == (IndexKind.EXACT, 260, 1.0)
    assert report_on(make_catalog(tmp_path, EMBEDDER, name="empty")) is None


def test_similarities_of_chosen_passages_are_exact_in_every_kind(catalog: Catalog) -> None:
    query = EMBEDDER.embed_question("Rule 7 speaks of plant 217")
    with catalog.snapshot() as snapshot:
        numbers = snapshot.numbers()[::40]
        exact = snapshot.vectors(numbers) @ query
    for sizes in (EXACT, CODES, LISTS):
        found = caught_up(catalog, sizes).search(EMBEDDER.space, query, 1, also=numbers.tolist())
        assert [found[number] for number in numbers.tolist()] == pytest.approx(exact.tolist(), abs=1e-3)
