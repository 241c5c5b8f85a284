"""What an ordinary search may read is kept until it changes."""

from pathlib import Path

from retriever.current import CurrentPassages
from tests.fakes import HashEmbedder
from tests.making import make_catalog, make_document

OLD, NEW = make_document("fourteen days", "old.txt"), make_document("ten days", "new.txt")
OTHER = make_document("a library", "library.txt")


def test_what_is_current_is_read_anew_when_the_collection_changes(tmp_path: Path) -> None:
    catalog = make_catalog(tmp_path, HashEmbedder(), OLD, NEW, OTHER)
    current = CurrentPassages()
    with catalog.snapshot() as snapshot:
        assert current.of(snapshot) is None
    catalog.describe(NEW.id, {"replaces": OLD.id, "effective_from": "2024-09-01"})
    with catalog.snapshot() as snapshot:
        first = current.of(snapshot)
        assert first is not None
        assert {item.document.name for item in snapshot.passages(first).values()} == {"new.txt", "library.txt"}
        assert current.of(snapshot) is first
    catalog.remove([NEW.id])
    with catalog.snapshot() as snapshot:
        assert current.of(snapshot) is None
