"""Numbers, amounts and dates in one way of writing, so that counting the words of two texts compares them, too."""

from __future__ import annotations

from kb.text.numerals import canonical_numerals
from serving.dates import Date, find_dates, month_name
from serving.quantities import Quantity, amount_of, find_quantities


def in_one_writing(text: str) -> str:
    """`text`, folded, with 14 days, two weeks and 两周 alike, 2024年3月1日 as 2024 march 1: to compare, not to read."""
    dates, rest = find_dates(text)
    pieces: list[str] = []
    position = 0
    values: list[Date | Quantity] = [*dates, *find_quantities(rest)]
    for found in sorted(values, key=lambda one: one.start):
        pieces += rest[position : found.start], f" {_written(found)} "
        position = found.end
    return "".join([*pieces, rest[position:]])


def _written(found: Date | Quantity) -> str:
    if isinstance(found, Date):
        return " ".join(str(part) for part in (found.year, month_name(found.month), found.day) if part)
    amount = amount_of(found)
    if amount is None:
        return canonical_numerals(found.written)
    return f"{amount.number} {amount.kind}".replace("/", ".")  # one term
