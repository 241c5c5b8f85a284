"""Measures extractive answers and refusals with the product's own search, and fits the weights they use.

    python benchmarks/extractive_answers.py measure SETS [--json FILE]
    python benchmarks/extractive_answers.py fit SETS

SETS is a folder of question sets; each set is a folder with `corpus.jsonl` {_id, title, text}, `queries.jsonl` {_id,
text, answers, answerable, about} and `qrels.tsv`. Every set's corpus becomes a collection as in `ibid eval` (kept under
--cache), searched with the default settings for ten passages.

An answer counts as right where one of its at most two sentences contains a gold answer: as SQuAD compares (lower case,
no articles and no punctuation), as a part of the text ("contains"), or in whole words only ("whole words"; the same for
Chinese). Documents are split in two halves by a hash of their title: `fit` learns to choose sentences from the first half
of three sets and nothing else, so that the second half and all other sets are held out.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import string
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from eval.intervals import bootstrap_interval
from eval.question_cache import RememberingEmbedder
from eval.retrieval import _collection_of as collection_of
from eval.sets import RetrievalSet, read_retrieval_set
from kb.embedding import open_embedder
from kb.ports import Embedder
from kb.records import Hit
from kb.settings import EmbedderSettings
from kb.text.folding import fold
from retriever import Searcher
from serving.extractive import extract
from serving.extractive.candidates import read_candidates
from serving.extractive.choosing import choose
from serving.extractive.evidence import EVIDENCE_NAMES, weigh_evidence
from serving.extractive.features import FEATURE_NAMES, Matrix, feature_matrix
from serving.extractive.questions import read_question
from serving.extractive.scoring import CHINESE, LATIN, WORDS

WEIGHTS = Path(__file__).resolve().parent.parent / "serving" / "extractive" / "weights.json"
ANSWERED = ("squad2-dev-en", "cmrc2018-zh", "drcd-zhhant", "xquad-zh", "bioasq-en")
FITTED = {"latin": ("squad2-dev-en",), "chinese": ("cmrc2018-zh", "drcd-zhhant")}
# Questions of one set put to the documents of another: none of them can be answered there.
OFF_TOPIC = {
    "latin": (("medquad-en", "squad2-dev-en"), ("course-faq-en", "squad2-dev-en"), ("squad2-dev-en", "medquad-en")),
    "chinese": (("statutes-zh", "cmrc2018-zh"), ("meddialog-zh", "drcd-zhhant"), ("cmrc2018-zh", "course-d2l-zh")),
}
OFF_TOPIC_MIXED = (
    ("cmrc2018-zh", "squad2-dev-en"),
    ("xquad-zh", "medquad-en"),
    ("squad2-dev-en", "cmrc2018-zh"),
    ("medquad-en", "drcd-zhhant"),
)
HELD_OUT_OFF_TOPIC = (
    ("bioasq-en", "squad2-dev-en"),
    ("scifact-en", "squad2-dev-en"),
    ("squad2-dev-en", "course-faq-en"),
    ("cail2019-mrc-zh", "cmrc2018-zh"),
    ("meddialog-zh", "xquad-zh"),
    ("drcd-zhhant", "course-d2l-zh"),
)

# Answerable questions of other kinds, without annotated spans, that must not be refused either.
ALSO_ANSWERED: dict[str, tuple[str, ...]] = {"latin": ("medquad-en", "course-faq-en"), "chinese": ()}
_STANDING = ("score_gap", "searches_agree", "lexical_gap")
_WORDS = (
    *("sentence_coverage", "loose_coverage", "passage_coverage", "pair_coverage", "names_missing"),
    *("passage_missing", "passage_names_missing", "passage_loose_missing"),
    *_STANDING,
)
_CHARACTERS = (*_WORDS, "missing", "strong_missing", "loose_missing", "passage_pairs", "chance", "terms")
# Which evidence each table of weights is fitted on.
EVIDENCE_OF: dict[str, dict[str, tuple[str, ...]]] = {
    "latin": {LATIN: (*_WORDS, "cosine"), WORDS: _WORDS},
    "chinese": {CHINESE: _CHARACTERS},
}

HITS = 10  # passages an answer is read from
SEED = "1"  # of the split in halves
OFF_TOPIC_SAMPLE = 300  # questions of each pair of sets
SPURIOUS = 0.5  # weight of a sentence that holds the gold answer, but in another passage than the annotated one
RIDGE = 3.0  # of the weights, in units of one question's log-likelihood
GOOD_SAMPLE = 800  # answerable questions in the fit of the evidence
REFUSED_GOOD = 0.025  # share of the fitted answerable questions that the threshold may refuse


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


class Library:
    """Collections of the sets and their searchers, each opened once."""

    def __init__(self, sets: Path, cache: Path, embedder: Embedder | None = None) -> None:
        self.sets = sets
        self.cache = cache
        self.embedder = RememberingEmbedder(embedder or open_embedder(EmbedderSettings(), cache), cache / "answers")
        self._open: dict[str, tuple[RetrievalSet, Searcher]] = {}

    def searcher(self, name: str) -> tuple[RetrievalSet, Searcher]:
        if name not in self._open:
            judged = read_retrieval_set(self.sets / name)
            catalog = collection_of(judged, self.embedder, self.cache / "eval", lambda *_: None)
            self._open[name] = (judged, Searcher(catalog, self.embedder))
        return self._open[name]

    def ask(self, questions: Sequence[Lines], corpus: str) -> list[Asked]:
        judged, searcher = self.searcher(corpus)
        title_of = {passage.id: passage.title or passage.id for passage in judged.passages}
        asked = []
        for line in questions:
            hits = searcher.search(line.text, k=HITS).hits
            half = half_of(title_of.get(line.about, line.id))
            asked.append(Asked(line.text, line.answers, line.about, half, hits))
        self.embedder.save()
        return asked

    def answerable(self, name: str, corpus: str = "", sample: int = 0) -> list[Asked]:
        lines = [line for line in read_lines(self.sets / name) if line.answerable and line.answers]
        return self.ask(sampled(lines, sample), corpus or name)

    def questions(self, name: str, sample: int) -> list[Asked]:
        """Questions of a set put to its own documents."""
        return self.ask(sampled([line for line in read_lines(self.sets / name) if line.answerable], sample), name)

    def unanswerable(self, name: str) -> list[Asked]:
        return self.ask([line for line in read_lines(self.sets / name) if not line.answerable], name)

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


# --- right or wrong


def normalised(text: str) -> str:
    """As the SQuAD evaluation compares; Chinese in its simplified form, without white space."""
    folded = fold(text)
    if re.search(r"[\u3400-\u9fff]", folded):
        return re.sub(r"[\W_]+", "", folded)
    bare = "".join(sign for sign in folded if sign not in string.punctuation)
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", bare).split())


def contains(texts: Sequence[str], answers: Sequence[str], *, whole_words: bool = False) -> bool:
    """Whether one of the texts contains one of the answers."""
    golds = [gold for gold in map(normalised, answers) if gold]
    return any(_holds(normalised(text), gold, whole_words=whole_words) for text in texts for gold in golds)


def _holds(text: str, gold: str, *, whole_words: bool) -> bool:
    if re.search(r"[\u3400-\u9fff]", text):
        gold = gold.replace(" ", "")
    elif whole_words:
        return f" {gold} " in f" {text} "
    return gold in text


# --- measuring


def measure_answers(asked: Sequence[Asked]) -> dict[str, Any]:
    """Containment, offsets and milliseconds of the product's own `extract`."""
    rows = []
    for item in asked:
        started = time.process_time()
        extraction = extract(item.text, item.hits)
        spent = time.process_time() - started
        texts = [quote.text for quote in extraction.quotes]
        places = [quote.hit.passage for quote in extraction.quotes]
        rows.append(
            {
                "contains": contains(texts, item.answers),
                "whole": contains(texts, item.answers, whole_words=True),
                "first": contains(texts[:1], item.answers),
                "shown": extraction.answered and contains(texts, item.answers),
                "answered": extraction.answered,
                "found": any(hit.document.name == item.about for hit in item.hits) if item.about else None,
                "exact": all(
                    p.text[q.start - p.start : q.end - p.start] == q.text
                    for p, q in zip(places, extraction.quotes, strict=True)
                ),
                "quotes": len(texts),
                "letters": sum(map(len, texts)),
                "ms": 1000 * spent,
            }
        )
    interval = bootstrap_interval([float(row["contains"]) for row in rows])
    known = [row["found"] for row in rows if row["found"] is not None]
    milliseconds = np.array([row["ms"] for row in rows])
    return {
        "questions": len(rows),
        "contains": rounded(interval),
        "whole_words": mean_of(rows, "whole"),
        "first_sentence_contains": mean_of(rows, "first"),
        "answered": mean_of(rows, "answered"),
        "answered_and_contains": mean_of(rows, "shown"),
        "gold_passage_among_hits": round(float(np.mean(known)), 4) if known else None,
        "quotes_at_their_offsets": mean_of(rows, "exact"),
        "quotes": mean_of(rows, "quotes"),
        "letters": mean_of(rows, "letters"),
        "cpu_ms_p50": round(float(np.median(milliseconds)), 2),
        "cpu_ms_p95": round(float(np.percentile(milliseconds, 95)), 2),
    }


def mean_of(rows: Sequence[dict[str, Any]], name: str) -> float:
    return round(float(np.mean([row[name] for row in rows])), 4)


def rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]


def refused_share(asked: Sequence[Asked]) -> float:
    return round(float(np.mean([not extract(item.text, item.hits).answered for item in asked])), 4)


def measure(library: Library, sets: Sequence[str]) -> dict[str, Any]:
    results: dict[str, Any] = {"answers": {}, "refused": {}}
    for name in sets:
        asked = library.answerable(name)
        halves = [[item for item in asked if item.half == half] for half in (0, 1)]
        results["answers"][name] = measure_answers(asked)
        fitted = any(name in names for names in FITTED.values())
        for half, label in enumerate(("fitted half", "held-out half") if fitted else ()):
            results["answers"][f"{name}, {label}"] = measure_answers(halves[half])
        print(json.dumps({key: value for key, value in results["answers"].items() if name in key}, indent=1), flush=True)
    pairs = [*OFF_TOPIC["latin"], *OFF_TOPIC["chinese"], *OFF_TOPIC_MIXED, *HELD_OUT_OFF_TOPIC]
    for questions, corpus in pairs:
        share = refused_share(library.off_topic(questions, corpus))
        results["refused"][f"{questions} put to {corpus}"] = share
        print(f"refused {share:.4f}  {questions} put to {corpus}", flush=True)
    share = refused_share(library.unanswerable("squad2-dev-en"))
    results["refused"]["squad2-dev-en, adversarial unanswerable"] = share
    print(f"refused {share:.4f}  squad2-dev-en, adversarial unanswerable")
    return results


# --- fitting


@dataclass(frozen=True)
class Featured:
    """One question's candidates as the fit sees them: features, and the weight of each as a right answer."""

    features: Matrix
    right: Matrix


def featured(asked: Sequence[Asked]) -> list[Featured]:
    """Features of every question that some sentence answers."""
    found = []
    for item in asked:
        candidates = read_candidates(item.hits)
        holds = np.array([contains([candidate.text], item.answers) for candidate in candidates], dtype=float)
        annotated = np.array([candidate.hit.document.name == item.about for candidate in candidates], dtype=bool)
        if (holds * annotated).any():
            holds[~annotated] *= SPURIOUS
        if holds.any():
            found.append(Featured(feature_matrix(read_question(item.text), candidates), holds))
    return found


def fit_sentences(data: Sequence[Featured]) -> dict[str, float]:
    """Maximises the log of the chance given to the right sentences (any of them), with a ridge on the weights."""
    from scipy.optimize import minimize

    rows = np.vstack([item.features for item in data])
    right = np.concatenate([item.right for item in data])
    scale = rows.std(axis=0) + 1e-6
    rows = rows / scale
    starts = np.cumsum([0, *(len(item.right) for item in data[:-1])])
    sizes = np.array([len(item.right) for item in data])

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        logits = rows @ weights
        powers = np.exp(logits - np.repeat(np.maximum.reduceat(logits, starts), sizes))
        everything = np.add.reduceat(powers, starts)
        good = np.add.reduceat(powers * right, starts)
        slope = rows.T @ (powers / np.repeat(everything, sizes) - powers * right / np.repeat(good, sizes))
        return float(np.log(everything / good).sum() + RIDGE * weights @ weights), slope + 2 * RIDGE * weights

    best = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    return {name: round(float(weight), 4) for name, weight in zip(FEATURE_NAMES, best.x / scale, strict=True)}


def evidence_rows(asked: Sequence[Asked], weights: Mapping[str, float]) -> Matrix:
    """The evidence for each question, of the sentences that `weights` choose; shape (questions, evidence)."""
    table = np.array([weights[name] for name in FEATURE_NAMES])
    rows = []
    for item in asked:
        question, candidates = read_question(item.text), read_candidates(item.hits)
        if candidates:
            scores = feature_matrix(question, candidates) @ table
            chosen = choose(candidates, scores, 2)
            values = weigh_evidence(question, item.hits, candidates, scores, chosen).values
            rows.append([values[name] for name in EVIDENCE_NAMES])
    return np.array(rows)


def fit_evidence(good: Matrix, bad: Matrix, names: Sequence[str]) -> tuple[dict[str, float], float]:
    """Logistic regression over `names`, both sides weighing the same; the threshold refuses REFUSED_GOOD of the good."""
    from scipy.optimize import minimize

    columns = [EVIDENCE_NAMES.index(name) for name in names]
    rows = np.vstack([good, bad])[:, columns]
    scale = rows.std(axis=0) + 1e-6
    rows = np.hstack([rows / scale, np.ones((len(rows), 1))])
    signs = np.concatenate([np.ones(len(good)), -np.ones(len(bad))])
    share = np.concatenate([np.full(len(good), 0.5 / len(good)), np.full(len(bad), 0.5 / len(bad))])

    def loss(weights: Matrix) -> tuple[float, Matrix]:
        margins = np.clip(signs * (rows @ weights), -50, 50)
        slope = rows.T @ (-share * signs / (1 + np.exp(margins)))
        return float(share @ np.logaddexp(0, -margins) + 1e-3 * weights @ weights), slope + 2e-3 * weights

    best = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B").x
    weights = {name: round(float(w), 4) for name, w in zip(names, best[:-1] / scale, strict=True)}
    weights["constant"] = round(float(best[-1]), 4)
    confidences = 1 / (1 + np.exp(-(rows @ best)))
    threshold = round(float(np.quantile(confidences[: len(good)], REFUSED_GOOD)), 4)
    print(f"  of the off-topic questions fitted on, {np.mean(confidences[len(good) :] < threshold):.3f} are refused")
    return weights, threshold


def fit(library: Library, half: int = 0) -> dict[str, Any]:
    """The content of weights.json."""
    tables: dict[str, Any] = {"fitted_on": {}, "sentences": {}, "evidence": {}, "answer_from": {}}
    for script, names in FITTED.items():
        asked = [item for name in names for item in library.answerable(name) if item.half == half]
        weights = fit_sentences(featured(asked))
        bad = [item for pair in (*OFF_TOPIC[script], *OFF_TOPIC_MIXED) for item in off_topic_in(library, pair, script)]
        good = asked[:: max(1, len(asked) // GOOD_SAMPLE)]
        others = [item for name in ALSO_ANSWERED[script] for item in library.questions(name, OFF_TOPIC_SAMPLE // 2)]
        rows, missed = evidence_rows([*good, *others], weights), evidence_rows(bad, weights)
        print(script, len(asked), "answerable for the sentences;", len(rows), "answerable and", len(bad), "off topic")
        for table, columns in EVIDENCE_OF[script].items():
            tables["evidence"][table], tables["answer_from"][table] = fit_evidence(rows, missed, columns)
        tables["fitted_on"][script] = f"half {half} by title of {', '.join(names)}, seed {SEED}; see the benchmark"
        tables["sentences"][script] = weights
    return tables


def off_topic_in(library: Library, pair: tuple[str, str], script: str) -> list[Asked]:
    """The off-topic questions of a pair of sets that are in `script`."""
    return [i for i in library.off_topic(*pair) if read_question(i.text).chinese == (script == "chinese")]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("task", choices=("measure", "fit"))
    parser.add_argument("sets", type=Path)
    parser.add_argument("--only", nargs="*", default=list(ANSWERED))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "ibid-benchmarks")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    library = Library(arguments.sets, arguments.cache)
    if arguments.task == "fit":
        WEIGHTS.write_text(json.dumps(fit(library), indent=1) + "\n", encoding="utf-8")
        return
    results = measure(library, arguments.only)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
