"""Where a sentence says something else than the question supposes: an opposite, a missing denial, order or number.

These are what an unanswerable question on the right topic is mostly made of (Rajpurkar et al. 2018, "Know What You
Don't Know", table 2: negation, antonyms, swapped entities, impossible conditions).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from kb.text.folding import fold
from serving.extractive.terms import stem_of
from serving.negation import is_negated

# Read in folded text; each side as alternatives.
_PAIRS = (
    ("increase rise grow expand gain", "decrease decline reduce fall drop shrink lose"),
    ("more greater higher larger bigger", "less fewer lower smaller"),
    ("most largest biggest greatest highest maximum", "least smallest lowest minimum fewest"),
    ("north northern", "south southern"),
    ("east eastern", "west western"),
    ("before", "after"),
    ("first earliest oldest", "last latest newest youngest"),
    ("begin start found establish open", "end stop finish dissolve abolish close"),
    ("accept allow permit support favor favour agree", "reject refuse forbid prohibit ban oppose disagree"),
    ("win victory", "lose defeat loss"),
    ("male man men", "female woman women"),
    ("rich wealthy", "poor"),
    ("strong", "weak"),
    ("hot warm", "cold cool"),
    ("legal", "illegal"),
    ("possible", "impossible"),
    ("common", "rare uncommon"),
    ("easy", "difficult hard"),
    ("public", "private"),
    ("internal inside", "external outside"),
    ("above", "below"),
    ("join enter arrive", "leave exit depart"),
    ("buy purchase", "sell sale"),
    ("include", "exclude"),
    ("like similar same", "unlike different"),
    ("early", "late"),
    ("upper", "lower"),
    ("major", "minor"),
    ("positive", "negative"),
    ("ancient old", "modern new"),
    ("single one", "multiple several"),
    ("true correct", "false incorrect wrong"),
    ("birth born", "death die"),
    ("import", "export"),
    ("husband", "wife"),
    ("father son", "mother daughter"),
)
_PAIRS_CHINESE = (
    *(("增", "减"), ("升", "降"), ("最大", "最小"), ("最多", "最少"), ("最高", "最低"), ("最早", "最晚")),
    *(("之前", "之后"), ("以前", "以后"), ("开始", "结束"), ("成立", "解散"), ("同意", "拒绝"), ("支持", "反对")),
    *(("胜", "败"), ("男", "女"), ("合法", "非法"), ("公立", "私立"), ("国内", "国外"), ("进口", "出口")),
    *(("父", "母"), ("丈夫", "妻子"), ("出生", "去世"), ("东", "西"), ("南", "北"), ("上游", "下游")),
    *(("优点", "缺点"), ("买", "卖"), ("甲方", "乙方"), ("原告", "被告")),
)
_BOTH_CHINESE = tuple(both for pair in _PAIRS_CHINESE for both in (pair, pair[::-1]))
# Words that narrow what is asked; most are too common to count among a question's terms.
_NARROWING = re.compile(
    r"\b(?:only|first|second|third|last|final|original|initial|main|primary|every|all|both|never|always|most|least"
    r"|largest|smallest|biggest|highest|lowest|oldest|youngest|best|worst|before|after|during|until|since|other than"
    r"|except|besides|instead|same|different)\b"
    r"|只|唯一|首[次位个]|第[一二三四五六七八九十\d]+|最[大小多少高低早晚后初长短]|所有|全部|之前|之后|以前|以后|除了|另一"
)
_WORD = re.compile(r"[^\W\d_]+")


def opposites(question: str, sentence: str) -> int:
    """How many words of the question meet their opposite in the sentence, and not themselves."""
    asked, said = fold(question), fold(sentence)
    words, others = _stems(asked), _stems(said)
    english = sum(bool(words & one and others & other and not others & one) for one, other in _stemmed_pairs())
    return english + sum(one in asked and other in said and one not in said for one, other in _BOTH_CHINESE)


def unmet_denial(question: str, sentences: Sequence[str]) -> bool:
    """Whether the question denies something and none of the sentences does."""
    return is_negated(question) and not any(map(is_negated, sentences))


def narrowing_missing(question: str, text: str) -> int:
    """How many of the question's narrowing words (only, first, largest) the text lacks."""
    said = set(_NARROWING.findall(fold(text)))
    return len(set(_NARROWING.findall(fold(question))) - said)


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem_of(word) or word for word in _WORD.findall(text))  # "more" and "before" have none


@cache
def _stemmed_pairs() -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    return tuple((_stems(one), _stems(other)) for pair in _PAIRS for one, other in (pair, pair[::-1]))
