"""What stands in a file beside a document becomes what is known of it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ingest.pipeline import ingest_files
from ingest.reading import FileOutcome
from ingest.walking import walk
from kb.catalog import Catalog
from kb.records import DocumentEntry
from tests.fakes import HashEmbedder
from tests.ingest.test_pipeline import LIMITS, parse_texts, states


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.create(tmp_path / "home" / "collections" / "test")


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    path = tmp_path / "documents" / "rules.txt"
    path.parent.mkdir()
    path.write_text("Late work loses marks.")
    return path


def describe(document: Path, *lines: str) -> None:
    document.with_name(document.name + ".ibid.toml").write_text("\n".join(lines), "utf-8")


def take_in(catalog: Catalog, *paths: Path, given: Mapping[str, str] | None = None) -> list[FileOutcome]:
    files = list(walk(paths))
    return list(ingest_files(files, catalog, HashEmbedder(), parse_texts, LIMITS, workers=2, given=given))


def the_entry(catalog: Catalog) -> DocumentEntry:
    with catalog.snapshot() as snapshot:
        (entry,) = snapshot.documents()
    return entry


def test_a_sidecar_describes_its_document_and_is_none_itself(catalog: Catalog, rules: Path) -> None:
    dates = ("effective_from = 2023-09-01", 'effective_to = "2024年8月"')
    describe(rules, 'title = "学生手册"', *dates, 'tags = ["a", "b"]')
    assert states(take_in(catalog, rules.parent)) == {"rules.txt": "stored"}
    entry = the_entry(catalog)
    assert (entry.title, entry.effective_from, entry.effective_to) == ("学生手册", "2023-09-01", "2024-08-31")
    assert (entry.metadata["tags"], entry.given) == ("a, b", {})


def test_a_changed_sidecar_is_seen_and_an_unchanged_one_costs_nothing(catalog: Catalog, rules: Path) -> None:
    describe(rules, "effective_from = 2023-09-01", 'author = "Registry"')
    take_in(catalog, rules)
    assert states(take_in(catalog, rules)) == {"rules.txt": "unchanged"}
    describe(rules, "effective_from = 2024-09-01")
    assert states(take_in(catalog, rules)) == {"rules.txt": "stored"}
    assert (the_entry(catalog).effective_from, the_entry(catalog).metadata.get("author")) == ("2024-09-01", None)
    rules.with_name("rules.txt.ibid.toml").unlink()
    assert states(take_in(catalog, rules)) == {"rules.txt": "stored"}
    assert the_entry(catalog).metadata == {}


def test_what_is_set_wins_over_the_sidecar_and_stays(catalog: Catalog, rules: Path) -> None:
    describe(rules, "effective_from = 2023-09-01", 'title = "Rules"')
    take_in(catalog, rules, given={"effective_from": "2022-09-01", "title": "The Rules"})
    assert (the_entry(catalog).effective_from, the_entry(catalog).title) == ("2022-09-01", "The Rules")
    describe(rules, "effective_from = 2024-09-01")
    take_in(catalog, rules)
    assert (the_entry(catalog).effective_from, the_entry(catalog).title) == ("2022-09-01", "The Rules")


def test_a_file_that_is_known_already_is_described_too(catalog: Catalog, rules: Path) -> None:
    take_in(catalog, rules)
    assert states(take_in(catalog, rules, given={"tags": "course"})) == {"rules.txt": "unchanged"}
    assert the_entry(catalog).metadata == {"tags": "course"}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["effective_from = soon"], "must be TOML"),
        (['effective_from = "soon"'], "that is not a date"),
        (["effective_from = 2024-03-01", "effective_to = 2024-02-01"], "is before"),
        (["[table]", "a = 1"], "values are texts"),
    ],
)
def test_a_sidecar_that_cannot_be_fails_its_file_with_a_reason(
    catalog: Catalog, rules: Path, lines: list[str], words: str
) -> None:
    describe(rules, *lines)
    (outcome,) = take_in(catalog, rules)
    assert outcome.state == "failed"
    assert words in outcome.reason
    assert "rules.txt.ibid.toml" in outcome.reason


LONG_CHINESE_NAME = "关于适用租赁管理条例若干问题的解释" * 4 + "（二〇二四年修订版第一稿）.txt"


@pytest.mark.parametrize("name", ["x" * 250 + ".txt", LONG_CHINESE_NAME], ids=["en", "zh"])
def test_a_name_that_leaves_no_room_for_a_sidecar_s_is_taken_in(catalog: Catalog, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "documents"
    folder.mkdir()
    assert 245 <= len(name.encode()) <= 255  # what a file's name may have
    (folder / name).write_text("Late work loses marks.")
    (folder / "rules.txt").write_text("Reports come on paper.")
    assert states(take_in(catalog, folder)) == {name: "stored", "rules.txt": "stored"}
