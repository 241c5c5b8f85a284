"""Words in a collection: BM25 with tantivy over our own tokens, kept as a cache of the catalog."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from kb.catalog import IndexedText, Snapshot
from kb.ports import Ids
from kb.text.tokens import TOKENS_VERSION, search_tokens
from retriever.lexical_folder import (
    LexicalManifest,
    new_folder,
    read_manifest,
    remove_other_folders,
    write_manifest,
)
from retriever.lexical_query import query_for, scores, scores_among
from retriever.locks import process_lock
from retriever.questions.records import Expansion

_LOG = logging.getLogger(__name__)

# Raise the first number when fields or weights in the index change.
_FORMAT = f"1.{TOKENS_VERSION}"

_WRITER_MEMORY = 60_000_000  # bytes before tantivy starts a new segment; four times its minimum
_ADDED_AT_ONCE = 5_000  # passages read from the catalog at a time


class LexicalIndex:
    """A collection's tantivy index, caught up from catalog snapshots, in the collection's cache folder.

    Serves any number of threads; several processes may share the folder. What is damaged, missing, made from other
    tokens or ahead of the catalog is built anew; where the folder cannot be written, the index lives in memory.
    """

    def __init__(self, cache_folder: Path) -> None:
        self._folder = cache_folder
        self._manifest_path = cache_folder / "lexical.json"
        self._lock = threading.Lock()
        self._manifest: LexicalManifest | None = None
        self._index: Any = None  # tantivy.Index, of the manifest's folder

    def catch_up(self, snapshot: Snapshot) -> None:
        """Brings the index to the snapshot's version, or leaves it at a later one."""
        if self._is_at(snapshot):
            return
        with self._lock:
            if self._is_at(snapshot):
                return
            try:
                self._folder.mkdir(exist_ok=True)  # never its parents: the collection may have been deleted meanwhile
                with process_lock(self._folder / "lexical.lock"):
                    self._update(snapshot)
            except (OSError, ValueError) as error:  # a full or read-only disk; tantivy reports it as ValueError
                _LOG.warning("cannot keep the lexical index in %s: %s", self._folder, error)
                self._build_in_memory(snapshot)

    def search(
        self, question: str, k: int, allowed: Ids | None = None, expansions: Sequence[Expansion] = ()
    ) -> dict[int, float]:
        """BM25 scores by passage number, at most `k`, best first; only among `allowed` where given.

        Words of the question that have another expression among `expansions` count as the better of the two.
        """
        index = self._index
        if index is None or (allowed is not None and len(allowed) == 0):
            return {}
        query = query_for(index.schema, question, expansions)
        if query is None:
            return {}
        searcher = index.searcher()
        if allowed is None:
            return scores(searcher, query, k)
        return scores_among(searcher, index.schema, query, k, allowed)

    def frequencies(self) -> tuple[int, Callable[[str], int]]:
        """How many passages the index has, and a function that says in how many of them a token stands."""
        if self._index is None:
            return 0, lambda _token: 0
        searcher = self._index.searcher()
        return searcher.num_docs, lambda token: int(searcher.doc_freq("text", token))

    def _is_at(self, snapshot: Snapshot) -> bool:
        return self._manifest is not None and self._manifest.version >= snapshot.version

    def _update(self, snapshot: Snapshot) -> None:
        manifest = read_manifest(self._manifest_path)
        if manifest is None or manifest.format != _FORMAT or manifest.version > snapshot.version:
            self._rebuild(snapshot)
            return
        try:
            index = self._opened(manifest)
            if manifest.version < snapshot.version:
                _write_changes(index, snapshot, manifest.version)
                manifest = write_manifest(self._manifest_path, manifest._replace(version=snapshot.version), manifest)
            whole = index.searcher().num_docs == snapshot.collection().passages
        except (OSError, ValueError) as error:
            _LOG.warning("the lexical index in %s is built anew: %s", self._folder, error)
            whole = False
        if whole:
            self._index, self._manifest = index, manifest
        else:  # damaged, or of another life of this collection, such as a restored backup's
            self._rebuild(snapshot)

    def _opened(self, manifest: LexicalManifest) -> Any:
        """The index that the manifest names: the one at hand, or opened once every file is seen to be whole."""
        import tantivy

        if self._manifest is not None and self._manifest.folder == manifest.folder:
            self._index.reload()
            return self._index
        if not manifest.is_whole(self._folder):
            raise ValueError("files are damaged or missing")
        return tantivy.Index.open(str(self._folder / manifest.folder))

    def _rebuild(self, snapshot: Snapshot) -> None:
        import tantivy

        folder = new_folder(self._folder)
        index = tantivy.Index(_schema(), path=str(folder))
        _write_changes(index, snapshot, since=0)
        manifest = write_manifest(
            self._manifest_path, LexicalManifest(folder.name, _FORMAT, snapshot.version, {}), before=None
        )
        self._index, self._manifest = index, manifest
        remove_other_folders(self._folder, keep=folder.name)

    def _build_in_memory(self, snapshot: Snapshot) -> None:
        import tantivy

        index = tantivy.Index(_schema())
        _write_changes(index, snapshot, since=0)
        self._index, self._manifest = index, LexicalManifest("", _FORMAT, snapshot.version, {})


def _write_changes(index: Any, snapshot: Snapshot, since: int) -> None:
    changes = snapshot.changes_since(since)
    if len(changes.added) == len(changes.removed) == 0:
        return
    writer = index.writer(heap_size=_WRITER_MEMORY, num_threads=1)
    if since:
        _remove(writer, index.schema, changes.removed)
        # After a crash before the manifest was written, some of the added ones may be there already.
        _remove(writer, index.schema, changes.added)
    for first in range(0, len(changes.added), _ADDED_AT_ONCE):
        _add(writer, snapshot.indexed_texts(changes.added[first : first + _ADDED_AT_ONCE]))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()


def _schema() -> Any:
    import tantivy

    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("number", indexed=True, fast=True)
    for field in ("text", "place"):
        # Frequencies without positions: half the size, and no query here asks for phrases.
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _add(writer: Any, texts: Iterable[IndexedText]) -> None:
    import tantivy

    for item in texts:
        place = search_tokens("\n".join((item.title, *item.headings)))
        document = tantivy.Document()
        document.add_unsigned("number", item.number)  # Document(number=…) would make a signed field and kill the writer
        document.add_text("place", " ".join(place))
        document.add_text("text", " ".join((*place, *search_tokens(item.text))))
        writer.add_document(document)


def _remove(writer: Any, schema: Any, numbers: Ids) -> None:
    from tantivy import Query

    for number in numbers.tolist():
        # By query: `delete_documents_by_term` takes the number for a signed one, and finds nothing.
        writer.delete_documents_by_query(Query.term_query(schema, "number", number))
