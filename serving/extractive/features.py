"""What speaks for a sentence: how much of the question it, its passage and its neighbours hold, and what it adds."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from kb.records import Hit
from serving.extractive.candidates import Candidate
from serving.extractive.questions import AnswerKind, Question
from serving.extractive.shapes import NAMING, answer_spans
from serving.extractive.terms import Terms, is_weak, read_terms

Matrix = NDArray[np.float64]

_SHAPED_KINDS = tuple(kind for kind in AnswerKind if kind is not AnswerKind.YES_NO)
FEATURE_NAMES = (
    "rank",
    "first_rank",
    "score_share",
    "dense",
    "lexical_share",
    "passage_coverage",
    "passage_best",
    "coverage",
    "coverage_squared",
    "loose_coverage",
    "pair_coverage",
    "name_coverage",
    "names_absent",
    "headed_coverage",
    "previous_coverage",
    "next_coverage",
    "previous_gain",
    "density",
    "precision",
    "focus",
    "focus_absent",
    "novelty",
    "length",
    "short",
    "first_sentence",
    "position",
    "asks",
    "pronoun_start",
    "pronoun_after_match",
    "naming",
    *(f"{kind}_shape" for kind in _SHAPED_KINDS),
    *(f"{kind}_no_shape" for kind in _SHAPED_KINDS),
    "shapes",
)

_PRONOUN_START = re.compile(
    r"\W*(?:he|she|it|they|his|her|its|their|this|these|those|such|the former|the latter)\b|\W*[他她它其此该這这]",
    re.IGNORECASE,
)
_WEAK_TERM = 0.3  # weight of a term that a question on anything may hold
_EQUAL_COSINES = 0.02  # differences of cosines below this are noise
_NAME_TERM = 1.5  # weight of names and numbers in the question: an answer is seldom about another one


class TermWeights:
    """How much each term of the question counts: rare among the sentences read, a name, or a weak word."""

    def __init__(self, question: Question, candidates: Sequence[Candidate]) -> None:
        seen_in = Counter(term for candidate in candidates for term in question.terms.exact & candidate.terms.exact)
        loose_in = Counter(term for candidate in candidates for term in question.terms.loose & candidate.terms.loose)
        count = len(candidates) + 1
        self.exact = {
            term: math.log(1 + count / (1 + seen_in[term]))
            * (_WEAK_TERM if is_weak(term) else _NAME_TERM if term in question.names else 1.0)
            for term in question.terms.exact
        }
        self.loose = {term: math.log(1 + count / (1 + loose_in[term])) for term in question.terms.loose}
        self._all_exact = sum(self.exact.values()) or 1.0
        self._all_loose = sum(self.loose.values()) or 1.0

    def matched(self, terms: frozenset[str]) -> set[str]:
        """Those of `terms` that the question has, too: few, so that they are quickly joined and weighed."""
        return self.exact.keys() & terms

    def share_of(self, matched: set[str]) -> float:
        """The share of the question's weight that some of its own terms hold: 0 to 1."""
        return sum(map(self.exact.__getitem__, matched)) / self._all_exact

    def covered(self, terms: frozenset[str]) -> float:
        """The share of the question's weight that any terms hold: 0 to 1."""
        return self.share_of(self.matched(terms))

    def loosely_covered(self, terms: frozenset[str]) -> float:
        """The same of any terms, over beginnings of words and single characters."""
        return sum(map(self.loose.__getitem__, self.loose.keys() & terms)) / self._all_loose


def title_terms(hit: Hit) -> Terms:
    """The terms of the document's title and the passage's headings."""
    return read_terms(" ".join((hit.document.title, *hit.passage.headings)))


def feature_matrix(question: Question, candidates: Sequence[Candidate]) -> Matrix:
    """One row of features (named by FEATURE_NAMES) for each candidate, shape (candidates, features)."""
    if not candidates:
        return np.zeros((0, len(FEATURE_NAMES)))
    weights = TermWeights(question, candidates)
    hits = [next(group).hit for _, group in groupby(candidates, key=lambda candidate: candidate.rank)]
    best_score = max(hit.score for hit in hits) or 1.0
    best_lexical = max((hit.lexical_score or 0.0) for hit in hits) or 1.0
    rows: list[dict[str, float]] = []
    groups = [list(group) for _, group in groupby(candidates, key=lambda candidate: candidate.rank)]
    for sentences, standing in zip(groups, _dense_standings(hits), strict=True):
        first = sentences[0]
        of_passage = _passage_features(first.hit, first.rank, standing, best_score, best_lexical)
        rows.extend(_sentence_features(question, weights, sentences, of_passage))
    return np.array([[row.get(name, 0.0) for name in FEATURE_NAMES] for row in rows])


def _dense_standings(hits: Sequence[Hit]) -> list[float]:
    """How many standard deviations each hit's cosine similarity is above the mean: models differ in their scales."""
    known = [hit.dense_score for hit in hits if hit.dense_score is not None]
    if not known:
        return [0.0] * len(hits)
    values = np.array([min(known) if hit.dense_score is None else hit.dense_score for hit in hits])
    standings: list[float] = ((values - values.mean()) / (values.std() + _EQUAL_COSINES)).tolist()
    return standings


def _passage_features(hit: Hit, rank: int, standing: float, best_score: float, best_lexical: float) -> dict[str, float]:
    return {
        "rank": math.log1p(rank),
        "first_rank": float(rank == 0),
        "score_share": hit.score / best_score,
        "dense": standing,
        "lexical_share": (hit.lexical_score or 0.0) / best_lexical,
    }


def _sentence_features(
    question: Question, weights: TermWeights, sentences: Sequence[Candidate], of_passage: Mapping[str, float]
) -> list[dict[str, float]]:
    texts = [title_terms(sentences[0].hit).exact, *(sentence.terms.exact for sentence in sentences)]
    names_absent = float(bool(question.names) and all(map(question.names.isdisjoint, texts)))
    heading, *matched = map(weights.matched, texts)
    coverages = [weights.share_of(terms) for terms in matched]
    passage_coverage = weights.share_of(heading.union(*matched))
    best = max(coverages)
    rows = []
    for index, sentence in enumerate(sentences):
        covered = coverages[index]
        before = coverages[index - 1] if index else 0.0
        row = {
            **of_passage,
            "passage_coverage": passage_coverage,
            "passage_best": float(covered == best),
            "coverage": covered,
            "coverage_squared": covered * covered,
            "names_absent": names_absent,
            "headed_coverage": weights.share_of(matched[index] | heading),
            "previous_coverage": before,
            "next_coverage": coverages[index + 1] if index + 1 < len(coverages) else 0.0,
            "previous_gain": weights.share_of(matched[index] | matched[index - 1]) - covered if index else 0.0,
            "first_sentence": float(sentence.position == 0),
            "position": math.log1p(sentence.position),
        }
        _add_matches(row, question, weights, sentence)
        _add_form(row, question, sentence, before)
        _add_shapes(row, question, sentence)
        rows.append(row)
    return rows


def _add_matches(row: dict[str, float], question: Question, weights: TermWeights, sentence: Candidate) -> None:
    asked, terms = question.terms, sentence.terms
    row["loose_coverage"] = weights.loosely_covered(terms.loose)
    row["pair_coverage"] = len(asked.pairs & terms.pairs) / len(asked.pairs) if asked.pairs else 0.0
    row["name_coverage"] = len(question.names & terms.exact) / len(question.names) if question.names else 0.0
    row["focus"] = float(bool(question.focus) and question.focus <= terms.exact)
    row["focus_absent"] = float(bool(question.focus) and not question.focus & terms.exact)
    matched = [place for place, term in enumerate(terms.sequence) if term in asked.exact]
    row["density"] = len(matched) / (matched[-1] - matched[0] + 1) if len(matched) > 1 else 0.0
    row["precision"] = len(matched) / len(terms.sequence) if terms.sequence else 0.0
    row["novelty"] = math.log1p(len(terms.exact - asked.exact))


def _add_form(row: dict[str, float], question: Question, sentence: Candidate, before: float) -> None:
    row["length"] = math.log1p(len(sentence.terms.sequence))
    row["short"] = float(len(sentence.terms.sequence) < 4)
    row["asks"] = float(sentence.text.endswith(("?", "？")))
    if _PRONOUN_START.match(sentence.text):
        row["pronoun_start"] = 1.0
        row["pronoun_after_match"] = before
    row["naming"] = float(question.names_something and NAMING.search(sentence.text) is not None)


def _add_shapes(row: dict[str, float], question: Question, sentence: Candidate) -> None:
    if question.kind is AnswerKind.YES_NO:
        return
    found = len(answer_spans(question, sentence.text))
    row[f"{question.kind}_shape" if found else f"{question.kind}_no_shape"] = 1.0
    row["shapes"] = float(found)
