"""The pipeline with a scripted parser and embedder: what becomes of each file, and what the catalog holds then."""

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import pipeline
from ingest.pipeline import ingest_files, ingest_one
from ingest.pruning import prune
from ingest.reading import FileOutcome, FileState
from ingest.reembedding import reembed
from ingest.walking import FoundFile, walk
from kb.catalog import Catalog, VectorsMissingError
from kb.errors import EmbeddingSpaceError, InputError, StorageError, UnreadableFileError
from kb.records import Document, document_id_of
from kb.settings import LimitSettings
from tests.fakes import HashEmbedder
from tests.unprivileged import folder_seen_by_nobody

LIMITS = LimitSettings(free_disk_mb=0)


def parse_texts(files: Sequence[tuple[Path, str]]) -> Iterator[Document | InputError]:
    """Reads plain texts; a file that says BROKEN cannot be read."""
    for path, name in files:
        content = path.read_bytes()
        if b"BROKEN" in content:
            yield UnreadableFileError(f"cannot read {name}", "it is damaged", "Get a whole copy of it")
        else:
            yield Document(document_id_of(content), name, "text/plain", name.partition(".")[0], content.decode())


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    return Catalog.create(tmp_path / "home" / "collections" / "test")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    return folder


def take_in(
    catalog: Catalog,
    *paths: Path,
    embedder: HashEmbedder | None = None,
    files: Iterable[FoundFile | InputError] | None = None,
    limits: LimitSettings = LIMITS,
) -> list[FileOutcome]:
    found = files if files is not None else list(walk(paths))
    return list(ingest_files(found, catalog, embedder or HashEmbedder(), parse_texts, limits, workers=2))


def states(outcomes: list[FileOutcome]) -> dict[str, str]:
    return {outcome.name: outcome.state.value for outcome in outcomes}


def names(catalog: Catalog) -> list[str]:
    with catalog.snapshot() as snapshot:
        return [entry.name for entry in snapshot.documents()]


def test_files_become_documents_whose_passages_are_exact_spans(catalog: Catalog, folder: Path) -> None:
    (folder / "late.txt").write_text("Late work loses marks.\n\nExtensions are rare.")
    (folder / "迟交.txt").write_text("迟交的作业会被扣分。", "utf-8")
    assert states(take_in(catalog, folder)) == {"late.txt": "stored", "迟交.txt": "stored"}
    with catalog.snapshot() as snapshot:
        for entry in snapshot.documents():
            text = snapshot.document(entry.id).text
            for stored in snapshot.passages_of(entry.id):
                assert text[stored.passage.start : stored.passage.end] == stored.passage.text
        assert catalog.blobs.path(snapshot.documents()[0].id).is_file()


def test_an_unchanged_file_is_neither_parsed_nor_embedded_again(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("some text")
    take_in(catalog, folder)
    again = HashEmbedder()
    assert states(take_in(catalog, folder, embedder=again)) == {"a.txt": "unchanged"}
    assert again.embedded == []


def test_a_touched_file_with_the_same_bytes_is_unchanged(catalog: Catalog, folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text("some text")
    take_in(catalog, folder)
    os.utime(path, ns=(1, 1))
    assert states(take_in(catalog, folder)) == {"a.txt": "unchanged"}
    assert names(catalog) == ["a.txt"]


def test_a_changed_file_replaces_its_document_and_only_new_text_is_embedded(catalog: Catalog, folder: Path) -> None:
    path = folder / "a.txt"
    path.write_text("the old text")
    take_in(catalog, folder)
    path.write_text("the new text")
    embedder = HashEmbedder()
    assert states(take_in(catalog, folder, embedder=embedder)) == {"a.txt": "stored"}
    with catalog.snapshot() as snapshot:
        assert [snapshot.document(entry.id).text for entry in snapshot.documents()] == ["the new text"]
    assert len(embedder.embedded) == 1
    assert len(list(catalog.blobs.folder.glob("??/*"))) == 1


def test_the_same_bytes_under_two_names_are_one_document(catalog: Catalog, folder: Path) -> None:
    for name in ("a.txt", "b.txt"):
        (folder / name).write_text("same text")
    outcomes = take_in(catalog, folder)
    assert states(outcomes) == {"a.txt": "stored", "b.txt": "duplicate"}
    assert outcomes[1].reason == "the same bytes as a.txt"
    (folder / "a.txt").unlink()
    assert prune(catalog, [folder], list(walk([folder]))) == [str(folder / "a.txt")]
    assert len(names(catalog)) == 1  # b.txt still holds it


def test_a_file_that_fails_says_why_and_the_others_go_on(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("fine")
    (folder / "b.txt").write_text("BROKEN")
    (folder / "c.txt").write_text("fine too")
    outcomes = take_in(catalog, folder, folder / "absent.txt")
    by_state = {state: [o for o in outcomes if o.state is state] for state in FileState}
    assert [o.name for o in by_state[FileState.STORED]] == ["a.txt", "c.txt"]
    reasons = [o.reason for o in by_state[FileState.FAILED]]
    assert any("b.txt: it is damaged. Get a whole copy" in reason for reason in reasons)
    assert any("absent.txt: no such file" in reason for reason in reasons)
    assert len(list(catalog.blobs.folder.glob("??/*"))) == 2  # nothing of the broken file is kept


def test_a_file_over_the_limit_is_refused_before_it_is_read(catalog: Catalog, folder: Path) -> None:
    with (folder / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)
    (outcome,) = take_in(catalog, folder)
    assert outcome.state is FileState.FAILED
    assert "it has 200 MB, the limit is 100 MB" in outcome.reason
    assert not catalog.blobs.folder.exists()


def test_a_full_disk_stops_the_run_and_keeps_what_was_stored(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("first")
    take_in(catalog, folder)
    (folder / "b.txt").write_text("second")
    with pytest.raises(StorageError, match=r"only \d+ MB of disk are free"):
        take_in(catalog, folder, limits=LimitSettings(free_disk_mb=10**9))
    assert names(catalog) == ["a.txt"]


def test_another_embedding_model_is_refused_and_nothing_changes(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("first")
    take_in(catalog, folder)
    (folder / "b.txt").write_text("second")
    with pytest.raises(EmbeddingSpaceError):
        take_in(catalog, folder, embedder=HashEmbedder(model="other"))
    assert names(catalog) == ["a.txt"]


def test_large_collections_are_committed_in_batches(
    catalog: Catalog, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "BATCH_PASSAGES", 2)
    for number in range(6):
        (folder / f"{number}.txt").write_text(f"text number {number}")
    take_in(catalog, folder)
    assert catalog.collection().version == 3
    assert catalog.collection().documents == 6


def test_pruning_removes_what_is_gone_and_only_under_the_named_folders(
    catalog: Catalog, folder: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in (folder / "a.txt", folder / "b.txt", other / "c.txt"):
        path.write_text(f"text of {path.name}")
    take_in(catalog, folder, other)
    (folder / "b.txt").unlink()
    (other / "c.txt").unlink()
    assert prune(catalog, [folder], list(walk([folder]))) == [str(folder / "b.txt")]
    assert names(catalog) == ["a.txt", "c.txt"]


def test_pruning_does_nothing_when_a_folder_could_not_be_read(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("text")
    take_in(catalog, folder)
    (folder / "a.txt").unlink()
    assert prune(catalog, [folder], [UnreadableFileError("cannot read the share")]) == []
    assert names(catalog) == ["a.txt"]


def test_one_file_reports_its_stages_and_takes_metadata(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("some text")
    (found,) = walk([folder])
    assert isinstance(found, FoundFile)
    stages: list[str] = []
    outcome = ingest_one(
        replace(found, source="upload:1"),
        catalog,
        HashEmbedder(),
        parse_texts,
        LIMITS,
        lambda stage, _share: stages.append(stage),
        {"tags": "week 1"},
    )
    assert outcome.state is FileState.STORED
    assert list(dict.fromkeys(stages)) == ["parsing", "splitting", "embedding", "storing"]
    with catalog.snapshot() as snapshot:
        assert snapshot.entry(outcome.document_id).metadata == {"tags": "week 1"}


def test_the_walk_passes_over_hidden_lock_and_unknown_files(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / ".git").mkdir()
    for name in ("a.txt", "sub/b.md", ".hidden.txt", "~$c.docx", "d.exe", ".git/e.txt"):
        (folder / name).write_text("x")
    assert [item.name for item in walk([folder]) if isinstance(item, FoundFile)] == ["a.txt", "sub/b.md"]


def test_a_pipe_is_reported_and_never_waited_for(catalog: Catalog, folder: Path) -> None:
    os.mkfifo(folder / "notes.txt")
    (folder / "rules.txt").write_text("late work loses marks")
    outcomes = take_in(catalog, folder)
    assert sorted(outcome.state for outcome in outcomes) == [FileState.FAILED, FileState.STORED]
    assert any("a pipe or a device" in outcome.reason for outcome in outcomes)


def test_names_from_archives_of_chinese_windows_are_read(catalog: Catalog, folder: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + "合同.txt".encode("gb18030")))
    path.write_text("late work loses marks")
    (folder / "rules.txt").write_text("extensions are rare")
    assert states(take_in(catalog, folder)) == {"合同.txt": "stored", "rules.txt": "stored"}
    assert states(take_in(catalog, folder)) == {"合同.txt": "unchanged", "rules.txt": "unchanged"}
    assert prune(catalog, [folder], list(walk([folder]))) == []
    path.unlink()
    assert len(prune(catalog, [folder], list(walk([folder])))) == 1
    assert names(catalog) == ["rules.txt"]


def test_a_name_is_one_line_that_a_terminal_does_not_obey(folder: Path) -> None:
    for name in ("two\nlines.txt", "red\x1b[31m.txt", "turned\u202egnp.txt"):
        (folder / name).write_text("text")
    assert [item.name for item in walk([folder]) if isinstance(item, FoundFile)] == [
        "red [31m.txt", "turned gnp.txt", "two lines.txt",
    ]  # fmt: skip


def test_bytes_that_were_lost_come_back_with_their_unchanged_file(catalog: Catalog, folder: Path) -> None:
    (folder / "rules.txt").write_text("late work loses marks")
    (outcome,) = take_in(catalog, folder)
    catalog.blobs.path(outcome.document_id).unlink()
    assert states(take_in(catalog, folder)) == {"rules.txt": "unchanged"}
    assert catalog.blobs.path(outcome.document_id).read_text() == "late work loses marks"


def test_a_folder_without_permission_is_reported() -> None:
    with folder_seen_by_nobody() as folder:
        (folder / "locked").mkdir(mode=0)
        (error,) = walk([folder])
    assert isinstance(error, InputError)
    assert "locked: permission denied" in str(error)


def test_a_collection_changes_its_model_without_losing_a_passage(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("late work loses marks")
    (folder / "b.txt").write_text("extensions are rare")
    take_in(catalog, folder)
    other = HashEmbedder(dimension=32, model="other")
    said: list[tuple[int, int]] = []
    version = reembed(catalog, other, lambda done, total: said.append((done, total)))
    assert said[-1] == (2, 2)
    with catalog.snapshot() as snapshot:
        assert (snapshot.version, snapshot.space) == (version, other.space)
        assert snapshot.vectors(snapshot.numbers()).shape == (2, 32)
    assert states(take_in(catalog, folder, embedder=other)) == {"a.txt": "unchanged", "b.txt": "unchanged"}


def test_a_space_with_missing_vectors_is_never_taken_into_use(catalog: Catalog, folder: Path) -> None:
    (folder / "a.txt").write_text("late work loses marks")
    take_in(catalog, folder)
    with pytest.raises(VectorsMissingError):
        catalog.use_space(HashEmbedder(model="other").space)
    with catalog.snapshot() as snapshot:
        assert snapshot.space == HashEmbedder().space


def test_a_file_that_cannot_be_read_takes_nothing_from_the_same_bytes_under_a_readable_name(
    catalog: Catalog, folder: Path
) -> None:
    (folder / "a.pdf").write_text("the same bytes")
    (folder / "b.txt").write_text("the same bytes")

    def parse(files: Sequence[tuple[Path, str]]) -> Iterator[Document | InputError]:
        for path, name in files:
            broken = UnreadableFileError(f"cannot read {name}", "it is no PDF")
            yield broken if name.endswith("pdf") else next(iter(parse_texts([(path, name)])))

    outcomes = list(ingest_files(walk([folder]), catalog, HashEmbedder(), parse, LIMITS))

    assert states(outcomes) == {"a.pdf": "failed", "b.txt": "stored"}
    assert catalog.blobs.path(outcomes[1].document_id).read_text() == "the same bytes"


def test_small_files_go_to_the_parser_together_and_large_ones_alone(catalog: Catalog, folder: Path) -> None:
    for number in range(20):
        (folder / f"{number:02d}.txt").write_text(f"text {number}")
    (folder / "99.txt").write_text("long " * 100_000)
    calls: list[int] = []

    def parse(files: Sequence[tuple[Path, str]]) -> Iterator[Document | InputError]:
        calls.append(len(files))
        return parse_texts(files)

    outcomes = list(ingest_files(walk([folder]), catalog, HashEmbedder(), parse, LIMITS))

    assert [outcome.name for outcome in outcomes] == [f"{number:02d}.txt" for number in (*range(20), 99)]
    assert {outcome.state for outcome in outcomes} == {FileState.STORED}
    assert sorted(calls) == [1, 4, 16]
