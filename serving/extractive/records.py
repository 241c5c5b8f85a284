"""What an extractive answer is made of."""

from __future__ import annotations

from dataclasses import dataclass

from kb.records import Hit


@dataclass(frozen=True, slots=True)
class Quote:
    """One sentence of a document: `document.text[start:end] == text`.

    A clause or a row stands for a sentence that is too long to quote. `focus` is the span of the document's text within
    the quote that has the shape of the answer (a date, a number, a name), where one was found. `score` is the chance,
    among the sentences read, that this one answers: 0 to 1.
    """

    hit: Hit
    start: int
    end: int
    text: str
    score: float
    focus: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What is said before the first quote where that settles a question for yes or no, as 不可以。 or "Yes."."""

    word: str
    why: str  # a sentence for people


@dataclass(frozen=True, slots=True)
class Extraction:
    """The quotes that answer a question, best first, or the reason why there is no answer.

    Where `answered` is false, `quotes` holds the nearest sentences all the same, so that a reader can judge.
    `confidence` is 0 to 1 and rises with the evidence; `why` is a sentence for people.
    """

    quotes: tuple[Quote, ...]
    confidence: float
    answered: bool
    why: str
    settled: Settled | None = None
