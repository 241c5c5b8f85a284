"""Why a sentence has its verdict, said in the sentence's own language: the one place where these reasons are worded.

What is shown to people, and what withholding reads back to warn of a wrong number, comes from this table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from enum import Enum
from functools import cache
from typing import NamedTuple

from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL, script_of


class Reason(Enum):
    """A kind of reason, worded in English, simplified and traditional Chinese."""

    NONE_CITED = ("no passage is cited", "没有引用任何段落", "沒有引用任何段落")
    TO_THE_LETTER = ("the cited words say this to the letter", "引文一字不差地写着这句话", "引文一字不差地寫著這句話")
    OTHER_LANGUAGE = (
        "the cited words are in another language: numbers agree, words were not compared",
        "引文是另一种语言：数字一致，文字未作比对",
        "引文是另一種語言：數字一致，文字未作比對",
    )
    OTHERWISE = (
        "the cited words say {cited}, the answer {said}",
        "引文写的是{cited}，回答写的是{said}",
        "引文寫的是{cited}，回答寫的是{said}",
    )
    NOWHERE = ("{said} does not occur in the cited words", "引文中没有出现{said}", "引文中沒有出現{said}")
    NOT_COUNTED = ("the cited words do not say “{what}”", "引文没有说“{what}”", "引文沒有說「{what}」")
    NOT_NUMBERED = (
        "the cited words name {cited}, but not its part {said}",
        "引文提到{cited}，但没有标明其中的{said}",
        "引文提到{cited}，但沒有標明其中的{said}",
    )
    MISQUOTED = ("{what} does not stand in the cited words", "引文中没有{what}这几个字", "引文中沒有{what}這幾個字")
    NOT_NAMED = ("the cited words do not name “{what}”", "引文没有提到“{what}”", "引文沒有提到「{what}」")
    ANSWER_SAYS_NO = (
        "the answer says “{what}” where the cited words do not",
        "回答说“{what}”，引文没有这样说",
        "回答說「{what}」，引文沒有這樣說",
    )
    SOURCE_SAYS_NO = (
        "the cited words say “{what}” where the answer does not",
        "引文说“{what}”，回答没有这样说",
        "引文說「{what}」，回答沒有這樣說",
    )
    ANSWER_DENIES = (
        "the answer denies what the cited words say: “{what}”",
        "回答否定了引文的说法：“{what}”",
        "回答否定了引文的說法：「{what}」",
    )
    SOURCE_DENIES = (
        "the cited words deny this: “{what}”",
        "引文否定了这一说法：“{what}”",
        "引文否定了這一說法：「{what}」",
    )
    ANSWERED_IN_ITS_WORDS = (
        "the cited words answer the question in its own words",
        "引文用问题自己的词语作了回答",
        "引文用問題自己的詞語作了回答",
    )
    MOST_WORDS = (
        "its numbers and {share} of its words stand in the cited words",
        "数字一致，{share}的词语见于引文",
        "數字一致，{share}的詞語見於引文",
    )
    FEW_WORDS = (
        "only {share} of its words stand in the cited words",
        "只有{share}的词语见于引文",
        "只有{share}的詞語見於引文",
    )
    ALIKE = (
        "close to the cited words in words and meaning ({share})",
        "用词和意思都与引文接近（{share}）",
        "用詞和意思都與引文接近（{share}）",
    )
    NOT_ALIKE = (
        "not close enough to the cited words in words and meaning ({share})",
        "用词和意思与引文不够接近（{share}）",
        "用詞和意思與引文不夠接近（{share}）",
    )
    OTHER_WAY = (
        "the cited words say that it goes the other way: “{what}”",
        "引文所说的变化方向与此相反：“{what}”",
        "引文所說的變化方向與此相反：「{what}」",
    )
    MODEL_FINDS = (
        "the checking model finds it borne out ({share})",
        "核对模型认为引文证实了它（{share}）",
        "核對模型認為引文證實了它（{share}）",
    )
    MODEL_DOES_NOT = (
        "the checking model does not find it borne out ({share})",
        "核对模型认为引文没有证实它（{share}）",
        "核對模型認為引文沒有證實它（{share}）",
    )
    MODEL_OTHERWISE = (
        "the checking model finds that the cited words say otherwise ({share})",
        "核对模型认为引文的说法与它相反（{share}）",
        "核對模型認為引文的說法與它相反（{share}）",
    )
    MODEL_UNFOUND = (
        "the checking model does not find “{what}” in the cited words",
        "核对模型在引文中没有找到“{what}”",
        "核對模型在引文中沒有找到「{what}」",
    )
    MODEL_ALONE = (
        "the checking model finds it borne out, but hardly a word agrees",
        "核对模型认为引文证实了它，但几乎没有相同的词语",
        "核對模型認為引文證實了它，但幾乎沒有相同的詞語",
    )
    MENTIONED = (
        "“{document}” does mention “{what}”",
        "《{document}》其实提到了“{what}”",
        "《{document}》其實提到了「{what}」",
    )
    MENTIONED_ON = (
        "“{document}”, p. {page}, does mention “{what}”",
        "《{document}》第{page}页其实提到了“{what}”",
        "《{document}》第{page}頁其實提到了「{what}」",
    )
    NOT_IN_ONE = (
        "all {passages} passages of “{document}” were looked at, none says this",
        "已逐段查看《{document}》的全部{passages}个段落，均未提及",
        "已逐段查看《{document}》的全部{passages}個段落，均未提及",
    )
    NOT_IN_ANY = (
        "all {passages} passages of {documents} documents were looked at, none says this",
        "已逐段查看{documents}份文档的全部{passages}个段落，均未提及",
        "已逐段查看{documents}份文件的全部{passages}個段落，均未提及",
    )
    OF_WHAT_WAS_READ = (
        "this is said of the passages that were read, not of the documents",
        "这只是就读过的段落而言，并未查看全部文档",
        "這只是就讀過的段落而言，並未查看全部文件",
    )
    TOO_RISKY = (
        "the answer is less sure than the settings ask for (answers.risk)",
        "这个回答的把握低于设置的要求（answers.risk）",
        "這個回答的把握低於設定的要求（answers.risk）",
    )
    NO_WORDS = (
        "a value without words, which cannot be held against the documents",
        "这个值没有文字，无法与文档对照",
        "這個值沒有文字，無法與文件對照",
    )
    STOPPED = (
        "the sentence was ended by a stop sequence and not checked as it stands here",
        "句子被停止序列截断，未按这里的样子核对",
        "句子被停止序列截斷，未按這裡的樣子核對",
    )
    BY_WORDS_ALONE = (
        "{why} (judged by words alone: the checking model could not be asked)",
        "{why}（仅依据词语判断：无法询问核对模型）",
        "{why}（僅依據詞語判斷：無法詢問核對模型）",
    )


_PLACES = {ENGLISH: 0, SIMPLIFIED: 1, TRADITIONAL: 2}
_AND = {ENGLISH: " and ", SIMPLIFIED: "和", TRADITIONAL: "和"}
_MOST_LISTED = 3  # more of what the cited words say is no longer read


class ReadReason(NamedTuple):
    """A reason that was worded here, with what was put into it."""

    reason: Reason
    values: Mapping[str, str]


def because(reason: Reason, sentence: str, **values: str) -> str:
    """The reason in the language of `sentence`; `values` are what it speaks of."""
    return reason.value[_PLACES[script_of(sentence)]].format(**values)


def listed(written: Iterable[str], sentence: str) -> str:
    """The first few of several things that the cited words say, each once, in the language of `sentence`."""
    return _AND[script_of(sentence)].join(list(dict.fromkeys(written))[:_MOST_LISTED])


def read_reason(why: str) -> ReadReason | None:
    """Which reason `why` is, in whichever language; None for what was not worded here."""
    for reason, pattern in _patterns():
        if (found := pattern.fullmatch(why)) is not None:
            return ReadReason(reason, found.groupdict())
    return None


def parts_of(listed_values: str) -> list[str]:
    """What `listed` joined, whatever the language."""
    return re.split(" and |和", listed_values)


@cache
def _patterns() -> list[tuple[Reason, re.Pattern[str]]]:
    return [
        (reason, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(wording)), re.DOTALL))
        for reason in Reason
        for wording in reason.value
    ]
