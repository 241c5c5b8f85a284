"""What a question is about: what "it" in the next one stands for."""

from __future__ import annotations

import re

_HAN = re.compile("[\u3400-\u9fff]")
_RULE = re.compile(
    r"第[零〇一二两兩三四五六七八九十百\d]+[条條](?:第[零〇一二两兩三四五六七八九十\d]+款)?"
    r"|\b(?:article|section|clause|chapter|part|rule|schedule|appendix|week|assignment|lecture)\s+\d+(?:\(\w+\))*",
    re.IGNORECASE,
)
_OPENING_ZH = re.compile("^(?:请问|請問|那么|那麼|那|我想知道|想问一下|想問一下|在)+[，,]?")
_DEFINED_ZH = re.compile(
    r"^(?:什么是|什麼是|何谓|何謂|何为|何為|解释一下|解釋一下|介绍一下|介紹一下|谁是|誰是)(?P<subject>[^，,？?。]{2,20})"
)
_LEADS_ZH = re.compile(
    r"^(?P<subject>[^，,？?。]{2,20}?)(?:的|有什么|有什麼|有哪些|有没有|有沒有|有多|规定|規定|是|应当|應當|应该|應該|应|應|可以|可否|能否|能不能|需要|需|能|要|会|會"
    r"|怎么|怎麼|怎样|怎樣|如何|何时|何時|什么|什麼|多少|多久|多长|多長|多大|哪|为什么|為什麼|为何|為何|几|幾|包括|适用|適用|吗|嗎)"
)
_NO_SUBJECT_ZH = re.compile(
    "^(?:如何|怎么|怎麼|怎样|怎樣|为什么|為什麼|哪|谁|誰|有|是|可以|能|多少|我|你|您|他|她|它|这|這|那)"
)

_SMALL = (
    r"(?:of|for|in|on|at|to|with|by|from|under|about|as|when|if|during|after|before|and|or|is|are|was|were|than|per)"
)
_NAME = re.compile(
    r"(?<=\s)(?:the\s+)?((?:[A-Z][\w&.’'-]*|[A-Z]{2,}[\w-]*)(?:\s+(?:(?:of|for|and|the)\s+)?(?:[A-Z][\w&.’'-]*|\d+))*)"
)
_AFTER_OF = re.compile(
    rf"\b(?:of|about|between)\s+((?:the\s+|an?\s+)?(?!{_SMALL}\b)[\w’'-]+(?:\s+(?!{_SMALL}\b)[\w’'-]+){{0,3}})",
    re.IGNORECASE,
)
_THINGS_OF = re.compile(
    rf"(?:(?!{_SMALL}\b)[\w’'-]+\s+)??(?!{_SMALL}\b)[\w’'-]+[^\Ws]s\s+of\s+(?:the\s+)?(?!{_SMALL}\b)[\w’'-]+",
    re.IGNORECASE,
)
_DEFINED = re.compile(
    rf"^(?:what|who)(?:'s| is| are| was| were)\s+"
    rf"((?:the\s+|an?\s+)?(?!{_SMALL}\b)[\w’'-]+(?:\s+(?!{_SMALL}\b)[\w’'-]+){{0,3}})\s*\??$",
    re.IGNORECASE,
)
_DOES = re.compile(
    rf"^(?:how|what|why|when|where|which \w+)\s+(?:do|does|did|can|should|must|may|will)\s+"
    rf"((?:the\s+|an?\s+)?(?!(?:i|you|we|one)\b)[\w’'-]+"
    rf"(?:\s+(?!{_SMALL}\b)[\w’'-]+){{0,3}}?)\s+\w+(?:\s+{_SMALL}\b[^?]*)?\s*\??$",
    re.IGNORECASE,
)
_ASKING = re.compile(r"^(?:What|Who|How|When|Where|Why|Which|Is|Are|Does|Do|Can|May|Must|Should|I)$")


def subject_of(question: str, *, several: bool = False) -> str:
    """The thing that a question asks something about: a rule, a name, the words after "of"; "" where none is seen.

    With `several`, what "they" may stand for: of "the side effects of metformin" not metformin but the side effects.
    """
    if several and (things := _THINGS_OF.search(question)):
        return things[0]
    if rule := _RULE.search(question):
        return rule[0]
    return _chinese(question) if _HAN.search(question) else _english(question)


def _chinese(question: str) -> str:
    asked = _OPENING_ZH.sub("", question.strip())
    if defined := _DEFINED_ZH.match(asked):
        return defined["subject"].rstrip("？?。 ")
    if _NO_SUBJECT_ZH.match(asked):
        return ""
    leads = _LEADS_ZH.match(asked)
    return leads["subject"] if leads else ""


def _english(question: str) -> str:
    names = [name for name in _NAME.findall(question.strip()) if not _ASKING.match(name)]
    if names:
        return str(max(names, key=len))
    for pattern in (_DEFINED, _AFTER_OF, _DOES):
        if found := pattern.search(question.strip()):
            return found[1]
    return ""
