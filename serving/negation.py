"""Whether a clause denies something, in English and Chinese."""

from __future__ import annotations

import re

from kb.text.folding import fold
from serving.bounds import Bound, find_bounds
from serving.quantities import find_quantities

# Read in folded text. Left out: 不 in words that deny nothing (不仅, 不同, 不良 …), 非 in 非常, "no" in "no. 5".
_NEGATION = re.compile(
    r"\b(?:not|never|none|neither|nor|cannot|nobody|nothing|nowhere)\b|n['’]t\b"
    r"|\bno\b(?!\.\s?\d)(?! (?:later|more|less|fewer) than)"
    r"|\b(?:prohibit(?:s|ed)?|forbid(?:s|den)?|forbade|unable|fail(?:s|ed|ing)? to)\b"
    r"|不(?![仅但同断过如论管久止少只错外妨愧由料光单特独良孕动幸锈]|适(?![用合当宜]))|没有?"
    r"|(?<!毫)无(?![论需锡线菌痛数穷])|未(?!来|婚|成年)|(?<![并除])非(?![常洲典])|并非|禁止|严禁|勿|拒绝"
)
# Words that take something out of what is said: what they stand before is the opposite of what is included.
_EXCEPTION = re.compile(
    r"\b(?:except(?:ing|ed)?|excluding|exclusive of|other than|unless|without|save for)\b"
    r"|除外|除(?=[^。；;]{1,30}?(?:以外|之外|外))|以外|之外|但书"
)
# An exception with its words, to the end of its clause. 除……外 with 还 or 也 after it adds and takes nothing out.
_EXCEPTIONS = re.compile(
    r"\b(?:except(?:ing)?|excluding|exclusive of|other than|unless|save for|save where|provided,? however)\b"
    r"[^.;。；\n]{3,}?"
    r"(?=[,.;。；\n]|$)"
    r"|(?:^|[，,；;。、：:])[^，,。；;、：:\n]{1,60}除外"
    r"|[，,；;。]但是?[^。；;\n]{2,80}?(?:除外|不在此限|不得|不适用|不受|不能|无须|无需|不予|另有|可以|应当|必须|需要)[^，。；;\n]*"
    r"|除非[^，,。；;\n]{2,}"
    r"|除[^，,。；;非\n]{2,40}?(?:以外|之外|外)(?=[，,的])(?![^。；;\n]{0,30}[还也又])"
)
# What looks like a denial and is none; "cannot but" and 不得不 say yes, the latter by being two.
_NO_DENIAL = re.compile(
    r"\bnot (?:only|just|merely|simply|least)\b|\b(?:whether or|if) not\b|\bno (?:matter|doubt)\b"
    r"|\b(?:cannot|can't|could not|can not) (?:help )?but\b"
    r"|能不能|是不是|可不可以|会不会|要不要|有没有|不可或缺|毫无疑问"
)
_NOR = re.compile(r"(?<=\bneither\b)[^.;。]*?(?P<nor>\bnor\b)|(?:\bnot\b|\bno\b)[^.;。,]*?(?P<after>\bnor\b)")
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


def is_exception(written: str) -> bool:
    """Whether words that `denials` found make an exception: except, 除外."""
    return _EXCEPTION.match(written) is not None or written == "除"


def find_exceptions(folded: str) -> list[tuple[int, int]]:
    """Where a folded text makes exceptions, each from its first word to the end of its clause, in order."""
    return [match.span() for match in _EXCEPTIONS.finditer(folded)]


def clauses(text: str) -> list[str]:
    """The clauses of `text`, each of which says yes or no by itself."""
    return [part.strip() for part in _CLAUSE.split(text) if part and part.strip()]


def _bare(folded: str) -> str:
    """A folded text, as long as it was, without what looks like a denial and is none: not only, 不得超过5%."""
    for quantity in find_quantities(folded):
        if quantity.bound is not Bound.NONE:
            folded = folded[: quantity.start] + " " * (quantity.end - quantity.start) + folded[quantity.end :]
    masked = [(found.start, found.end) for found in find_bounds(folded)]
    masked += [match.span() for match in _NO_DENIAL.finditer(folded)]
    masked += [match.span(match.lastgroup or 0) for match in _NOR.finditer(folded)]  # neither … nor denies once
    for start, end in masked:
        folded = folded[:start] + " " * (end - start) + folded[end:]
    return folded
