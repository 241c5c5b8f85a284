"""A sentence laid beside the words it cites: where both say the same, one thing said otherwise stands out.

Whether a number occurs somewhere in the cited words says little when they hold ten numbers. Between words that agree on
both sides, it must be the same number, with the same unit, and the same yes or no.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from kb.text.folding import fold_with_offsets
from serving.articles import Article
from serving.bounds import Bound, find_bounds
from serving.dates import Date
from serving.extractive.terms import stem_of
from serving.negation import denials
from serving.quantities import Quantity
from serving.values import read_values

_WORD = re.compile(r"[^\W\d_\u3400-\u9fff]+(?:['’](?=s\b|t\b)[a-z])?|[\u3400-\u9fff]|\d+|[。！？；\n]|[.!?;](?=\s|$)")
_LONGEST_GAP = 8  # tokens: what differs in more is another statement, not one thing said otherwise
_ANCHOR = 2  # tokens that agree beside a gap; for Chinese characters twice as many make a word or two
_TAIL = 6  # tokens after a gap: by 先生 or 股份有限公司 a name before them is told


_Code = tuple[str, int, int, int, int]  # what the matcher says of a stretch, and where it is on both sides


class Kind(Enum):
    """What a token is, as far as checking goes."""

    WORD = "word"
    NUMBER = "number"
    UNIT = "unit"
    DATE = "date"
    ARTICLE = "article"
    BOUND = "bound"  # at least, 不超过: before the number that it makes a bound
    DENIAL = "denial"  # not, except, 不得, 除外
    STOP = "stop"  # the end of a sentence
    NAME = "name"


class Token(NamedTuple):
    """A word, Chinese character, number or unit. Tokens with the same key say the same."""

    key: str
    kind: Kind
    written: str
    quantity: Quantity | None = None  # of a number and of a bound
    date: Date | None = None
    bound: Bound = Bound.NONE


class Gap(NamedTuple):
    """A short stretch where the sentence and the cited words differ, between stretches where they agree."""

    said: tuple[Token, ...]  # in the sentence
    cited: tuple[Token, ...]
    before: Token | None  # the last token that agrees before it
    tail: str = ""  # the first characters after it that agree, as written in the sentence


@lru_cache(maxsize=1_000)  # the cited words are read by several checks, for several sentences
def read_tokens(text: str) -> tuple[Token, ...]:
    """The tokens of `text` in reading order, signs left out."""
    folded, offsets = fold_with_offsets(text)
    offsets.append(len(text))
    denied = denials(folded)
    bounds = find_bounds(folded)
    tokens: list[Token] = []
    position = 0

    def words_until(end: int) -> Iterator[Token]:
        """What stands between two values: words, and a least or a most that has no number."""
        at = position
        for found in bounds:
            if position <= found.start and found.end <= end:
                yield from _words(text, folded, offsets, denied, at, found.start)
                yield Token(
                    f"bound {found.bound.value}", Kind.BOUND, folded[found.start : found.end], bound=found.bound
                )
                at = found.end
        yield from _words(text, folded, offsets, denied, at, end)

    for value in read_values(text).in_order():
        tokens += words_until(value.start)
        if isinstance(value, Date):
            key = f"date {value.year}-{value.month}-{value.day}"
            tokens.append(Token(key, Kind.DATE, value.written, date=value))
        elif isinstance(value, Article):
            key = " ".join(("article", value.number, *value.parts))
            tokens.append(Token(key, Kind.ARTICLE, value.written))
        else:
            tokens += _of_quantity(value)
        position = value.end
    return (*tokens, *words_until(len(folded)))


def _of_quantity(quantity: Quantity) -> Iterator[Token]:
    if quantity.bound is not Bound.NONE:
        yield Token(f"bound {quantity.bound.value}", Kind.BOUND, quantity.bounded, quantity, bound=quantity.bound)
    yield Token(f"#{quantity.value}", Kind.NUMBER, quantity.written, quantity)
    if quantity.unit:
        yield Token(f"unit {quantity.unit}", Kind.UNIT, quantity.written, quantity)


def gaps(said: Sequence[Token], cited: Sequence[Token]) -> tuple[list[Gap], float]:
    """The short gaps between agreeing stretches, and the share of the sentence's tokens that agree, 0 to 1."""
    while said and said[-1].kind is Kind.STOP:
        said = said[:-1]
    if not said:
        return [], 0.0
    matcher = SequenceMatcher(None, [token.key for token in said], [token.key for token in cited], autojunk=False)
    codes = matcher.get_opcodes()
    agreeing = sum(end - start for tag, start, end, _, _ in codes if tag == "equal")
    found = []
    for place, (tag, start, end, cited_start, cited_end) in enumerate(codes):
        if tag == "equal":
            continue
        if any(_is_anchor(_stretch(said, codes, near)) for near in (place - 1, place + 1)):
            before = said[start - 1] if start else None
            mine, its = said[start:end], cited[cited_start:cited_end]
            # Whole sentences that the other side does not speak of: a lone "the" that agrees does not tie them to it.
            if before is None or before.kind is Kind.STOP or not _is_anchor(_stretch(said, codes, place - 1)):
                mine, its = _last_sentence(mine), _last_sentence(its)
            if not _is_anchor(_stretch(said, codes, place + 1)):
                mine, its = _first_sentence(mine), _first_sentence(its)
            if 0 < max(len(mine), len(its)) <= _LONGEST_GAP:
                tail = "".join(token.written for token in _stretch(said, codes, place + 1)[:_TAIL])
                found.append(Gap(tuple(mine), tuple(its), before, tail))
    return found, agreeing / len(said)


def _stretch(said: Sequence[Token], codes: Sequence[_Code], place: int) -> Sequence[Token]:
    """The sentence's tokens of one of the matcher's steps; none beyond its ends."""
    return said[codes[place][1] : codes[place][2]] if 0 <= place < len(codes) else ()


def _last_sentence(tokens: Sequence[Token]) -> Sequence[Token]:
    stops = [place for place, token in enumerate(tokens) if token.kind is Kind.STOP]
    return tokens[stops[-1] + 1 :] if stops else tokens


def _first_sentence(tokens: Sequence[Token]) -> Sequence[Token]:
    stops = [place for place, token in enumerate(tokens) if token.kind is Kind.STOP]
    return tokens[: stops[0]] if stops else tokens


def _is_anchor(tokens: Sequence[Token]) -> bool:
    characters = sum("\u3400" <= token.key[0] <= "\u9fff" for token in tokens)
    return len(tokens) - characters / 2 >= _ANCHOR


def _words(
    text: str, folded: str, offsets: list[int], denied: list[tuple[int, int]], start: int, end: int
) -> Iterator[Token]:
    for match in _WORD.finditer(folded, start, end):
        first, last = match.span()
        written = text[offsets[first] : offsets[last]] or match[0]
        if not match[0][0].isalnum():
            yield Token("stop", Kind.STOP, match[0])
            continue
        denial = next((span for span in denied if span[0] < last and first < span[1]), None)
        if denial is None:
            kind = Kind.NAME if _is_name(text, offsets[first], written) else Kind.WORD
            yield Token(stem_of(match[0]) or match[0], kind, written)
        elif first <= denial[0]:  # one token for all of "other than"
            yield Token("denial", Kind.DENIAL, folded[slice(*denial)])


def _is_name(text: str, start: int, written: str) -> bool:
    """A Latin word with a capital that does not only begin a sentence; or one in the middle of Chinese."""
    if not written[0].isupper():
        return False
    before = text[:start].rstrip(" \"'“”‘’([《「")
    return (bool(before) and before[-1] not in ".!?:;。！？：；\n•-*") or (written[1:].isupper() and len(written) > 1)
