"""How other expressions count in a lexical search.

Words of the question and another expression for them are one thing, not two: a passage scores for whichever it holds
more of. Adding the other expression's words to the question instead lets a passage that says a thing in both ways come
before those that answer; measured in docs/decisions/0007-questions-and-passages.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kb.text.tokens import question_tokens
from retriever.questions.records import Expansion, PairKind

# What another expression is worth beside the words asked for. At .5 and .7 acronyms gain a third
# and two thirds of what they gain at 1. 又称 and 俗称 are often said of something broader or narrower.
_WORTH = {
    PairKind.INITIALS: 1.0,
    PairKind.TRANSLATION: 1.0,
    PairKind.SYNONYM: 0.5,
    PairKind.SHORTHAND: 0.5,
}


class Alternatives(NamedTuple):
    """Weights by token of the words asked for, and of the other expression for them."""

    asked: dict[str, float]
    added: dict[str, float]


def alternatives(
    weights: Mapping[str, float], expansions: Sequence[Expansion]
) -> tuple[list[Alternatives], dict[str, float]]:
    """Parts a question's tokens into those that have another expression and those that have none.

    The tokens of a longer expression weigh less, so that "atrial fibrillation" is worth as much as "AF".

    Args:
        weights: of the question's tokens.
        expansions: of its words.

    Returns:
        One pair for each expansion that adds tokens, and the weights of the tokens left over.
    """
    left = dict(weights)
    pairs: list[Alternatives] = []
    for item in expansions:
        asked = {token: left[token] for token in question_tokens(item.found) if token in left}
        added = [token for token in dict.fromkeys(question_tokens(item.added)) if token not in weights]
        if not asked or not added:
            continue
        weight = _WORTH[item.kind] * min(1.0, len(asked) / len(added))
        pairs.append(Alternatives(asked, dict.fromkeys(added, weight)))
        for token in asked:
            del left[token]
    return pairs, left
