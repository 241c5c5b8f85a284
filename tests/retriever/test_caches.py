"""The indexes are caches: whatever happens to their files, a search finds what the catalog holds."""

import shutil
from pathlib import Path

import pytest

from kb.catalog import Catalog
from kb.records import Passage
from retriever import Searcher, SearchMode
from retriever.vector_file import read_vectors
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document, store

EMBEDDER = HashEmbedder()
LINES = "\n".join(f"Rule {n} speaks of zebra number {n}." for n in range(60))


def findings(catalog: Catalog, mode: SearchMode) -> list[tuple[Passage, float]]:
    result = Searcher(catalog, EMBEDDER).search("What does rule 7 say of zebras?", mode=mode)
    return [(hit.passage, round(hit.score, 5)) for hit in result.hits]


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    catalog = make_catalog(tmp_path, EMBEDDER, make_document(LINES))
    Searcher(catalog, EMBEDDER).catch_up()
    return catalog


def cache_files(catalog: Catalog) -> list[Path]:
    return sorted(path for path in catalog.cache_folder.rglob("*") if path.is_file() and path.stat().st_size)


def test_both_indexes_keep_files(catalog: Catalog) -> None:
    names = [path.name for path in cache_files(catalog)]
    assert "dense.vectors" in names
    assert "lexical.json" in names
    assert "meta.json" in names


@pytest.mark.parametrize("mode", [SearchMode.DENSE, SearchMode.LEXICAL])
def test_a_flipped_byte_anywhere_changes_no_result(catalog: Catalog, mode: SearchMode) -> None:
    expected = findings(catalog, mode)
    for name in [path.name for path in cache_files(catalog)]:
        for share in (0.0, 0.3, 0.7, 0.999):
            path = next((path for path in cache_files(catalog) if path.name == name), None)
            if path is None:  # built anew under another name
                break
            content = bytearray(path.read_bytes())
            content[int(share * (len(content) - 1))] ^= 0x41
            path.write_bytes(content)
            assert findings(catalog, mode) == expected, f"{name} at {share}"


@pytest.mark.parametrize("mode", [SearchMode.DENSE, SearchMode.LEXICAL])
def test_a_file_cut_short_or_removed_changes_no_result(catalog: Catalog, mode: SearchMode) -> None:
    expected = findings(catalog, mode)
    for path in cache_files(catalog):
        if path.exists():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
            assert findings(catalog, mode) == expected, f"{path.name} cut"
    for path in cache_files(catalog):
        path.unlink(missing_ok=True)
        assert findings(catalog, mode) == expected, f"{path.name} removed"
    shutil.rmtree(catalog.cache_folder)
    assert findings(catalog, mode) == expected


def test_files_of_an_older_version_are_caught_up(catalog: Catalog, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    shutil.copytree(catalog.cache_folder, kept)
    store(catalog, EMBEDDER, make_document("Giraffes eat leaves.", "giraffes.txt"))
    Searcher(catalog, EMBEDDER).catch_up()
    shutil.rmtree(catalog.cache_folder)
    shutil.copytree(kept, catalog.cache_folder)
    for mode in SearchMode:
        found = Searcher(catalog, EMBEDDER).search("giraffes eat leaves", mode=mode).hits
        assert found[0].passage.text == "Giraffes eat leaves."


def test_files_of_another_collection_are_not_trusted(catalog: Catalog, tmp_path: Path) -> None:
    other = make_catalog(tmp_path, EMBEDDER, make_document("Giraffes eat leaves.\nLions sleep."), name="other")
    expected = {mode: findings(other, mode) for mode in SearchMode}
    shutil.rmtree(other.cache_folder)
    shutil.copytree(catalog.cache_folder, other.cache_folder)
    for mode in SearchMode:
        assert findings(other, mode) == expected[mode]


def test_files_ahead_of_the_catalog_are_not_trusted(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, make_document(LINES), make_document("Giraffes.", "g.txt"))
    store(catalog, EMBEDDER, make_document("Lions.", "l.txt"))
    Searcher(catalog, EMBEDDER).catch_up()
    restored = make_catalog(
        tmp_path, EMBEDDER, make_document(LINES), make_document("Okapis.", "o.txt"), name="restored"
    )
    shutil.copytree(catalog.cache_folder, restored.cache_folder, dirs_exist_ok=True)
    for mode in SearchMode:
        assert Searcher(restored, EMBEDDER).search("okapis", mode=mode).hits[0].passage.text == "Okapis."


def test_vectors_of_another_space_are_not_read(catalog: Catalog) -> None:
    path = catalog.cache_folder / "dense.vectors"
    assert read_vectors(path, EMBEDDER.space.id) is not None
    assert read_vectors(path, "another space") is None


def test_a_folder_that_cannot_be_written_only_slows_the_search_down(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, EMBEDDER, make_document(LINES))
    catalog.cache_folder.write_text("a file stands where the folder should be")
    expected = make_catalog(tmp_path, EMBEDDER, make_document(LINES), name="other")
    for mode in SearchMode:
        assert findings(catalog, mode) == findings(expected, mode)


def test_old_lexical_folders_are_cleared_away(catalog: Catalog) -> None:
    for _ in range(3):
        (catalog.cache_folder / "lexical.json").unlink()
        findings(catalog, SearchMode.LEXICAL)
    assert len(list(catalog.cache_folder.glob("lexical-*"))) == 1


def test_a_deleted_document_leaves_the_lexical_index_without_building_it_anew(catalog: Catalog) -> None:
    store(catalog, EMBEDDER, make_document("A zebra that is soon gone.", name="gone.txt"))
    searcher = Searcher(catalog, EMBEDDER)
    searcher.catch_up()
    folders = {path.parent for path in catalog.cache_folder.rglob("meta.json")}

    [gone] = [hit.document.id for hit in searcher.search("a zebra that is soon gone", k=1).hits]
    catalog.remove([gone])
    searcher.catch_up()

    assert {path.parent for path in catalog.cache_folder.rglob("meta.json")} == folders
    assert gone not in {hit.document.id for hit in searcher.search("a zebra that is soon gone", k=50).hits}
