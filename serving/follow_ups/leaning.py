"""Whether a question leans on what was said before. All patterns read folded text: lower case, simplified Chinese."""

from __future__ import annotations

import re

from kb.text.folding import fold
from serving.extractive.terms import is_weak, read_terms

_ALWAYS = re.compile(
    r"\W*(?:(?:what|how) (?:about|if)\b|what else\b|anything else\b|any (?:others?|more)\b|why not\b|how so\b|same\b"
    r"|还有(?:呢|吗|别|其他|什么|哪)|除此|除了这|换成|(?:那么?|要是|如果)[^，,？?]{1,12}呢\W*$)"
)
# These also open a question that stands alone: "And when is the library open on Sundays?"
_OPENING = re.compile(
    r"\W*(?:(?:and|but|or|so|then|also|ok|okay|well)\b[\s,]*)+|\W*(?:那么?|还有|然后|另外|如果|要是|而)[，,]?"
)
# A question may leave its subject out: 能续借吗？ 什么时候退？ "Why k = 60?" "How long?"
_NO_SUBJECT = re.compile(
    r"\W*(?:什么时候|何时|在?哪里|在?哪儿|多久|多少|几[天年月次点]|为什么|为何)"
    r"|\W*(?:why|where|when|how (?:long|much|many|often|far|old|soon|high|big))\b"
    r"(?!.*\b(?:is|are|was|were|be|do|does|did|can|could|may|must|should|shall|will|would|has|have|had)\b)"
    r"|\W*(?:能不能|可不可以|能否|可否|能|可以|需要|需|要|会|应该|应当|有没有|是否|得)(?!力|源|量|够)"
)
_CLOSES = re.compile(r"呢\W*$")
_SHORT = 14  # characters: a longer question with 呢 at its end says what it is about
_PRONOUN = re.compile(
    r"\b(?:it|its|they|them|their|theirs|he|him|his|she|her|hers|these|those|the (?:former|latter|same|others?)"
    r"|(?:this|that|which|the (?:first|second|third|last|next|previous)) ones?"
    r"|(?:this|that)(?=\s*(?:\W*$|(?:is|was|mean|means|apply|applies|cost|take|happen|work|include|say|also|still)\b))"
    r"|(?:of|for|about|with|without|after|before|under|than|to|like|in|on|by) (?:this|that)"
    r"|that case|instead|there(?=\W*$))\b"
    r"|它们?|(?<!其)[他她]们?|(?<!尤)(?<!极)其(?![他它中余次实])|此(?![外时])|(?:这|那)(?![么样里])|上述|上面(?:的|说|提)|刚才|前者|后者"
    r"|同样|另[一外](?:个|种|位)|哪一?个更|第[一二三四五]个|别的"
    r"|(?:^|[\W，。])该(?!怎|如何|不该)"
)
_TERMS_OF_A_SUBJECT = 2  # so many terms before a pronoun, and it stands for something in the question itself
_TERMS_OF_A_QUESTION = 3  # so many terms after "and", and the question says what it is about
_ASKS = re.compile(
    r"\b(?:who|whom|whose|what|which|when|where|why|how|is|are|was|were|do|does|did|can|could|may|must|should"
    r"|will|would|has|have)\b"
    r"|什么|谁|哪|何|怎|多少|多久|多长|多大|几|吗|是否|能否|可否|为啥|有没有|是不是|能不能"
)
_ABOUT = re.compile(r"\b(?:what|how) about\b")


def is_follow_up(question: str) -> bool:
    """Whether a question leans on what was said before: pronouns, "and for …?", 那…呢, or nothing of its own."""
    folded = fold(question).strip()
    if _ALWAYS.match(folded) or (_CLOSES.search(folded) and len(folded) <= _SHORT):
        return True
    opening = _OPENING.match(folded)
    asked = folded[opening.end() :] if opening else folded
    if pronoun := _PRONOUN.search(asked):
        return len(_content(asked[: pronoun.start()])) < _TERMS_OF_A_SUBJECT
    terms = read_terms(asked).exact
    if _NO_SUBJECT.match(asked):
        return len(terms) <= _TERMS_OF_A_SUBJECT
    if not opening and not _content(asked):
        return True
    if opening:
        return not asks(asked) or len(_content(asked)) < _TERMS_OF_A_QUESTION
    return len(terms) <= _TERMS_OF_A_SUBJECT and not asks(asked)


def asks(folded: str) -> bool:
    """Whether the words of a question are there; "What about …?" asks nothing itself."""
    return _ASKS.search(_ABOUT.sub("", folded)) is not None


def find_pronoun(folded: str) -> re.Match[str] | None:
    """The first word that stands for something said before."""
    return _PRONOUN.search(folded)


def _content(folded: str) -> set[str]:
    return {term for term in read_terms(folded).exact if not is_weak(term)}
