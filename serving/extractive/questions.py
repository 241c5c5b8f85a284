"""What kind of answer a question asks for, told from its words, in English and Chinese."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kb.text.folding import fold
from serving.extractive.terms import Terms, read_terms


class AnswerKind(StrEnum):
    """The shape that the answer should have."""

    PERSON = "person"
    TIME = "time"
    PLACE = "place"
    NUMBER = "number"
    REASON = "reason"
    MANNER = "manner"
    YES_NO = "yes_no"
    DEFINITION = "definition"
    THING = "thing"  # what X, which X: a name or a description

    @property
    def answers_itself(self) -> bool:
        """Whether the span that has this shape is the answer, not a word that introduces it."""
        return self in (AnswerKind.PERSON, AnswerKind.TIME, AnswerKind.PLACE, AnswerKind.NUMBER, AnswerKind.THING)


# The first pattern found wins: from what is plain to what is vague. Patterns read folded text (lower case, simplified).
_PATTERNS: tuple[tuple[AnswerKind, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        (
            AnswerKind.NUMBER,
            r"\bhow (?:many|much|old|long|far|tall|high|large|big|often|fast|deep|wide|heavy)\b"
            r"|\b(?:what|which)(?: \w+){0,2} (?:percent|percentage|number|proportion|fraction|population|amount|age"
            r"|rate|price|cost|temperature|size|length|height|distance|speed|dose|ratio)\b"
            r"|^\W*what(?:'s|’s| is| was| are| were) [^?]*\b(?:revenues?|net sales|net income|net loss|profits?"
            r"|earnings|turnover|expenditure|salary|wages?|fee|fine|rent|deposit|budget|dividend|fare)\b"
            r"|多少|几[个位名次人种岁天年月场座条部家届章项所米元倍]|百分之几|多[长大高远久重深宽快]|人口是|第几"
            # Asked without a question word, as into a search box.
            r"|(?:吞吐|交付|销|产|客流|总)量(?:是|为)?\W*$|(?:票房|人数|占比|比例|增长率|面积|长度|高度)(?:是|为)?\W*$",
        ),
        (
            AnswerKind.TIME,
            r"\bwhen\b|\bhow long ago\b"
            r"|\b(?:what|which|whose)(?: \w+)? (?:year|date|day|month|century|decade|time|era|period|season)s?\b"
            r"|何时|什么时[候间]|什么年|哪[一]?[年月日天]|几月|几时|哪个(?:年|月|世纪|时期|朝代|时代)"
            r"|何年|何月|何日|什么日期|时间是|(?:时间|日期)\W*$",
        ),
        (
            AnswerKind.PERSON,
            r"\bwho(?:m|se|'s)?\b|\b(?:what|which)(?: \w+)? (?:person|man|woman|king|queen|president|scientist|author"
            r"|artist|leader|emperor|scholar|player|actor|director|architect|poet|pope)\b|谁|哪[一]?[位名]|何人|什么人",
        ),
        (
            AnswerKind.PLACE,
            r"\bwhere\b"
            r"|\b(?:what|which)(?: \w+)? (?:country|city|state|place|region|continent|river|county|town|location"
            r"|area|island|province|street|building|nation|ocean|sea|lake|mountain)s?\b"
            r"|哪里|哪儿|在哪(?![一些个位名种])|何处|何地|什么地[方区点]|哪[一]?[个座]?(?:地方|地区|城市|国家|国|省|市|县|州|岛|区|洲|河|山)|位于",
        ),
        (
            AnswerKind.REASON,
            r"\bwhy\b|\bfor what purpose\b"
            r"|\bwhat(?: \w+)? (?:reason|cause|caused|causes|led|leads|prompted|motivated)\b"
            r"|为什么|为何|原因|何以|因何|缘何|怎么会|因为什么|理由|目的",
        ),
        (
            AnswerKind.DEFINITION,
            r"^\W*(?:what (?:is|are|was|were)(?: (?:a|an|the))? (?:\w+[ -]?){1,3}|define [^?]*"
            r"|what does [^?]* mean)\W*$"
            r"|什么是|何谓|是什么意思|的(?:定义|含义|意思)",
        ),
        (AnswerKind.MANNER, r"\bhow\b|如何|怎么|怎样|怎么样|何种方式|什么方[式法]"),
        (
            AnswerKind.YES_NO,
            r"^\W*(?:is|are|was|were|do|does|did|can|could|has|have|had|should|will|would|may|must)\b|是否|有没有|是不是"
            r"|能不能|可不可以|吗\W*$",
        ),
    )
)
# The noun behind "what" or "which": "what kind of ship", "which city", 什么运动, 哪一种制度.
_FOCUS = re.compile(
    r"\b(?:what|which)\s+(?:(?:kind|type|sort|form|name|part|amount)s?\s+of\s+|other\s+|two\s+|three\s+)?"
    r"(?P<en>[a-z]+(?:\s+[a-z]+)?)|(?:什么|哪一?[个种家部所项座条位本场支次届]?|何种|何)(?P<zh>[\u3400-\u9fff]{1,4})"
)
_VERBS_AFTER_WHAT = frozenset(
    "is are was were do does did can could has have had should will would may must happened made caused".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Question:
    """A question as the scorer reads it."""

    text: str
    kind: AnswerKind
    terms: Terms
    focus: frozenset[str]  # terms of the noun asked for: "city" of "which city …"
    names: frozenset[str]  # terms of words written with a capital inside the question, and of numbers
    names_something: bool  # "what is it called": the answer is a name, often in quotation marks
    chinese: bool  # written mostly in Chinese characters


def read_question(text: str) -> Question:
    """Reads what a question asks for."""
    folded = fold(text)
    kind = next((kind for kind, pattern in _PATTERNS if pattern.search(folded)), AnswerKind.THING)
    return Question(
        text=text,
        kind=kind,
        terms=read_terms(text),
        focus=_focus_terms(folded),
        names=_names(text),
        names_something=bool(_CALLED.search(folded)),
        chinese=len(_HAN.findall(text)) * 4 > len(_LETTER.findall(text)),
    )


_HAN = re.compile(r"[\u3400-\u9fff]")
_LETTER = re.compile(r"[^\W\d_]")
_CALLED = re.compile(
    r"\b(?:call|called|name|named|known|term|nickname|title|titled|dubbed|referred)\b|叫|称|名[为字称]|又名"
)
_CAPITALISED = re.compile(r"(?<![.?!]\s)(?<!^)\b[A-Z][\w’'-]*|\b\d[\d.,]*\b|《[^》]+》|「[^」]+」|“[^”]+”|\"[^\"]+\"")


def _focus_terms(folded: str) -> frozenset[str]:
    match = _FOCUS.search(folded)
    if not match:
        return frozenset()
    if match["zh"]:
        return read_terms(match["zh"]).exact
    words = match["en"].split()
    if words[0] in _VERBS_AFTER_WHAT:
        return frozenset()
    return read_terms(words[0]).exact


def _names(text: str) -> frozenset[str]:
    return frozenset(term for match in _CAPITALISED.finditer(text) for term in read_terms(match[0]).exact)
