"""Containment: whether a gold answer stands in an answer, which may say more around it.

contained(A, G) = [some normal(g), g in G, is a part of some normal(a), a in A]. `normal` folds (case, accents, width,
traditional to simplified characters) and then, in Chinese, drops all that is no letter or digit, else does as SQuAD 2
does. It is the "string exact match" of Gao et al. 2023 (ALCE, section 4.2) and RGB's accuracy (Chen et al. 2024).
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from kb.text.folding import fold

_HAN = re.compile(r"[\u3400-\u9fff]")
_NO_WORD = re.compile(r"[\W_]+")
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def contains(texts: Sequence[str], answers: Sequence[str], *, whole_words: bool = False) -> bool:
    """Whether one of the texts contains one of the answers; with `whole_words`, not inside an English word."""
    golds = [gold for gold in map(normalised, answers) if gold]
    return any(_holds(normalised(text), gold, whole_words=whole_words) for text in texts for gold in golds)


def normalised(text: str) -> str:
    """As the SQuAD evaluation compares; Chinese in its simplified form, without white space."""
    folded = fold(text)
    if _HAN.search(folded):
        return _NO_WORD.sub("", folded)
    bare = "".join(sign for sign in folded if sign not in string.punctuation)
    return " ".join(_ARTICLES.sub(" ", bare).split())


def _holds(text: str, gold: str, *, whole_words: bool) -> bool:
    if _HAN.search(text):
        gold = gold.replace(" ", "")
    elif whole_words:
        return f" {gold} " in f" {text} "
    return gold in text
