"""Fits the weights of retriever/evidence/weights.py and says what they are worth on questions that were not fitted.

    python benchmarks/retrieval_evidence.py --home FOLDER --sets DIR collect
    python benchmarks/retrieval_evidence.py --home FOLDER --sets DIR fit

`collect` writes every feature of the first fused passages of at most `--questions` questions of each set to
FOLDER/evidence. `fit` fits on half of each set's questions (by a hash of their ids) by the likelihood of the relevant
passages under a softmax over the passages of a question (ListNet: Cao and others, "Learning to Rank: From Pairwise
Approach to Listwise Approach", ICML 2007, section 4), each set counting the same. It prints nDCG@10 on the other half,
and, as the harder test, what a set gains from weights that were fitted on the other sets alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

LATIN = [
    *("course-faq-en", "scifact-en", "squad2-dev-en", "xquad-en", "liveqa-med-en", "medquad-en", "legalbenchrag-en"),
    *("cuad-en", "course-d2l-en", "bioasq-en", "pubmedqa-en"),
]
CHINESE = [
    *("xquad-zh", "cmrc2018-zh", "drcd-zhhant", "course-d2l-zh", "cail2019-mrc-zh", "meddialog-zh", "statutes-zh"),
]

# Evidence that can only speak for a passage. The others may take either sign: they correct what the fused score counts
# too much or too little.
NEVER_NEGATIVE = {"dense rank", "dense spread", "covered", "all words", "title covered", "pairs", "triples"} | {
    "sentence",
    "tight sentence",
}
CHOSEN = {
    "latin": ["dense rank", "dense spread", "covered", "covered by title", "sentence", "tight sentence", "frequent"],
    "chinese": [
        *("dense spread", "covered", "all words", "covered by title", "title covered", "pairs", "triples"),
        *("sentence", "tight sentence", "length"),
    ],
}
PENALTY = 0.003  # on the squared weights of standardised features; .001 to .01 gave the same
MOST_FITTED = 400  # questions of a set


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--sets", type=Path, required=True)
    parser.add_argument("--only", default="", help="names of sets, separated by commas")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("what", choices=("collect", "fit"))
    arguments = parser.parse_args()
    folder = arguments.home / "evidence"
    if arguments.what == "collect":
        folder.mkdir(parents=True, exist_ok=True)
        for name in arguments.only.split(",") if arguments.only else (*LATIN, *CHINESE):
            collect(arguments.sets / name, arguments.home, arguments.questions, folder / f"{name}.npz")
            print(name, flush=True)
    else:
        for script, sets in (("latin", LATIN), ("chinese", CHINESE)):
            report(script, {name: load(folder / f"{name}.npz") for name in sets})


def collect(set_folder: Path, home: Path, most: int, target: Path) -> None:
    """The features, fused scores and grades of the first fused passages of each question."""
    from eval.question_cache import RememberingEmbedder
    from eval.set_collection import collection_of
    from eval.sets import read_retrieval_set
    from kb.embedding import open_embedder
    from kb.settings import EmbedderSettings
    from retriever.dense import DenseIndex
    from retriever.evidence.stage import LOOKED_AT, EvidenceStage
    from retriever.fusion import dense_weight, fuse
    from retriever.lexical import LexicalIndex

    judged = read_retrieval_set(set_folder)
    questions = judged.questions
    if len(questions) > most:
        drawn = np.random.default_rng(0).choice(len(questions), most, replace=False)
        questions = tuple(questions[place] for place in sorted(drawn))
    embedder = RememberingEmbedder(open_embedder(EmbedderSettings(threads=1), home / "models"), home / "cache" / "eval")
    catalog = collection_of(judged, embedder, home / "cache" / "eval", lambda *_: None)
    dense, lexical, stage = DenseIndex(catalog.cache_folder), LexicalIndex(catalog.cache_folder), EvidenceStage()
    tables, grades, ideals, names, ids = [], [], [], [], []
    with catalog.snapshot() as snapshot:
        dense.catch_up(snapshot)
        lexical.catch_up(snapshot)
        assert snapshot.space is not None
        for question in questions:
            words = lexical.search(question.text, 200)
            near = dense.search(snapshot.space, embedder.embed_question(question.text), 200, None, also=words.keys())
            fused = fuse(words, near, dense_weight(question.text, snapshot.space))[:LOOKED_AT]
            stored = snapshot.passages([item.number for item in fused])
            texts = snapshot.few_texts([item.number for item in fused])
            found = stage.features(question.text, fused, [texts[item.number] for item in fused], *lexical.frequencies())
            if not found:
                continue
            table = np.zeros((LOOKED_AT, 1 + len(found)), np.float32)
            table[: len(fused)] = np.stack([np.array([item.score for item in fused]), *found.values()], axis=1)
            names = ["fused", *found]
            row = np.full(LOOKED_AT, -1, np.float32)
            row[: len(fused)] = [question.grades.get(stored[item.number].document.name, 0) for item in fused]
            best = np.zeros(10, np.float32)
            top = sorted(question.grades.values(), reverse=True)[:10]
            best[: len(top)] = top
            tables.append(table)
            grades.append(row)
            ideals.append(best)
            ids.append(question.id)
    embedder.save()
    np.savez(target, tables=tables, grades=grades, ideals=ideals, names=names, ids=ids)


def load(path: Path) -> dict:
    """What `collect` wrote; `judged` says which questions are not fitted."""
    with np.load(path) as stored:
        data = dict(stored)
    data["judged"] = np.array([hashlib.md5(key.encode(), usedforsecurity=False).digest()[0] & 1 for key in data["ids"]])
    return data


def fit(sets: list[dict], names: list[str]) -> np.ndarray:
    """Weights of `names`, with the fused score's own as 1."""
    tables, goals, counts = [], [], []
    for data in sets:
        columns = [list(data["names"]).index(name) for name in ("fused", *names)]
        kept = np.flatnonzero((data["judged"] == 0) & (data["grades"].max(1) > 0))[:MOST_FITTED]
        grades = data["grades"][kept]
        tables.append(data["tables"][kept][:, :, columns])
        goals.append(grades)
        counts.append(np.full(len(kept), 1 / len(kept)))
    table, grades, share = np.concatenate(tables), np.concatenate(goals), np.concatenate(counts)
    share = (share / share.sum()).astype(np.float32)
    spread = table[grades >= 0].std(axis=0) + 1e-6
    flat = (table / spread).reshape(-1, table.shape[2]).astype(np.float32)
    absent = grades < 0
    goal = np.maximum(grades, 0) / np.maximum(grades, 0).sum(1, keepdims=True)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        scores = np.where(absent, -1e9, (flat @ weights.astype(np.float32)).reshape(grades.shape))
        scores -= scores.max(1, keepdims=True)
        odds = np.exp(scores)
        sums = odds.sum(1, keepdims=True)
        value = float((share * (np.log(sums[:, 0]) - (goal * np.where(absent, 0, scores)).sum(1))).sum())
        slope = ((odds / sums - goal) * share[:, None]).ravel().astype(np.float32) @ flat
        weighed = weights.copy()
        weighed[0] = 0
        return value + PENALTY * float(weighed @ weighed), slope.astype(float) + 2 * PENALTY * weighed

    bounds = [(0, None), *((0, None) if name in NEVER_NEGATIVE else (None, None) for name in names)]
    start = np.zeros(len(names) + 1)
    start[0] = 2
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 150}).x / spread
    return found[1:] / found[0]


def measure(data: dict, names: list[str], weights: np.ndarray) -> np.ndarray:
    """nDCG@10 of every question."""
    columns = [list(data["names"]).index(name) for name in names]
    scores = data["tables"][:, :, 0] + data["tables"][:, :, columns] @ weights
    order = np.argsort(-np.where(data["grades"] < 0, -np.inf, scores), axis=1, kind="stable")[:, :10]
    gains = np.maximum(np.take_along_axis(data["grades"], order, 1), 0)
    discounts = 1 / np.log2(np.arange(2, 12))
    return (gains @ discounts) / np.maximum(data["ideals"] @ discounts, 1e-9)


def report(script: str, sets: dict[str, dict]) -> None:
    """Prints the weights, and for each set what they gain with a paired bootstrap's interval."""
    names = CHOSEN[script]
    weights = fit(list(sets.values()), names)
    print(script, json.dumps(dict(zip(names, (round(float(value), 3) for value in weights), strict=True))))
    print("| set | fused | with evidence | gain | 95 % | gain, weights of the other sets |\n|---|---|---|---|---|---|")
    total = []
    for name, data in sets.items():
        judged = data["judged"] == 1
        before = measure(data, [], np.zeros(0))
        after = measure(data, names, weights)
        others = fit([other for key, other in sets.items() if key != name], names)
        gain, foreign = (after - before)[judged], measure(data, names, others) - before
        draws = np.random.default_rng(0).integers(0, len(gain), (1000, len(gain)))
        low, high = np.percentile(gain[draws].mean(1), (2.5, 97.5))
        print(
            f"| {name} | {before[judged].mean():.3f} | {after[judged].mean():.3f} | {gain.mean():+.3f} |"
            f" {low:+.3f} to {high:+.3f} | {foreign.mean():+.3f} |",
            flush=True,
        )
        total.append((before[judged].mean(), after[judged].mean(), foreign.mean()))
    print("| mean | {:.3f} | {:.3f} | | | {:+.3f} |".format(*np.mean(total, axis=0)), flush=True)


if __name__ == "__main__":
    main()
