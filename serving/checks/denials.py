"""Between words that agree, a "not" or an exception may neither come nor go."""

from __future__ import annotations

from collections.abc import Sequence

from kb.ports import Judgement
from kb.records import Verdict
from serving.alignment import Gap, Kind, Token
from serving.negation import is_exception
from serving.reasons import Reason, because


def other_answer(gaps: Sequence[Gap], sentence: str) -> Judgement | None:
    """CONTRADICTED where the sentence says no and the cited words say yes, or the other way round.

    A denial that is only put elsewhere ("unless he objects", "if he does not object") is none. An exception that is
    left out as a whole is for `dropped_exception` to judge.
    """
    said = sum(len(_denials(gap.said)) for gap in gaps)
    if said and said == sum(len(_denials(gap.cited)) for gap in gaps):
        return None
    for gap in gaps:
        mine, its = _denials(gap.said), _denials(gap.cited)
        if (len(mine) - len(its)) % 2 == 0 or (not gap.said and is_exception(its[0].written)):
            continue
        if mine:
            why = because(Reason.ANSWER_SAYS_NO, sentence, what=mine[0].written)
        else:
            why = because(Reason.SOURCE_SAYS_NO, sentence, what=its[0].written)
        return Judgement(Verdict.CONTRADICTED, why, 0.6)
    return None


def _denials(tokens: Sequence[Token]) -> list[Token]:
    return [token for token in tokens if token.kind is Kind.DENIAL]
