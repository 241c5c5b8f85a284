"""F1: how much an answer and a gold answer share.

English (SQuAD 2, Rajpurkar, Jia and Liang 2018, official script v2.0): over the normalised words as multisets, F1 = 2PR
/ (P + R) with P = |a ∩ g| / |a| and R = |a ∩ g| / |g|; where either is empty, 1 if both are. Chinese (CMRC 2018, Cui et
al. 2019, official script v5): the same with |a ∩ g| replaced by the length of the longest common *run* of segments
(characters, and other words whole); 0 where they share none. The best gold answer counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

from eval.metrics.exact_match import squad_text
from eval.metrics.segments import segments_of
from eval.metrics.words import is_chinese


def token_f1(answer: str, golds: Sequence[str], *, chinese: bool | None = None) -> float:
    """0 to 1; no gold answer at all is matched by the empty answer.

    `chinese` says which rules hold, since "1998" does not; where it is None, the two texts compared do.
    """
    return max(_f1(answer, gold, chinese) for gold in golds or ("",))


def _f1(answer: str, gold: str, chinese: bool | None) -> float:  # noqa: FBT001 (None is a third answer)
    if is_chinese(answer, gold) if chinese is None else chinese:
        left, right = segments_of(answer), segments_of(gold)
        shared = _longest_run(left, right)
    else:
        left, right = squad_text(answer).split(), squad_text(gold).split()
        if not left or not right:
            return float(left == right)
        shared = (Counter(left) & Counter(right)).total()
    return 2 * shared / (len(left) + len(right)) if shared else 0.0


def _longest_run(left: Sequence[str], right: Sequence[str]) -> int:
    return SequenceMatcher(None, left, right, autojunk=False).find_longest_match().size
