"""What is learnt from a collection about its words, and what a question becomes with it."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import NamedTuple


class PairKind(StrEnum):
    """How a passage says that two expressions mean the same."""

    INITIALS = "initials"  # atrial fibrillation (AF)
    SHORTHAND = "shorthand"  # Brightwell Ltd (hereinafter "the Supplier"), 以下简称甲方: holds within its document
    SYNONYM = "synonym"  # 又称, also known as
    TRANSLATION = "translation"  # 机器学习（machine learning）


class Pair(NamedTuple):
    """Two expressions that one passage gives for the same thing, as written there.

    `short` is the acronym, the shorthand or the Latin term; `long` what it stands for, or the Chinese term.
    """

    short: str
    long: str
    kind: PairKind


class Expansion(NamedTuple):
    """Words of a question and another expression for them."""

    found: str  # as the documents write it
    added: str
    kind: PairKind


class QuestionVariant(NamedTuple):
    """A text to search for: the question itself, or one side of a comparison.

    A passage that holds `added` of an expansion counts as if it held what is `found` in the question.
    """

    text: str
    expansions: tuple[Expansion, ...] = ()

    @property
    def reworded(self) -> str:
        """The text with the other expressions in the place of those found; the same where there are none.

        An acronym is left as it is: who asks for "AF" is answered by passages that say "AF" after its first mention.
        """
        text = self.text
        for item in self.expansions:
            if item.kind is PairKind.INITIALS and len(item.added) >= len(item.found):
                continue
            found = re.search(re.escape(item.found), text, re.IGNORECASE)
            # Written otherwise in the question (a plural, a hyphen): then the other expression comes beside it.
            text = f"{text[: found.start()]}{item.added}{text[found.end() :]}" if found else f"{text} {item.added}"
        return text
