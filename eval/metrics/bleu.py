"""BLEU of one answer (Papineni et al. 2002) by sacrebleu, 0 to 1.

BLEU = BP · exp(Σ ln pₙ / N), pₙ the share of the answer's n-grams that a gold answer holds, N = 4 or the answer's
length where that is less, BP = exp(1 - r / c) for an answer of c words shorter than the nearest gold answer's r. Orders
without a match are smoothed exponentially (Chen and Cherry 2014, method 3), as sacrebleu does. Chinese is cut into
characters.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from eval.metrics.words import is_chinese, simplified
from kb.errors import MissingPartError

if TYPE_CHECKING:
    from sacrebleu.metrics.bleu import BLEU

_MOST = 100  # sacrebleu counts in hundredths


def bleu(answer: str, golds: Sequence[str]) -> float:
    """0 to 1; 0 where there is no gold answer.

    Raises:
        MissingPartError: sacrebleu is not installed.
    """
    if not golds:
        return 0.0
    metric = _metric("zh" if is_chinese(answer, *golds) else "13a")
    return float(metric.sentence_score(simplified(answer), [simplified(gold) for gold in golds]).score) / _MOST


@cache
def _metric(tokenizer: str) -> BLEU:
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise MissingPartError(
            "BLEU cannot be computed", "sacrebleu is not installed", "pip install sacrebleu"
        ) from error
    return BLEU(tokenize=tokenizer, effective_order=True)
