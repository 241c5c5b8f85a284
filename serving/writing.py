"""Numbers, amounts and dates in one way of writing, so that counting the words of two texts compares them, too."""

from __future__ import annotations

from functools import lru_cache

from kb.text.numerals import canonical_numerals
from serving.articles import Article
from serving.dates import Date, month_name
from serving.extractive.terms import Terms, read_terms
from serving.quantities import amount_of
from serving.values import Value, read_values


@lru_cache(maxsize=2_000)  # a passage's sentences are laid beside every sentence of an answer that cites it
def compared_terms(text: str) -> Terms:
    """The terms of `text`, numbers, amounts, dates and articles in one way of writing."""
    return read_terms(in_one_writing(text))


def in_one_writing(text: str) -> str:
    """`text`, folded, with 14 days, two weeks and 两周 alike, 2024年3月1日 as 2024 march 1: to compare, not to read."""
    values = read_values(text)
    pieces: list[str] = []
    position = 0
    for value in values.in_order():
        pieces += values.folded[position : value.start], f" {_written(value)} "
        position = value.end
    return "".join([*pieces, values.folded[position:]])


def _written(value: Value) -> str:
    if isinstance(value, Date):
        return " ".join(str(part) for part in (value.year, month_name(value.month), value.day) if part)
    if isinstance(value, Article):
        return " ".join((value.kind, value.number, *value.parts))
    amount = amount_of(value)
    if amount is None:
        return canonical_numerals(value.written)
    return f"{amount.number} {amount.kind}".replace("/", ".")  # one term
