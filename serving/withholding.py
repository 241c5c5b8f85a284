"""What a strict collection keeps back, said in a sentence: how much, and why, in the question's language.

The words that were kept back are not said again. A number or a date is, beside what the cited words say in its place:
it is what a reader must be warned of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from kb.records import Policy, Verdict, Withheld
from serving.claims import is_withheld
from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL
from serving.reasons import Reason, parts_of, read_reason
from serving.values import read_values

_DETAILED = 3  # reasons with their numbers; the others are counted

_OTHER_SAID = {
    ENGLISH: "one says {said} where the cited words say {cited}",
    SIMPLIFIED: "1句写的是{said}，而引文写的是{cited}",
    TRADITIONAL: "1句寫的是{said}，而引文寫的是{cited}",
}
_NOWHERE_SAID = {
    ENGLISH: "one gives {said}, which the cited words do not hold",
    SIMPLIFIED: "1句给出的{said}在引文中没有出现",
    TRADITIONAL: "1句給出的{said}在引文中沒有出現",
}
_DETAILS = {Reason.OTHERWISE: _OTHER_SAID, Reason.NOWHERE: _NOWHERE_SAID}
_COUNTED = {
    ENGLISH: {
        Verdict.CONTRADICTED: ("one is contradicted by what it cites", "{n} are contradicted by what they cite"),
        Verdict.UNSUPPORTED: ("one is not borne out by what it cites", "{n} are not borne out by what they cite"),
        Verdict.UNCITED: ("one cites nothing", "{n} cite nothing"),
    },
    SIMPLIFIED: {
        Verdict.CONTRADICTED: ("{n}句与所引内容矛盾",) * 2,
        Verdict.UNSUPPORTED: ("{n}句未被所引内容证实",) * 2,
        Verdict.UNCITED: ("{n}句没有引用任何内容",) * 2,
    },
    TRADITIONAL: {
        Verdict.CONTRADICTED: ("{n}句與所引內容矛盾",) * 2,
        Verdict.UNSUPPORTED: ("{n}句未被所引內容證實",) * 2,
        Verdict.UNCITED: ("{n}句沒有引用任何內容",) * 2,
    },
}
_PARTLY = {
    ENGLISH: ("(One sentence was withheld: {why}.)", "({n} sentences were withheld: {why}.)"),
    SIMPLIFIED: ("（有{n}句话未显示：{why}。）",) * 2,
    TRADITIONAL: ("（有{n}句話未顯示：{why}。）",) * 2,
}
_WHOLLY = {
    ENGLISH: (
        "An answer was written and withheld, because the documents do not bear it out. Of its one sentence, {why}. ",
        "An answer was written and withheld, because the documents do not bear it out. Of its {n} sentences, {why}. ",
    ),
    SIMPLIFIED: ("已写出的回答未被文档证实，全部不予显示。共{n}句：{why}。",) * 2,
    TRADITIONAL: ("已寫出的回答未被文件證實，全部不予顯示。共{n}句：{why}。",) * 2,
}


def keeps_back(policy: Policy, verdict: Verdict) -> bool:
    """Whether a collection with this policy withholds a sentence with this verdict."""
    return policy is Policy.STRICT and is_withheld(verdict)


def withheld_text(withheld: Sequence[Withheld], language: str, *, all_of_it: bool = False) -> str:
    """How many sentences were withheld and why.

    Args:
        withheld: at least one.
        language: "en", "zh-Hans" or "zh-Hant".
        all_of_it: nothing of the answer is left.
    """
    one, several = (_WHOLLY if all_of_it else _PARTLY)[language]
    gap = "; " if language == ENGLISH else "；"
    form = one if len(withheld) == 1 else several
    return form.format(n=len(withheld), why=gap.join(_reasons(withheld, language)))


def _reasons(withheld: Sequence[Withheld], language: str) -> Iterator[str]:
    counted: Counter[Verdict] = Counter()
    detailed = 0
    for sentence in withheld:
        if detailed < _DETAILED and (reason := _detail(sentence.why, language)):
            detailed += 1
            yield reason
        else:
            counted[sentence.verdict] += 1
    for verdict, (one, several) in _COUNTED[language].items():
        if counted[verdict]:
            yield (one if counted[verdict] == 1 else several).format(n=counted[verdict])


def _detail(why: str, language: str) -> str:
    """The reason with its numbers; "" where it is about no number."""
    read = read_reason(why)
    if read is None or read.reason not in _DETAILS or not all(map(_are_values, read.values.values())):
        return ""
    return _DETAILS[read.reason][language].format(**read.values)


def _are_values(listed: str) -> bool:
    """Whether this is numbers, dates or articles, and not a word more: a sentence must not speak through it."""
    return all(map(_is_value, parts_of(listed)))


def _is_value(written: str) -> bool:
    values = read_values(written)
    bounded = {quantity.bounded for quantity in values.quantities}
    return written in {value.written for value in values.in_order()} | bounded
