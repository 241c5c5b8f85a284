"""ROUGE-L: how much of an answer and of a gold answer stands in both in the same order (Lin 2004, section 3).

F = 2PR / (P + R), P = LCS(a, g) / |a|, R = LCS(a, g) / |g|, LCS the length of the longest common subsequence of words,
Chinese by character. As in Google's `rouge_score` beta is 1, there is no stemming, and the best gold answer counts.
"""

from __future__ import annotations

from collections.abc import Sequence

from eval.metrics.words import shared_in_order, words_of


def rouge_l(answer: str, golds: Sequence[str]) -> float:
    """0 to 1; 0 where there is nothing to compare."""
    said = words_of(answer)
    return max((_f_measure(said, words_of(gold)) for gold in golds), default=0.0)


def _f_measure(left: Sequence[str], right: Sequence[str]) -> float:
    shared = shared_in_order(left, right)
    return 2 * shared / (len(left) + len(right)) if shared else 0.0
