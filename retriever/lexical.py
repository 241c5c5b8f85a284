"""Words in a collection: BM25 with tantivy over our own tokens, kept as a cache of the catalog."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kb.catalog import IndexedText, Snapshot
from kb.ports import Ids
from kb.text.tokens import TOKENS_VERSION, question_tokens, search_tokens
from retriever.lexical_folder import (
    LexicalManifest,
    new_folder,
    read_manifest,
    remove_other_folders,
    write_manifest,
)
from retriever.locks import process_lock
from retriever.questions.records import Expansion
from retriever.questions.synonyms import alternatives

_LOG = logging.getLogger(__name__)

# Raise the first number when fields or weights in the index change.
_FORMAT = f"1.{TOKENS_VERSION}"

# The field "text" holds title, headings and text; "place" holds title and headings once more, at this weight. Measured:
# 0.25 is worth .026 nDCG@10 where titles tell documents apart (contracts) and costs nothing elsewhere.
_PLACE_WEIGHT = 0.25

# A long question is searched by its first distinct tokens: each costs some 10 microseconds in 20,000 passages.
_MOST_TOKENS = 300

_WRITER_MEMORY = 60_000_000  # bytes before tantivy starts a new segment; four times its minimum
_MOST_RANGES = 50  # of passage numbers in one filter; each is looked up in every passage that has one of the words
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
                self._folder.mkdir(parents=True, exist_ok=True)
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
        query = _query(index.schema, question, expansions)
        if query is None:
            return {}
        searcher = index.searcher()
        if allowed is None:
            return _scores(searcher, query, k)
        return _scores_among(searcher, index.schema, query, k, allowed)

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


def _query(schema: Any, question: str, expansions: Sequence[Expansion] = ()) -> Any:
    """The question's tokens joined by "or"; None if it has none. One said n times counts as the square root of n.

    Of words and another expression for them, those count that a passage has more of.
    """
    from tantivy import Occur, Query

    counts = Counter(question_tokens(question))
    weights = {token: count**0.5 for token, count in list(counts.items())[:_MOST_TOKENS]}
    pairs, left = alternatives(weights, expansions)
    parts = _terms(schema, left)
    for pair in pairs:
        either = [Query.boolean_query(_terms(schema, tokens)) for tokens in pair]
        parts.append((Occur.Should, Query.disjunction_max_query(either)))
    return Query.boolean_query(parts) if parts else None


def _terms(schema: Any, weights: Mapping[str, float]) -> list[Any]:
    from tantivy import Occur, Query

    return [
        (Occur.Should, Query.boost_query(Query.term_query(schema, field, token, "freq"), share * weight))
        for token, weight in weights.items()
        for field, share in (("text", 1.0), ("place", _PLACE_WEIGHT))
    ]


def _scores(searcher: Any, query: Any, k: int) -> dict[int, float]:
    hits = searcher.search(query, k, count=False).hits
    numbers = searcher.fast_field_values("number", [address for _, address in hits]) if hits else []
    return dict(zip(numbers, (score for score, _ in hits), strict=True))


def _scores_among(searcher: Any, schema: Any, query: Any, k: int, allowed: Ids) -> dict[int, float]:
    """The best `k` of `allowed`.

    The passages of a document have consecutive numbers, so few documents are few ranges, which tantivy filters by. Of
    many documents enough are soon found by asking for more, until enough of the answers are among them.
    """
    ranges = _ranges(allowed)
    if len(ranges) <= _MOST_RANGES:
        return _scores(searcher, _within(schema, query, ranges), k)
    wanted = set(allowed.tolist())
    limit = 4 * k
    while True:
        found = _scores(searcher, query, limit)
        among = {number: score for number, score in found.items() if number in wanted}
        if len(among) >= min(k, len(wanted)) or len(found) < limit:
            return dict(list(among.items())[:k])
        limit *= 4


def _ranges(numbers: Ids) -> list[tuple[int, int]]:
    """Ascending numbers as first and last of each run of consecutive ones."""
    ends = np.flatnonzero(np.diff(numbers) > 1)
    firsts, lasts = numbers[np.concatenate(([0], ends + 1))], numbers[np.concatenate((ends, [len(numbers) - 1]))]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _within(schema: Any, query: Any, ranges: list[tuple[int, int]]) -> Any:
    from tantivy import FieldType, Occur, Query

    parts = [Query.range_query(schema, "number", FieldType.Unsigned, first, last) for first, last in ranges]
    inside = Query.boolean_query([(Occur.Should, part) for part in parts])
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(inside, 0.0))])
