"""Question sets put to the product's own search, and when an answer counts as right."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from eval.question_cache import RememberingEmbedder
from eval.set_collection import collection_of, say_nothing
from eval.sets import RetrievalSet, read_retrieval_set
from eval.tasks.asking import filters_of
from eval.tasks.rgb import read_rgb
from kb.embedding import open_embedder
from kb.ports import Embedder, Scores, Vectors
from kb.records import NO_FILTERS, EmbeddingSpace, Filters, Hit
from kb.settings import EmbedderSettings
from retriever import Searcher

HITS = 10  # passages an answer is read from
SEED = "1"  # of the split in halves
OFF_TOPIC_SAMPLE = 300  # questions of each pair of sets

FITTED = {"latin": ("squad2-dev-en",), "chinese": ("cmrc2018-zh", "drcd-zhhant")}
# Questions of one set put to the documents of another: none of them can be answered there.
OFF_TOPIC = {
    "latin": (("medquad-en", "squad2-dev-en"), ("course-faq-en", "squad2-dev-en")),
    "chinese": (("statutes-zh", "cmrc2018-zh"), ("meddialog-zh", "cmrc2018-zh")),
}
OFF_TOPIC_MIXED = (("cmrc2018-zh", "squad2-dev-en"), ("squad2-dev-en", "cmrc2018-zh"))
HELD_OUT_OFF_TOPIC = (
    ("bioasq-en", "squad2-dev-en"),
    ("scifact-en", "squad2-dev-en"),
    ("squad2-dev-en", "course-faq-en"),
    ("cail2019-mrc-zh", "cmrc2018-zh"),
    ("meddialog-zh", "drcd-zhhant"),
)
# Sets with questions that were written to look answerable and are not.
MADE_UNANSWERABLE: dict[str, tuple[str, ...]] = {"latin": ("squad2-dev-en",), "chinese": ()}
# Sets whose questions are asked twice: with web passages that answer them, and with none of these (never fitted).
NEGATIVE_REJECTION = ("rgb-zh-refine",)
# Answerable questions of other kinds, without annotated spans, that must not be refused either.
ALSO_ANSWERED: dict[str, tuple[str, ...]] = {"latin": ("course-faq-en",), "chinese": ()}


@dataclass(frozen=True)
class Asked:
    """A question, what answers it, the passages found for it, and the half of the set it is in."""

    text: str
    answers: tuple[str, ...]
    about: str
    half: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True)
class Lines:
    """The raw questions of a set: what the retrieval task does not read."""

    id: str
    text: str
    answers: tuple[str, ...]
    about: str
    answerable: bool


class OneByOne:
    """For `RememberingEmbedder`: takes a passage where that has a question, and embeds it by itself as answers do."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    @property
    def space(self) -> EmbeddingSpace:
        return self._embedder.space

    def embed_passages(self, texts: Sequence[str]) -> Vectors:
        return self._embedder.embed_passages(texts)

    def embed_question(self, text: str) -> Vectors:
        vector: Vectors = self._embedder.embed_passages([text])[0]
        return vector

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        return self._embedder.count_tokens(texts)


class Library:
    """Collections of the sets and their searchers, each opened once."""

    def __init__(self, sets: Path, cache: Path, embedder: Embedder | None = None) -> None:
        self.sets = sets
        self.cache = cache
        self.embedder = RememberingEmbedder(embedder or open_embedder(EmbedderSettings(), cache), cache / "answers")
        self._sentences = RememberingEmbedder(OneByOne(self.embedder), cache / "sentences")
        self._open: dict[str, tuple[RetrievalSet, Searcher]] = {}

    def cosines(self, question: str, sentences: Sequence[str]) -> Scores:
        """The cosine of each sentence to the question, as in `Searcher.likeness`, kept from run to run."""
        vectors = np.stack([self._sentences.embed_question(sentence) for sentence in sentences])
        return np.asarray(vectors @ self.embedder.embed_question(question), dtype=np.float32)

    def save(self) -> None:
        """Keeps the vectors of questions and sentences for the next run."""
        self.embedder.save()
        self._sentences.save()

    def searcher(self, name: str) -> tuple[RetrievalSet, Searcher]:
        if name not in self._open:
            judged = read_retrieval_set(self.sets / name)
            catalog = collection_of(judged, self.embedder, self.cache / "eval", lambda *_: None)
            self._open[name] = (judged, Searcher(catalog, self.embedder))
        return self._open[name]

    def ask(self, questions: Sequence[Lines], corpus: str, *, own_passage: bool = False) -> list[Asked]:
        """Searches for each question; with `own_passage` only in the passage that it is about."""
        judged, searcher = self.searcher(corpus)
        title_of = {passage.id: passage.title or passage.id for passage in judged.passages}
        asked = []
        for line in questions:
            filters = Filters({"document": (line.about,)}) if own_passage else NO_FILTERS
            hits = searcher.search(line.text, k=HITS, filters=filters).hits
            half = half_of(title_of.get(line.about, line.id))
            asked.append(Asked(line.text, line.answers, line.about, half, hits))
        self.embedder.save()
        return asked

    def answerable(self, name: str, *, own_passage: bool = False, every: int = 1) -> list[Asked]:
        """The questions with an answer, or one in `every`, put to their own documents."""
        lines = [line for line in read_lines(self.sets / name) if line.answerable and line.answers]
        return self.ask(lines[::every], name, own_passage=own_passage)

    def questions(self, name: str, sample: int) -> list[Asked]:
        """Questions of a set put to its own documents."""
        return self.ask(sampled([line for line in read_lines(self.sets / name) if line.answerable], sample), name)

    def unanswerable(self, name: str) -> list[Asked]:
        return self.ask([line for line in read_lines(self.sets / name) if not line.answerable], name)

    def with_and_without_answer(self, name: str) -> tuple[list[Asked], list[Asked]]:
        """The questions of one of RGB's sets over all their passages, and over those without an answer alone."""
        content = read_rgb(self.sets / name)
        corpus = RetrievalSet(content.name, content.passages, ())
        catalog = collection_of(corpus, self.embedder, self.cache / "eval", say_nothing)
        searcher = Searcher(catalog, self.embedder)
        asked: tuple[list[Asked], list[Asked]] = ([], [])
        for question in content.questions:
            hits = searcher.search(question.text, k=HITS, filters=filters_of(question)).hits
            asked[not question.answerable].append(Asked(question.text, question.answers, "", 1, hits))
        self.embedder.save()
        return asked

    def off_topic(self, questions: str, corpus: str) -> list[Asked]:
        return self.ask(sampled(list(read_lines(self.sets / questions)), OFF_TOPIC_SAMPLE), corpus)


def read_lines(folder: Path) -> Iterator[Lines]:
    """Questions of a set; those answered by yes or no alone are left out of the answerable ones."""
    for text in (folder / "queries.jsonl").read_text(encoding="utf-8").splitlines():
        line = json.loads(text)
        answers = tuple(a for a in line.get("answers") or () if a.strip().lower() not in ("yes", "no"))
        answers = () if line.get("type", "factoid") != "factoid" else answers
        yield Lines(line["_id"], line["text"], answers, line.get("about") or "", line.get("answerable", True))


def sampled(lines: Sequence[Lines], count: int) -> list[Lines]:
    """`count` of the lines (0: all), the same ones in every run."""
    chosen = sorted(lines, key=lambda line: hashlib.sha256(line.id.encode()).digest())
    return chosen[: count or None]


def half_of(title: str) -> int:
    return hashlib.sha256(f"{SEED} {title}".encode()).digest()[0] % 2
