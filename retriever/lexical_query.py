"""A question as a query of the lexical index, and what it finds there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kb.ports import Ids
from kb.text.tokens import question_tokens
from retriever.questions.records import Expansion
from retriever.questions.synonyms import alternatives

# The field "text" holds title, headings and text; "place" holds title and headings once more, at this weight. Measured:
# 0.25 is worth .026 nDCG@10 where titles tell documents apart (contracts) and costs nothing elsewhere.
_PLACE_WEIGHT = 0.25

# A long question is searched by its first distinct tokens: each costs some 10 microseconds in 20,000 passages.
_MOST_TOKENS = 300

_MOST_RANGES = 50  # of passage numbers in one filter; each is looked up in every passage that has one of the words


def query_for(schema: Any, question: str, expansions: Sequence[Expansion] = ()) -> Any:
    """The question's tokens joined by "or"; None if it has none. One said n times counts as the square root of n.

    Of words and another expression for them, those count that a passage has more of.
    """
    from tantivy import Occur, Query

    counts = Counter(question_tokens(question))
    weights = {token: count**0.5 for token, count in list(counts.items())[:_MOST_TOKENS]}
    pairs, left = alternatives(weights, expansions)
    parts = _terms(schema, left)
    for pair in pairs:
        either = [Query.boolean_query(_terms(schema, tokens)) for tokens in pair]
        parts.append((Occur.Should, Query.disjunction_max_query(either)))
    return Query.boolean_query(parts) if parts else None


def _terms(schema: Any, weights: Mapping[str, float]) -> list[Any]:
    from tantivy import Occur, Query

    return [
        (Occur.Should, Query.boost_query(Query.term_query(schema, field, token, "freq"), share * weight))
        for token, weight in weights.items()
        for field, share in (("text", 1.0), ("place", _PLACE_WEIGHT))
    ]


def scores(searcher: Any, query: Any, k: int) -> dict[int, float]:
    """BM25 of the best `k` passages by number, best first."""
    hits = searcher.search(query, k, count=False).hits
    numbers = searcher.fast_field_values("number", [address for _, address in hits]) if hits else []
    return dict(zip(numbers, (score for score, _ in hits), strict=True))


def scores_among(searcher: Any, schema: Any, query: Any, k: int, allowed: Ids) -> dict[int, float]:
    """The best `k` of `allowed`.

    The passages of a document have consecutive numbers, so few documents are few ranges, which tantivy filters by. Of
    many documents enough are soon found by asking for more, until enough of the answers are among them.
    """
    ranges = _ranges(allowed)
    if len(ranges) <= _MOST_RANGES:
        return scores(searcher, _within(schema, query, ranges), k)
    wanted = set(allowed.tolist())
    limit = 4 * k
    while True:
        found = scores(searcher, query, limit)
        among = {number: score for number, score in found.items() if number in wanted}
        if len(among) >= min(k, len(wanted)) or len(found) < limit:
            return dict(list(among.items())[:k])
        limit *= 4


def _ranges(numbers: Ids) -> list[tuple[int, int]]:
    """Ascending numbers as first and last of each run of consecutive ones."""
    ends = np.flatnonzero(np.diff(numbers) > 1)
    firsts, lasts = numbers[np.concatenate(([0], ends + 1))], numbers[np.concatenate((ends, [len(numbers) - 1]))]
    return list(zip(firsts.tolist(), lasts.tolist(), strict=True))


def _within(schema: Any, query: Any, ranges: list[tuple[int, int]]) -> Any:
    from tantivy import FieldType, Occur, Query

    parts = [Query.range_query(schema, "number", FieldType.Unsigned, first, last) for first, last in ranges]
    inside = Query.boolean_query([(Occur.Should, part) for part in parts])
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, Query.const_score_query(inside, 0.0))])
