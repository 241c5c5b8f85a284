"""A quote that knows where it stands."""

from __future__ import annotations

from collections.abc import Iterable


class PlacedQuote(str):
    """The words of a quote, with the headings above them, which often say what they are about.

    It is a string, as the port `Verifier` takes them: who reads words alone need not know of the headings.
    """

    headings: tuple[str, ...]

    def __new__(cls, words: str, headings: Iterable[str] = ()) -> PlacedQuote:
        """The quote `words`, under `headings`, the outermost first."""
        quote = super().__new__(cls, words)
        quote.headings = tuple(headings)
        return quote


def headings_of(quote: str) -> tuple[str, ...]:
    """The headings above a quote, none where they are not known."""
    return quote.headings if isinstance(quote, PlacedQuote) else ()
