"""EM: whether an answer is a gold answer, to the letter once both are normalised.

EM(a, G) = max over g in G of [normal(a) = normal(g)]. For English `normal` is that of SQuAD 2 (Rajpurkar, Jia and Liang
2018, official evaluation script v2.0): lower case, no ASCII punctuation, no articles, single spaces. For Chinese it is
that of CMRC 2018 (Cui et al. 2019, official script v5): lower case and a list of signs dropped.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from eval.metrics.segments import compared_text
from eval.metrics.words import is_chinese

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def exact_match(answer: str, golds: Sequence[str], *, chinese: bool | None = None) -> float:
    """1.0 where `answer` is one of `golds`, else 0.0; no gold answer at all is matched by the empty answer.

    `chinese` says which rules hold, since "1998" does not; where it is None, the two texts compared do.
    """
    return float(any(_same(answer, gold, chinese) for gold in golds or ("",)))


def squad_text(text: str) -> str:
    """`text` as SQuAD 2 compares it."""
    return " ".join(_ARTICLES.sub(" ", text.lower().translate(_PUNCTUATION)).split())


def _same(answer: str, gold: str, chinese: bool | None) -> bool:  # noqa: FBT001 (None is a third answer)
    if is_chinese(answer, gold) if chinese is None else chinese:
        return compared_text(answer) == compared_text(gold)
    return squad_text(answer) == squad_text(gold)
