"""Measures extractive answers and refusals with the product's own search, and fits the weights they use.

    python benchmarks/extractive_answers.py measure SETS [--json FILE]
    python benchmarks/extractive_answers.py fit SETS           (or fit-meaning, fit-refusals: a part alone)
    python benchmarks/extractive_answers.py ceiling SETS       (or latency: with the sentences embedded anew)

SETS is a folder of question sets; each set is a folder with `corpus.jsonl` {_id, title, text}, `queries.jsonl` {_id,
text, answers, answerable, about} and `qrels.tsv`. Every set's corpus becomes a collection as in `ibid eval` (kept under
--cache), searched with the default settings for ten passages.

An answer counts as right where one of its at most two sentences contains a gold answer: as SQuAD compares (lower case,
no articles and no punctuation), as a part of the text ("contains") or in whole words only ("whole words"; in Chinese
the same). Documents are split in two halves by a hash of their title: `fit` learns to choose sentences from the first
half of three sets and nothing else, so that the second half and all other sets are held out.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.extractive_fitting import fit, fit_meaning, fit_refusals, ruled
from benchmarks.extractive_sets import (
    FITTED,
    HELD_OUT_OFF_TOPIC,
    HITS,
    MADE_UNANSWERABLE,
    NEGATIVE_REJECTION,
    OFF_TOPIC,
    OFF_TOPIC_MIXED,
    Asked,
    Library,
)
from eval.metrics.containment import contains
from eval.metrics.exact_match import exact_match
from eval.metrics.risk_coverage import area_under_risk, area_under_roc, forced_answers
from eval.metrics.token_f1 import token_f1
from eval.statistics.intervals import bootstrap_interval
from retriever.likeness import SentenceLikeness
from serving.extractive import Quote, extract
from serving.extractive.alike import Cosines
from serving.extractive.candidates import read_candidates
from serving.extractive.features import feature_matrix
from serving.extractive.questions import read_question
from serving.extractive.scoring import score_sentences

WEIGHTS = Path(__file__).resolve().parent.parent / "serving" / "extractive" / "weights.json"
ANSWERED = ("squad2-dev-en", "cmrc2018-zh", "drcd-zhhant", "xquad-zh", "cail2019-mrc-zh", "bioasq-en")
FITS: dict[str, Callable[[Library, dict[str, Any]], dict[str, Any]]] = {
    "fit": lambda library, _: fit(library),
    "fit-meaning": fit_meaning,  # the sentences' weights by words alone stay
    "fit-refusals": fit_refusals,  # those of the sentences stay
}
TIMED_EVERY = 15  # of the questions, one is timed: 200 of squad2-dev-en
READ_ALONE = ("cail2019-mrc-zh",)  # questions that name no case: only the passage they are about is read


def measure_answers(asked: Sequence[Asked], cosines: Cosines | None) -> dict[str, Any]:
    """Containment, offsets and milliseconds of the product's own `extract`.

    Vectors that an earlier run has kept cost nothing here: `latency` says what they cost.
    """
    rows: list[dict[str, Any]] = []
    for item in asked:
        started = time.process_time()
        extraction = extract(item.text, item.hits, cosines=cosines)
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
                "emphasis": emphasis_of(extraction.quotes, item.answers),
                "quotes": len(texts),
                "letters": sum(map(len, texts)),
                "ms": 1000 * spent,
            }
        )
    interval = bootstrap_interval([float(row["contains"]) for row in rows])
    known = [row["found"] for row in rows if row["found"] is not None]
    emphasised = [row["emphasis"] for row in rows if row["emphasis"] is not None]
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
        "emphasised": round(len(emphasised) / len(rows), 4),
        "emphasis_exact": round(float(np.mean([exact for exact, _ in emphasised])), 4) if emphasised else None,
        "emphasis_f1": round(float(np.mean([f1 for _, f1 in emphasised])), 4) if emphasised else None,
        "quotes": mean_of(rows, "quotes"),
        "letters": mean_of(rows, "letters"),
        "cpu_ms_p50": round(float(np.median(milliseconds)), 2),
        "cpu_ms_p95": round(float(np.percentile(milliseconds, 95)), 2),
    }


def emphasis_of(quotes: Sequence[Quote], answers: Sequence[str]) -> tuple[float, float] | None:
    """Exact match and F1 of what is emphasised in the first quote with a gold answer; None where nothing is."""
    quote = next((quote for quote in quotes if contains([quote.text], answers)), None)
    if quote is None or quote.focus is None:
        return None
    short = quote.text[quote.focus[0] - quote.start : quote.focus[1] - quote.start]
    return exact_match(short, answers), token_f1(short, answers)


def measure_confidence(
    answerable: Sequence[Asked], unanswerable: Sequence[Asked], cosines: Cosines | None
) -> dict[str, Any]:
    """Whether confidence tells answerable questions from others, as in the task "abstention" of `ibid eval`.

    `rejected_at_5_percent_lost`: the share of the unanswerable ones that is refused at a threshold that refuses 5 % of
    the answerable ones.
    """
    extractions = [extract(item.text, item.hits, cosines=cosines) for item in (*answerable, *unanswerable)]
    good = len(answerable)
    confidence = np.array([extraction.confidence for extraction in extractions])
    refused = np.array([float(not extraction.answered) for extraction in extractions])
    right = np.zeros(len(extractions))
    for place, (item, extraction) in enumerate(zip(answerable, extractions[:good], strict=True)):
        right[place] = contains([quote.text for quote in extraction.quotes], item.answers)
    order, wrong = forced_answers(confidence, right, refused)
    threshold = float(np.quantile(confidence[:good], 0.05))
    auroc = area_under_roc(confidence, np.arange(len(confidence)) < good)
    return {
        "answerable": good,
        "unanswerable": len(unanswerable),
        "auroc_answerable": round(float(auroc or 0.0), 4),
        # Where an answer has several parts (RGB), a right one is not told here.
        "area_under_risk_coverage": round(area_under_risk(order, wrong), 4)
        if all(i.answers for i in answerable)
        else None,
        "answerable_refused": round(float(refused[:good].mean()), 4),
        "unanswerable_refused": round(float(refused[good:].mean()), 4),
        "rejected_at_5_percent_lost": round(float((confidence[good:] < threshold).mean()), 4),
    }


def mean_of(rows: Sequence[dict[str, Any]], name: str) -> float:
    return round(float(np.mean([row[name] for row in rows])), 4)


def rounded(values: Sequence[float]) -> list[float]:
    return [round(value, 4) for value in values]


def refused_share(asked: Sequence[Asked], cosines: Cosines | None) -> float:
    return round(float(np.mean([not extract(item.text, item.hits, cosines=cosines).answered for item in asked])), 4)


def measure_latency(library: Library, name: str, *, by_words: bool) -> dict[str, float]:
    """Milliseconds of `extract` for questions in turn, by the clock and of the processor, with vectors made anew."""
    walls, spent, asked = [], [], library.answerable(name, every=TIMED_EVERY)
    opened = library.searcher(name)[1].embedder
    for item in asked:
        likeness = SentenceLikeness(lambda: opened)  # remembers nothing of the questions before
        likeness.note_question(item.text, opened.embed_question(item.text))
        started, began = time.perf_counter(), time.process_time()
        extract(item.text, item.hits, cosines=None if by_words else likeness.cosines)
        walls.append(1000 * (time.perf_counter() - started))
        spent.append(1000 * (time.process_time() - began))
    marks = {"p50": 50, "p95": 95}
    return {
        "questions": len(asked),
        **{
            f"{unit}_{mark}": round(float(np.percentile(values, at)), 1)
            for unit, values in (("wall_ms", walls), ("cpu_ms", spent))
            for mark, at in marks.items()
        },
    }


def measure_ceiling(asked: Sequence[Asked]) -> dict[str, float]:
    """How often a gold answer is in the best passages, and in a sentence of those that words alone put first."""
    passages = [[contains([hit.passage.text], item.answers) for hit in item.hits] for item in asked]
    sentences = []
    for item in asked:
        question, candidates = read_question(item.text), read_candidates(item.hits)
        scores = score_sentences(feature_matrix(question, candidates), question) + ruled(question, candidates)
        order = np.argsort(-scores, kind="stable")
        sentences.append([contains([candidates[place].text], item.answers) for place in order])
    shares = {f"in the first {k} passages": np.mean([any(row[:k]) for row in passages]) for k in (1, 3, 5, HITS)}
    shares |= {
        f"in the first {k} sentences": np.mean([any(row[:k]) for row in sentences]) for k in (1, 2, 3, 5, 10, 20)
    }
    shares["in any sentence"] = np.mean([any(row) for row in sentences])
    return {name: round(float(share), 4) for name, share in shares.items()}


def measure(library: Library, sets: Sequence[str], *, by_words: bool) -> dict[str, Any]:
    cosines = None if by_words else library.cosines
    results: dict[str, Any] = {"answers": {}, "refused": {}}
    for name in sets:
        asked = library.answerable(name, own_passage=name in READ_ALONE)
        halves = [[item for item in asked if item.half == half] for half in (0, 1)]
        results["answers"][name] = measure_answers(asked, cosines)
        fitted = any(name in names for names in FITTED.values())
        for half, label in enumerate(("fitted half", "held-out half") if fitted else ()):
            results["answers"][f"{name}, {label}"] = measure_answers(halves[half], cosines)
        print(
            json.dumps({key: value for key, value in results["answers"].items() if name in key}, indent=1), flush=True
        )
    pairs = [*OFF_TOPIC["latin"], *OFF_TOPIC["chinese"], *OFF_TOPIC_MIXED, *HELD_OUT_OFF_TOPIC]
    for questions, corpus in pairs:
        share = refused_share(library.off_topic(questions, corpus), cosines)
        results["refused"][f"{questions} put to {corpus}"] = share
        print(f"refused {share:.4f}  {questions} put to {corpus}", flush=True)
    results["confidence"] = {}
    for name in MADE_UNANSWERABLE["latin"]:
        halves = {"": (0, 1), ", fitted half": (0,), ", held-out half": (1,)}
        for label, wanted in halves.items():
            sides = (library.answerable(name), library.unanswerable(name))
            chosen = [[item for item in side if item.half in wanted] for side in sides]
            results["confidence"][name + label] = measure_confidence(*chosen, cosines)
    for name in NEGATIVE_REJECTION:
        results["confidence"][name] = measure_confidence(*library.with_and_without_answer(name), cosines)
    print(json.dumps(results["confidence"], indent=1))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("task", choices=("measure", "ceiling", "latency", *FITS))
    parser.add_argument("sets", type=Path)
    parser.add_argument("--only", nargs="*", default=list(ANSWERED))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "ibid-benchmarks")
    parser.add_argument("--by-words", action="store_true", help="without the cosines of sentences")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    library = Library(arguments.sets, arguments.cache)
    if arguments.task == "ceiling":
        results = {name: measure_ceiling(library.answerable(name)) for name in arguments.only}
        print(json.dumps(results, indent=1))
    elif arguments.task == "latency":
        results = {name: measure_latency(library, name, by_words=arguments.by_words) for name in arguments.only}
        print(json.dumps(results, indent=1))
    elif arguments.task == "measure":
        results = measure(library, arguments.only, by_words=arguments.by_words)
    else:
        tables = json.loads(WEIGHTS.read_text(encoding="utf-8"))
        WEIGHTS.write_text(json.dumps(FITS[arguments.task](library, tables), indent=1) + "\n", encoding="utf-8")
        return
    library.save()
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
