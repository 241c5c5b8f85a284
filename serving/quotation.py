"""Words of a document in an answer: on one line, in the quotation marks of its language, with their marker."""

from __future__ import annotations

from serving.languages import ENGLISH, TRADITIONAL


def quotation(quote: str, marker: int, language: str) -> str:
    """The words of a document as an answer shows them."""
    words = on_one_line(quote)
    if language == TRADITIONAL:
        return f"「{words}」[{marker}]"
    return f"“{words}” [{marker}]" if language == ENGLISH else f"“{words}”[{marker}]"


def on_one_line(text: str) -> str:
    """A text with single blanks for all its white space."""
    return " ".join(text.split())
