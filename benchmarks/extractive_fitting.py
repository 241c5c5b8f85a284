"""Fits the weights of extractive answers: which sentence to quote, and when to refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import minimize  # type: ignore[import-untyped]  # has no types

from benchmarks.extractive_sets import (
    ALSO_ANSWERED,
    FITTED,
    MADE_UNANSWERABLE,
    OFF_TOPIC,
    OFF_TOPIC_MIXED,
    OFF_TOPIC_SAMPLE,
    SEED,
    Asked,
    Library,
)
from eval.metrics.containment import contains
from serving.extractive.alike import ALIKE_NAMES, Cosines, alike_features
from serving.extractive.candidates import Candidate, read_candidates
from serving.extractive.choosing import choose
from serving.extractive.definitions import definition_bonuses
from serving.extractive.evidence import EVIDENCE_NAMES, weigh_evidence
from serving.extractive.features import FEATURE_NAMES, Matrix, feature_matrix
from serving.extractive.questions import Question, read_question
from serving.extractive.rivals import rival_penalties
from serving.extractive.scoring import CHARACTERS, CHINESE, LATIN, WORDS

_WORDS = (
    *("sentence_coverage", "loose_coverage", "passage_coverage", "pair_coverage", "names_missing"),
    *("passage_missing", "passage_names_missing", "passage_loose_missing"),
    *("missing", "strong_missing"),
    "searches_agree",
    *("rarest_missing", "scattered", "numbers_missing", "narrowing_missing", "denial_missing", "opposites"),
    "shape_missing",
)
_CHARACTERS = (*_WORDS, "loose_missing", "passage_pairs", "terms")
# Which evidence each table of weights is fitted on.
EVIDENCE_OF: dict[str, dict[str, tuple[str, ...]]] = {
    "latin": {LATIN: (*_WORDS, "cosine"), WORDS: _WORDS},
    "chinese": {CHINESE: (*_CHARACTERS, "cosine"), CHARACTERS: _CHARACTERS},
}

FREE = (None, None)  # bounds of a weight that may have either sign
SPURIOUS = 0.5  # weight of a sentence that holds the gold answer, but in another passage than the annotated one
RIDGE = 3.0  # of the weights, in units of one question's log-likelihood
GOOD_SAMPLE = 800  # answerable questions in the fit of the evidence
NEAR_MISSES = 4  # every fourth of them is also asked of its hits without those that answer: on the topic, no answer
OFF_TOPIC_WEIGHT = 4  # of a question on something else, against one made to look answerable: both are to be refused
ALONE = 3  # every third question is also asked of its first hit alone
REFUSED_GOOD = 0.025  # share of the fitted answerable questions that the threshold may refuse


@dataclass(frozen=True)
class Featured:
    """One question's candidates as the fit sees them: features, and the weight of each as a right answer."""

    features: Matrix
    right: Matrix


Weights = Mapping[str, float]


def featured(asked: Sequence[Asked], by_words: Weights | None = None, cosines: Cosines | None = None) -> list[Featured]:
    """Features of every question that some sentence answers.

    With `cosines` also those of meaning, for the sentences that the weights `by_words` leave in question.
    """
    found = []
    for item in asked:
        candidates = read_candidates(item.hits)
        holds = np.array([contains([candidate.text], item.answers) for candidate in candidates], dtype=float)
        annotated = np.array([candidate.hit.document.name == item.about for candidate in candidates], dtype=bool)
        if (holds * annotated).any():
            holds[~annotated] *= SPURIOUS
        if holds.any():
            question = read_question(item.text)
            features = feature_matrix(question, candidates)
            if by_words and cosines:
                alike = with_meaning(question, candidates, features @ table_of(by_words, FEATURE_NAMES), cosines)
                features = np.hstack([features, alike])
            found.append(Featured(features, holds))
    return found


def with_meaning(question: Question, candidates: Sequence[Candidate], by_words: Matrix, cosines: Cosines) -> Matrix:
    """The features of meaning where the candidates have these scores by words: as the product makes them."""
    return alike_features(
        by_words + ruled(question, candidates),
        lambda places: cosines(question.text, [candidates[place].text for place in places]),
    )


def ruled(question: Question, candidates: Sequence[Candidate]) -> Matrix:
    """What rules add to each candidate's score."""
    return definition_bonuses(question.text, candidates) - rival_penalties(question.text, candidates)


def table_of(weights: Weights, names: Sequence[str]) -> Matrix:
    """The weights in the order of `names`."""
    return np.array([weights[name] for name in names])


def fit_sentences(data: Sequence[Featured], names: Sequence[str]) -> dict[str, float]:
    """Maximises the log of the chance given to the right sentences (any of them), with a ridge on the weights.

    Args:
        data: the questions.
        names: of the features.
    """
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
    return {name: round(float(weight), 4) for name, weight in zip(names, best.x / scale, strict=True)}


def evidence_rows(asked: Sequence[Asked], choose_from: Callable[[Question, Sequence[Candidate]], Matrix]) -> Matrix:
    """The evidence for each question, of the sentences that `choose_from` scores best; shape (questions, evidence)."""
    rows = []
    for item in asked:
        question, candidates = read_question(item.text), read_candidates(item.hits)
        if candidates:
            chosen = choose(candidates, choose_from(question, candidates), 2)
            values = weigh_evidence(question, item.hits, candidates, chosen).values
            rows.append([values[name] for name in EVIDENCE_NAMES])
    return np.array(rows)


def scorer(
    by_words: Weights, by_meaning: Weights, cosines: Cosines | None
) -> Callable[[Question, Sequence[Candidate]], Matrix]:
    """Scores candidates as the product does with these weights: by meaning too where `cosines` are given."""
    words, meaning = table_of(by_words, FEATURE_NAMES), table_of(by_meaning, (*FEATURE_NAMES, *ALIKE_NAMES))

    def scores(question: Question, candidates: Sequence[Candidate]) -> Matrix:
        features = feature_matrix(question, candidates)
        said = features @ words
        if cosines is not None:
            said = np.hstack([features, with_meaning(question, candidates, said, cosines)]) @ meaning
        return np.asarray(said + ruled(question, candidates))

    return scores


def sign_of(name: str) -> tuple[float | None, float | None]:
    """More of the question found never lowers the confidence, and more of it missing never raises it."""
    against = "missing" in name or name in ("opposites", "scattered")
    return FREE if name == "terms" else (None, 0.0) if against else (0.0, None)


def fit_evidence(good: Matrix, bad: Matrix, names: Sequence[str]) -> tuple[dict[str, float], float]:
    """Logistic regression over `names`, both sides weighing the same; the threshold refuses REFUSED_GOOD of them."""
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

    best = minimize(loss, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", bounds=[*map(sign_of, names), FREE]).x
    weights = {name: round(float(w), 4) for name, w in zip(names, best[:-1] / scale, strict=True)}
    weights["constant"] = round(float(best[-1]), 4)
    confidences = 1 / (1 + np.exp(-(rows @ best)))
    threshold = round(float(np.quantile(confidences[: len(good)], REFUSED_GOOD)), 4)
    print(
        f"  of the questions without answer fitted on, {np.mean(confidences[len(good) :] < threshold):.3f} are refused"
    )
    return weights, threshold


def fit(library: Library, half: int = 0) -> dict[str, Any]:
    """The content of weights.json."""
    tables: dict[str, Any] = {"fitted_on": {}, "sentences": {}}
    for script, names in FITTED.items():
        asked = [item for name in names for item in library.answerable(name) if item.half == half]
        print(script, len(asked), "answerable for the sentences")
        tables["fitted_on"][script] = f"half {half} by title of {', '.join(names)}, seed {SEED}; see the benchmark"
        tables["sentences"][script] = fit_sentences(featured(asked), FEATURE_NAMES)
    return fit_refusals(library, fit_meaning(library, tables, half), half)


def fit_meaning(library: Library, tables: Mapping[str, Any], half: int = 0) -> dict[str, Any]:
    """The content of weights.json with the sentences' weights beside the features of meaning fitted anew."""
    fitted = {**tables, "sentences_with_meaning": {}}
    for script, names in FITTED.items():
        asked = [item for name in names for item in library.answerable(name) if item.half == half]
        data = featured(asked, tables["sentences"][script], library.cosines)
        fitted["sentences_with_meaning"][script] = fit_sentences(data, (*FEATURE_NAMES, *ALIKE_NAMES))
        library.save()
    return fitted


def fit_refusals(library: Library, tables: Mapping[str, Any], half: int = 0) -> dict[str, Any]:
    """The content of weights.json with the evidence fitted anew to the sentences that it chooses."""
    fitted = {**tables, "evidence": {}, "answer_from": {}}
    for script, names in FITTED.items():
        asked = [item for name in names for item in library.answerable(name) if item.half == half]
        good = asked[:: -(-len(asked) // GOOD_SAMPLE)]
        off = [item for pair in (*OFF_TOPIC[script], *OFF_TOPIC_MIXED) for item in off_topic_in(library, pair, script)]
        near = [without_answer(item) for item in good[::NEAR_MISSES]]
        made = [item for name in MADE_UNANSWERABLE[script] for item in library.unanswerable(name) if item.half == half]
        also = [item for name in ALSO_ANSWERED[script] for item in library.questions(name, OFF_TOPIC_SAMPLE // 2)]
        off += map(first_alone, off[::ALONE])
        good = [*good, *also, *(first_alone(item) for item in good[::ALONE] if is_first(item))]
        print(script, len(good), "answerable and", len(off), len(near), len(made), "without answer")
        for table, columns in EVIDENCE_OF[script].items():
            cosines = library.cosines if "cosine" in columns else None
            scores = scorer(tables["sentences"][script], tables["sentences_with_meaning"][script], cosines)
            rows, others = evidence_rows(good, scores), evidence_rows(off, scores)
            missed = np.vstack([*[others] * OFF_TOPIC_WEIGHT, evidence_rows([*near, *made], scores)])
            library.save()
            fitted["evidence"][table], fitted["answer_from"][table] = fit_evidence(rows, missed, columns)
    return fitted


def without_answer(item: Asked) -> Asked:
    """The question with only those hits that hold none of its answers: on the topic, and yet no answer."""
    hits = [
        hit for hit in item.hits if hit.document.name != item.about and not contains([hit.passage.text], item.answers)
    ]
    return Asked(item.text, (), "", item.half, tuple(hits))


def first_alone(item: Asked) -> Asked:
    """The question with the first hit only, as a small collection or a filter leaves it."""
    return Asked(item.text, item.answers, item.about, item.half, item.hits[:1])


def is_first(item: Asked) -> bool:
    """Whether the first hit is the passage that answers."""
    return bool(item.hits) and item.hits[0].document.name == item.about


def off_topic_in(library: Library, pair: tuple[str, str], script: str) -> list[Asked]:
    """The off-topic questions of a pair of sets that are in `script`."""
    return [i for i in library.off_topic(*pair) if read_question(i.text).chinese == (script == "chinese")]
