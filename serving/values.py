"""All values of a text in their order: dates, places in statutes, numbers with their units, each read once."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from kb.text.folding import fold_with_offsets
from serving.articles import Article, find_articles
from serving.dates import Date, find_dates
from serving.quantities import Quantity, find_quantities

_LIST_NUMBER = re.compile(r"^\W*\d{1,2}[.)、．]\s?(?=\D)")

Value = Date | Article | Quantity


class Values(NamedTuple):
    """The values of a text; their places are in the folded text."""

    folded: str
    dates: tuple[Date, ...]
    articles: tuple[Article, ...]
    quantities: tuple[Quantity, ...]

    def in_order(self) -> list[Value]:
        """All of them as they stand in the text."""
        values: list[Value] = [*self.dates, *self.articles, *self.quantities]
        return sorted(values, key=lambda value: value.start)


@lru_cache(maxsize=1_000)  # the cited words are read by several checks, for several sentences
def read_values(text: str) -> Values:
    """The values of `text`."""
    folded, offsets = fold_with_offsets(text)
    offsets.append(len(text))

    def original(value: Date | Article | Quantity) -> str:
        """The value as `text` has it: March, not march."""
        at = folded.find(value.written, value.start)
        return text[offsets[at] : offsets[at + len(value.written)]] if at >= 0 else value.written

    articles = find_articles(folded)
    rest = folded
    for article in articles:
        rest = blanked(rest, article.start, article.end)
    dates, rest = find_dates(rest)
    return Values(
        folded,
        tuple(date._replace(written=original(date)) for date in dates),
        tuple(article._replace(written=original(article)) for article in articles),
        tuple(quantity._replace(written=original(quantity)) for quantity in find_quantities(rest)),
    )


def without_list_number(text: str) -> str:
    """`text` with blanks for the number of a list item at its beginning, which is no value of it."""
    item = _LIST_NUMBER.match(text)
    return blanked(text, 0, item.end()) if item else text


def blanked(text: str, start: int, end: int) -> str:
    """`text` with blanks at `[start:end]`."""
    return text[:start] + " " * (end - start) + text[end:]
