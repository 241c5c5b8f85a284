"""How far what was read bears the question out, whether that is enough for an answer, and why not.

Only measures that mean the same whether a search found one passage or twenty take part: shares of the question's terms
and cosines. BM25 grows with the collection, and how far the best hit stands out depends on the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from kb.records import Hit
from serving.extractive.candidates import Candidate
from serving.extractive.features import TermWeights, title_terms
from serving.extractive.mismatches import narrowing_missing, opposites, unmet_denial
from serving.extractive.questions import AnswerKind, Question
from serving.extractive.shapes import answer_spans
from serving.extractive.terms import Terms, beginning_of, is_weak, words_of

_Item = TypeVar("_Item")

_WORDS_NAMED = 3  # more make the sentence unreadable

EVIDENCE_NAMES = (
    "sentence_coverage",  # weighted share of the question's terms in the best chosen sentence and its headings
    "loose_coverage",  # the same over beginnings of words and single characters, headings left out
    "pair_coverage",  # share of the question's pairs of neighbouring terms in the best chosen sentence
    "passage_coverage",  # weighted share in the first sentence's passage
    "passage_pairs",
    "passage_missing",  # share of the question's strong terms that this passage lacks
    "passage_loose_missing",
    "passage_names_missing",
    "missing",  # weighted share of the terms that nothing read holds
    "strong_missing",
    "loose_missing",
    "names_missing",
    "cosine",  # the best cosine similarity to the question
    "searches_agree",  # both searches like the same passage best
    "terms",  # logarithm of the number of the question's terms
    # What the first sentence with its neighbours and headings lacks, or says otherwise:
    "rarest_missing",  # weight of the question's weightiest term there missing, over that of its weightiest
    "numbers_missing",  # share of the question's numbers
    "scattered",  # what the passage holds of the question beyond that sentence: words that do not stand together
    "narrowing_missing",  # how many of its words like "only", "first", "largest"
    "denial_missing",  # the question denies something, and no chosen sentence does
    "opposites",  # words of the question whose opposite stands there instead
    "shape_missing",  # a date, number or name is asked for, and no chosen sentence has one
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What was found for a question: values by EVIDENCE_NAMES, and the question's words that nothing read holds."""

    values: dict[str, float]
    missing: tuple[str, ...]


def weigh_evidence(
    question: Question, hits: Sequence[Hit], candidates: Sequence[Candidate], chosen: Sequence[int]
) -> Evidence:
    """Measures the evidence for a question.

    Args:
        question: what is asked.
        hits: the passages read.
        candidates: their sentences, at least one.
        chosen: indices of the candidates that would be quoted, best first.
    """
    weights = TermWeights(question, candidates)
    quoted = [candidates[index] for index in chosen]
    best = quoted[0]
    read = _joined(candidates, [title_terms(hit) for hit in hits])
    passage = _joined([c for c in candidates if c.rank == best.rank], [title_terms(best.hit)])
    asked = question.terms
    strong = frozenset(term for term in asked.exact if not is_weak(term))
    sentence_coverage = max(weights.covered(c.terms.exact | title_terms(c.hit).exact) for c in quoted)
    values = {
        "sentence_coverage": sentence_coverage,
        "loose_coverage": max(weights.loosely_covered(c.terms.loose) for c in quoted),
        "pair_coverage": max(_share(asked.pairs, c.terms.pairs) for c in quoted),
        "passage_coverage": weights.covered(passage.exact),
        "passage_pairs": _share(asked.pairs, passage.pairs),
        "passage_missing": _lack(strong, passage.exact),
        "passage_loose_missing": _lack(asked.loose, passage.loose),
        "passage_names_missing": _lack(question.names, passage.exact),
        "missing": 1.0 - weights.covered(read.exact),
        "strong_missing": _lack(strong, read.exact),
        "loose_missing": _lack(asked.loose, read.loose),
        "names_missing": _lack(question.names, read.exact),
        "terms": float(np.log1p(len(asked.exact))),
        "scattered": max(0.0, weights.covered(passage.exact) - sentence_coverage),
        **_searching(hits),
        **_around(question, weights, candidates, best),
        **_otherwise(question, [candidate.text for candidate in quoted]),
    }
    return Evidence(values, words_of(question.text, asked.exact - read.exact))


def _around(
    question: Question, weights: TermWeights, candidates: Sequence[Candidate], best: Candidate
) -> dict[str, float]:
    """What the best sentence with its neighbours in the passage and its headings lacks."""
    near = [c for c in candidates if c.rank == best.rank and abs(c.position - best.position) <= 1]
    terms = _joined(near, [title_terms(best.hit)])
    lacking = [
        weight
        for term, weight in weights.exact.items()
        if term not in terms.exact and beginning_of(term) not in terms.loose and not is_weak(term)
    ]
    numbers = frozenset(term for term in question.terms.exact if term[0].isdigit())
    return {
        "rarest_missing": max(lacking, default=0.0) / max(weights.exact.values(), default=1.0),
        "numbers_missing": _lack(numbers, terms.exact),
        "narrowing_missing": float(narrowing_missing(question.text, best.text)),
    }


def _otherwise(question: Question, sentences: Sequence[str]) -> dict[str, float]:
    """Where the chosen sentences, best first, say something else than the question supposes or asks."""
    shaped = question.kind.answers_itself and question.kind is not AnswerKind.THING
    return {
        "denial_missing": float(unmet_denial(question.text, sentences)),
        "opposites": float(opposites(question.text, sentences[0])),
        "shape_missing": float(shaped and not any(answer_spans(question, text, at_most=1) for text in sentences)),
    }


def _joined(candidates: Sequence[Candidate], others: Sequence[Terms]) -> Terms:
    every = [*(candidate.terms for candidate in candidates), *others]
    return Terms(
        (),
        frozenset().union(*(terms.exact for terms in every)),
        frozenset().union(*(terms.pairs for terms in every)),
        frozenset().union(*(terms.loose for terms in every)),
    )


def _share(wanted: frozenset[_Item], found: frozenset[_Item]) -> float:
    return len(wanted & found) / len(wanted) if wanted else 0.0


def _lack(wanted: frozenset[_Item], found: frozenset[_Item]) -> float:
    return len(wanted - found) / len(wanted) if wanted else 0.0


def _searching(hits: Sequence[Hit]) -> dict[str, float]:
    lexical = np.array([hit.lexical_score or 0.0 for hit in hits])
    cosines = np.array([hit.dense_score or 0.0 for hit in hits])
    return {
        "cosine": float(cosines.max()),
        "searches_agree": float(lexical.max() > 0 and lexical.argmax() == cosines.argmax()),
    }


def explain(question: Question, evidence: Evidence, hits: Sequence[Hit], *, answered: bool) -> str:
    """One sentence for people, in the question's language."""
    count, names = len(hits), evidence.missing[:_WORDS_NAMED]
    if question.chinese:
        if answered:
            return f"在读过的{count}个段落中找到了与问题最相符的句子。"
        if names:
            return f"读过的{count}个段落都没有提到{''.join(f'“{name}”' for name in names)}。"
        return f"读过的{count}个段落中没有一句话足以回答这个问题。"
    if answered:
        return f"Of the {_passages(count)} read, these sentences fit the question best."
    if names:
        return f"None of the {_passages(count)} read mentions {' or '.join(f'“{name}”' for name in names)}."
    return f"No sentence of the {_passages(count)} read fits the question well enough."


def _passages(count: int) -> str:
    return "1 passage" if count == 1 else f"{count} passages"
