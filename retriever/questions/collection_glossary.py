"""The glossary of a collection: learnt from its passages, kept beside its indexes, caught up from the catalog."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections import Counter
from pathlib import Path
from typing import NamedTuple

from kb.catalog import Snapshot
from retriever.files import write_whole
from retriever.locks import process_lock
from retriever.questions.glossary import Glossary
from retriever.questions.pairs import PAIRS_VERSION, find_pairs
from retriever.questions.records import Pair, PairKind

_LOG = logging.getLogger(__name__)

_READ_AT_ONCE = 5_000  # passages read from the catalog at a time
# Up to so many pairs the glossary is made anew whenever the collection changes, which takes .1 s at most. With more,
# it waits until a hundredth of the passages has changed: what it knows is a hint, and what is found is always live.
_CHEAP = 10_000
_WORTH_IT = 0.01
_FEW = 0.02  # of the passages

_Learnt = dict[int, list[Pair]]  # by passage number


class _State(NamedTuple):
    version: int  # of the catalog
    passages: int  # in the collection then
    learnt: _Learnt
    chinese: bool  # whether it is worth to search for Chinese names
    latin: bool

    def glossary(self) -> Glossary:
        counts = Counter(pair for pairs in self.learnt.values() for pair in pairs)
        return Glossary(counts, chinese=self.chinese, latin=self.latin)


class CollectionGlossary:
    """What a collection's passages call the same thing. Serves any number of threads.

    The file in the cache folder may be deleted at any time; where it is damaged, of other rules or ahead of the
    catalog, everything is learnt anew; where it cannot be written, the glossary lives in memory.
    """

    def __init__(self, cache_folder: Path) -> None:
        self._path = cache_folder / "glossary.json"
        self._lock = threading.Lock()
        self._seen = 0  # the last version that was looked at
        self._state: _State | None = None
        self._glossary = Glossary({})  # of `_state`

    def at(self, snapshot: Snapshot) -> Glossary:
        """The glossary of the snapshot's version; of a somewhat older one where the collection is large."""
        seen, state = self._seen, self._state
        if state is None or seen < snapshot.version:
            with self._lock:
                self._catch_up(snapshot)
        return self._glossary

    def _catch_up(self, snapshot: Snapshot) -> None:
        before = self._state or _read(self._path)
        if before is not None and before is not self._state and _is_of_another_life(before, snapshot):
            before = None
        state = _learn(snapshot, before) if before is None or _is_due(before, snapshot) else before
        if state is not self._state:
            self._glossary, self._state = state.glossary(), state
        self._seen = max(self._seen, snapshot.version)
        if state is not before:
            self._keep(state)

    def _keep(self, state: _State) -> None:
        try:
            self._path.parent.mkdir(exist_ok=True)  # never its parents: the collection may have been deleted meanwhile
            with process_lock(self._path.with_suffix(".lock")):
                _write(self._path, state)
        except OSError as error:
            _LOG.warning("cannot keep the glossary in %s: %s", self._path, error)


def _is_of_another_life(state: _State, snapshot: Snapshot) -> bool:
    """Whether a file was written for a collection that has since been restored from a backup."""
    same = state.version == snapshot.version
    return state.version > snapshot.version or (same and state.passages != snapshot.collection().passages)


def _is_due(state: _State, snapshot: Snapshot) -> bool:
    if state.version >= snapshot.version:
        return False
    if sum(map(len, state.learnt.values())) <= _CHEAP:
        return True
    changes = snapshot.changes_since(state.version)
    return len(changes.added) + len(changes.removed) >= _WORTH_IT * state.passages


def _learn(snapshot: Snapshot, before: _State | None) -> _State:
    learnt: _Learnt = dict(before.learnt) if before else {}
    changes = snapshot.changes_since(before.version if before else 0)
    for number in changes.removed.tolist():
        learnt.pop(number, None)
    for first in range(0, len(changes.added), _READ_AT_ONCE):
        for item in snapshot.indexed_texts(changes.added[first : first + _READ_AT_ONCE]):
            if pairs := find_pairs(item.title, item.headings, item.text):
                learnt[item.number] = pairs
    chinese, latin = _scripts_of(snapshot)
    return _State(snapshot.version, snapshot.collection().passages, learnt, chinese, latin)


def _scripts_of(snapshot: Snapshot) -> tuple[bool, bool]:
    """Whether documents in Chinese are there, and whether others are; a few that were taken for such do not count."""
    passages = {language: count for language, count in snapshot.passages_by_language().items() if language}
    chinese = sum(count for language, count in passages.items() if language.startswith("zh"))
    few = _FEW * sum(passages.values())
    return chinese > few, sum(passages.values()) - chinese > few


def _write(path: Path, state: _State) -> None:
    rows = [[number, *pair] for number, pairs in sorted(state.learnt.items()) for pair in pairs]
    content = {"format": PAIRS_VERSION, "version": state.version, "passages": state.passages, "pairs": rows}
    content |= {"chinese": state.chinese, "latin": state.latin}
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    write_whole(path, hashlib.sha256(body).hexdigest().encode(), b"\n", body)


def _read(path: Path) -> _State | None:
    """What is kept; None where nothing is that can be read."""
    try:
        checksum, _, body = path.read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != checksum:
            return None
        content = json.loads(body)
        if content["format"] != PAIRS_VERSION:
            return None
        learnt: _Learnt = {}
        for number, short, long, kind in content["pairs"]:
            learnt.setdefault(number, []).append(Pair(short, long, PairKind(kind)))
        return _State(content["version"], content["passages"], learnt, bool(content["chinese"]), bool(content["latin"]))
    except (OSError, ValueError, TypeError, KeyError):
        return None
