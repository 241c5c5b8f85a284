"""Whether a clause denies something, in English and Chinese."""

from __future__ import annotations

import re

from kb.text.folding import fold
from serving.bounds import Bound
from serving.quantities import find_quantities

# Read in folded text. Left out: 不 in words that deny nothing (不仅, 不同, 不断 …), 非 in 非常, "no" in "no. 5".
_NEGATION = re.compile(
    r"\b(?:not|never|none|neither|nor|cannot|nobody|nothing|nowhere)\b|n['’]t\b"
    r"|\bno\b(?!\.\s?\d)(?! (?:later|more|less|fewer) than)"
    r"|不(?![仅但同断过如论管久止少只错外妨愧由料])|没有?|(?<!毫)无(?![论需锡])|未(?!来|婚|成年)|(?<![并除])非(?![常洲])|并非|禁止|严禁|勿|拒绝"
)
# Words that take something out of what is said: what they stand before is the opposite of what is included.
_EXCEPTION = re.compile(
    r"\b(?:except(?:ing|ed)?|excluding|exclusive of|other than|unless|without|save for)\b"
    r"|除外|除(?=[^。；;]{1,30}?(?:以外|之外|外))|以外|之外|但书"
)
_NOT_ONLY = re.compile(r"\bnot only\b|\bnot just\b|\bwhether or not\b|能不能|是不是|可不可以|会不会|要不要")
_CLAUSE = re.compile(
    r"[，；：。！？\n]+|[,;:.!?]+(?=\s|$|[\u3400-\u9fff“”])|(?<=[\u3400-\u9fff])[,;:]|\b(?:but|however|although|whereas|while)\b|但是?|而是|然而|否则"
)


def is_negated(clause: str) -> bool:
    """Whether the clause says no: an even number of negations cancels out."""
    return len(_NEGATION.findall(_bare(fold(clause)))) % 2 == 1


def denials(folded: str) -> list[tuple[int, int]]:
    """Where a folded text says no or makes an exception, in order."""
    masked = _bare(folded)
    return sorted(match.span() for pattern in (_NEGATION, _EXCEPTION) for match in pattern.finditer(masked))


def clauses(text: str) -> list[str]:
    """The clauses of `text`, each of which says yes or no by itself."""
    return [part.strip() for part in _CLAUSE.split(text) if part and part.strip()]


def _bare(folded: str) -> str:
    """A folded text, as long as it was, without what looks like a denial and is none: not only, 不得超过5%."""
    for quantity in find_quantities(folded):
        if quantity.bound is not Bound.NONE:
            folded = folded[: quantity.start] + " " * (quantity.end - quantity.start) + folded[quantity.end :]
    return _NOT_ONLY.sub(lambda found: " " * len(found[0]), folded)
