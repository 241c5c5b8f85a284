"""chrF of one answer (Popović 2015) by sacrebleu, 0 to 1: needs no words, and so treats Chinese and English alike.

chrF = (1 + β²) · chrP · chrR / (β² · chrP + chrR), chrP and chrR the mean precision and recall of the character n-grams
for n = 1 to 6, white space aside, β = 2: what is missing weighs more than what is too much. The best gold answer
counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from eval.metrics.words import simplified
from kb.errors import MissingPartError

if TYPE_CHECKING:
    from sacrebleu.metrics.chrf import CHRF

_MOST = 100  # sacrebleu counts in hundredths


def chrf(answer: str, golds: Sequence[str]) -> float:
    """0 to 1; 0 where there is no gold answer.

    Raises:
        MissingPartError: sacrebleu is not installed.
    """
    if not golds:
        return 0.0
    score = _metric().sentence_score(simplified(answer), [simplified(gold) for gold in golds]).score
    return float(score) / _MOST


@cache
def _metric() -> CHRF:
    try:
        from sacrebleu.metrics.chrf import CHRF
    except ImportError as error:
        raise MissingPartError(
            "chrF cannot be computed", "sacrebleu is not installed", "pip install sacrebleu"
        ) from error
    return CHRF()
