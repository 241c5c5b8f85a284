"""Answers a question with sentences of the passages found, quoted to the letter, or says that nothing fits."""

from __future__ import annotations

from collections.abc import Sequence

from kb.records import Hit
from serving.extractive.alike import Cosines, alike_features
from serving.extractive.articles import article_quotes
from serving.extractive.candidates import Candidate, read_candidates
from serving.extractive.choosing import choose, softmax
from serving.extractive.definitions import definition_bonuses
from serving.extractive.evidence import explain, weigh_evidence
from serving.extractive.features import Matrix, feature_matrix
from serving.extractive.focus import focus_of
from serving.extractive.lists import list_quotes
from serving.extractive.questions import Question, read_question
from serving.extractive.records import Extraction, Quote, Settled
from serving.extractive.rivals import rival_penalties
from serving.extractive.scoring import confidence_in, score_sentences, score_with_meaning
from serving.extractive.yes_no import settled_by, yes_or_no
from serving.reasons import Reason, because

_BY_ADDRESS = 0.95  # confidence in an article that was found by its number: only the wrong document could be meant


def extract(
    question: str,
    hits: Sequence[Hit],
    *,
    at_most: int = 2,
    trust_cosines: bool = True,
    cosines: Cosines | None = None,
) -> Extraction:
    """Picks at most `at_most` sentences of `hits` that answer `question`, or says that nothing fits.

    An article or a list that is asked for is quoted whole.

    A pure function of its arguments: no model but what `cosines` asks, no network. Each quote stands in its document at
    its offsets.

    Args:
        question: in English or Chinese.
        hits: the passages of one search, best first.
        at_most: how many sentences to quote, from 1; a second one is left out where the first is all but certain.
        trust_cosines: False where the hits' dense scores are of another model than those on which the weights were
            fitted (`knows_cosines`): whether there is an answer is then told from the words alone.
        cosines: the cosines of sentences to a question, by a model on whose cosines the weights were fitted; asked for
            the likeliest few where the words leave more than one. Unless given, sentences are told by their words.
    """
    asked = read_question(question)
    if articles := article_quotes(question, hits):
        return Extraction(articles, _BY_ADDRESS, answered=True, why=_article_found(asked))
    if not asked.terms.loose:
        return Extraction((), 0.0, answered=False, why=_nothing_asked(asked))
    candidates = read_candidates(hits)
    if not candidates:
        return Extraction((), 0.0, answered=False, why=_nothing_read(asked))
    scores = _scores(asked, candidates, cosines)
    chosen = choose(candidates, scores, at_most)
    settled = settled_by(asked, candidates)
    if settled:
        chosen = [settled[0], *(index for index in chosen if index != settled[0])][:at_most]
    evidence = weigh_evidence(asked, hits, candidates, chosen)
    confidence, answered = confidence_in(evidence, asked, trust_cosines=trust_cosines)
    chances = softmax(scores)
    quotes = list_quotes(question, [candidates[index] for index in chosen], float(chances[chosen[0]]))
    quotes = quotes or tuple(_quote(asked, candidates[index], float(chances[index])) for index in chosen)
    why = explain(asked, evidence, hits, answered=answered)
    word = _settling(question, yes=settled[1]) if settled and answered else None
    return Extraction(quotes, confidence, answered, why, word)


def _scores(question: Question, candidates: Sequence[Candidate], cosines: Cosines | None) -> Matrix:
    """The score of each candidate, shape (candidates,)."""
    features = feature_matrix(question, candidates)
    ruled = definition_bonuses(question.text, candidates) - rival_penalties(question.text, candidates)
    scores = score_sentences(features, question) + ruled
    if cosines is None:
        return scores
    alike = alike_features(scores, lambda places: cosines(question.text, [candidates[place].text for place in places]))
    return score_with_meaning(features, alike, question) + ruled


def _settling(question: str, *, yes: bool) -> Settled:
    return Settled(yes_or_no(question, yes=yes), because(Reason.ANSWERED_IN_ITS_WORDS, question))


def _article_found(question: Question) -> str:
    return "这是问题中所指的条文。" if question.chinese else "This is the article that the question names."


def _nothing_asked(question: Question) -> str:
    return "问题中没有可查找的词。" if question.chinese else "The question has no word that could be looked for."


def _nothing_read(question: Question) -> str:
    return "没有找到可读的段落。" if question.chinese else "No passage was found to read."


def _quote(question: Question, candidate: Candidate, chance: float) -> Quote:
    focus = focus_of(question, candidate.text)
    return Quote(
        hit=candidate.hit,
        start=candidate.start,
        end=candidate.end,
        text=candidate.text,
        score=chance,
        focus=(candidate.start + focus[0], candidate.start + focus[1]) if focus else None,
    )
