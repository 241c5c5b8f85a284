"""Two embedders in one space: one for texts in the Latin script, one for all others.

The packaged all-MiniLM-L6-v2 is good at English and reads nothing else. multilingual-e5-small reads a hundred languages
and finds less in English than it. Each text goes to the model that suits its script; the second one's vectors are
turned into the first one's space, so that there is one vector of the same length for every passage, English vectors are
what they were, and a Chinese question finds an English passage (docs/decisions/0006-chinese-static-embedding.md).
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from kb.embedding.alignment import Alignment, read_alignment
from kb.embedding.multilingual import DATA_SHA256, find_data_file, multilingual_settings
from kb.ports import Embedder, Vectors
from kb.records import EmbeddingSpace
from kb.settings import EmbedderSettings
from kb.text.scripts import foreign_share

# From this share of other scripts on, the second model reads the text. On 21 sets: all Chinese questions and passages
# but two lie above it (course sections that are mostly code), and one English passage of 42,000.
FOREIGN_SHARE = 0.3

# Its first part is what the first model is called: who knows the cosines of that one (extractive reading) still does.
_SPACE_NAME = "all-MiniLM-L6-v2+multilingual-e5-small"


class PairedEmbedder:
    """Implements `kb.ports.Embedder` over two. Safe to use from several threads where both are.

    Args:
        first: reads the Latin script; its space is the common one.
        open_second: opens the other when the first text wants it: a collection without such texts never loads it.
        alignment: turns the second's vectors.
        second_revision: which weights the second has, known without opening it.
    """

    def __init__(
        self, first: Embedder, open_second: Callable[[], Embedder], alignment: Alignment, second_revision: str
    ) -> None:
        self._first = first
        self._open_second = open_second
        self._second: Embedder | None = None
        self._opening = threading.Lock()
        self._alignment = alignment
        parts = (first.space.id, second_revision, alignment.digest, str(FOREIGN_SHARE))
        revision = hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
        self._space = replace(first.space, model=_SPACE_NAME, revision=revision)

    @property
    def space(self) -> EmbeddingSpace:
        """The space of every vector this embedder makes: that of the first model, by another name."""
        return self._space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        """Shape (len(texts), dimension), float32, each row of length 1, in the order of `texts`."""
        foreign = [place for place, text in enumerate(texts) if foreign_share(text) >= FOREIGN_SHARE]
        if not foreign:
            return self._first.embed_passages(texts)
        vectors = np.zeros((len(texts), self._space.dimension), dtype=np.float32)
        made = self._opened_second().embed_passages([texts[place] for place in foreign])
        vectors[foreign] = self._alignment.turn_passages(made)
        latin = sorted(set(range(len(texts))).difference(foreign))
        if latin:
            vectors[latin] = self._first.embed_passages([texts[place] for place in latin])
        return vectors

    def embed_question(self, text: str) -> Vectors:
        """Shape (dimension,), float32, length 1."""
        if foreign_share(text) < FOREIGN_SHARE:
            return self._first.embed_question(text)
        return self._alignment.turn_question(self._opened_second().embed_question(text))

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """How many tokens each text takes in the first model, special tokens not counted.

        The second takes fewer for Chinese (two for three characters) and reads twice as many: what fits the first fits.
        """
        return self._first.count_tokens(texts)

    def _opened_second(self) -> Embedder:
        with self._opening:
            if self._second is None:
                self._second = self._open_second()
            return self._second


def pair_packaged(
    first: Embedder,
    settings: EmbedderSettings,
    cache: Path,
    report: Callable[[str], None],
    open_embedder: Callable[[EmbedderSettings, Path, Callable[[str], None]], Embedder],
) -> Embedder:
    """`first` with the multilingual model beside it; `first` alone where the settings or the machine do not allow it.

    It is paired where the settings name the packaged model as it is, and the package that carries the other is there.

    Args:
        first: the packaged model, opened.
        settings: with which `first` was opened.
        cache: for prepared models.
        report: told in one line each what is being prepared.
        open_embedder: opens and, if need be, prepares the second.

    Raises:
        ModelError: the alignment is damaged. The second's own errors come with the first text that wants it.
    """
    data_file = find_data_file()
    if data_file is None or not takes_pair(settings):
        return first

    def open_second() -> Embedder:
        return open_embedder(multilingual_settings(data_file, settings, cache, report), cache, report)

    return PairedEmbedder(first, open_second, read_alignment(), DATA_SHA256)


def second_settings(settings: EmbedderSettings, cache: Path, report: Callable[[str], None]) -> EmbedderSettings | None:
    """The settings that open, or prepare ahead of time, the second model beside `settings`; None where there is none.

    Raises:
        ModelError: the file that carries the second model is not the one this release knows.
        StorageError: the cache cannot be written.
    """
    data_file = find_data_file()
    if data_file is None or not takes_pair(settings):
        return None
    return multilingual_settings(data_file, settings, cache, report)


def takes_pair(settings: EmbedderSettings) -> bool:
    """Whether the settings mean the packaged model just as it is: the rotation fits no other space."""
    as_it_is = (settings.dimension, settings.query_prefix, settings.passage_prefix) == (0, "auto", "auto")
    return settings.model == "packaged" and not settings.base_url and as_it_is
