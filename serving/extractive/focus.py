"""The short answer inside a quoted sentence: the date, number, name or place that is asked for, to be shown in bold.

Wrong bold type misleads more than none: places, and names in Chinese, were wrong more often than right and stay plain.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from kb.text.folding import fold
from serving.extractive.questions import AnswerKind, Question
from serving.extractive.shapes import answer_spans
from serving.extractive.terms import places_of, read_terms

Span = tuple[int, int]

_KINDS = (AnswerKind.TIME, AnswerKind.NUMBER, AnswerKind.PERSON)
_KINDS_CHINESE = (AnswerKind.TIME, AnswerKind.NUMBER)
_MOST_SPANS = 12  # a sentence with more numbers is a table, of which no cell should be picked
# Letters over which a question's word loses half of its pull on a span: some two words of English, two of Chinese.
_HALF, _HALF_CHINESE = 12.0, 5.0
_FITTING = 2.0  # what the asked unit counts, in words that stand beside the span
_UNLIKELY = -1.0  # the same for a date where a number is asked for, and for "a" as 一个

# What is counted belongs to the number: "twelve books", 三十日, "220 miles".
_UNIT = re.compile(r"(?:[ -](?:per ?cent|million|billion|trillion))?[ -]?(?P<noun>[^\W\d_]+|%)")
_UNIT_CHINESE = re.compile(
    r"[多余餘]?[万萬亿億]?(?:个?(?:工作日|自然日|学年|學年|小时|小時|星期|学分|學分|百分点|百分點)|[个個][年月]"
    r"|平方(?:公里|千米|米|英里)|公里|千米|厘米|毫米|英里|英尺|公尺|公斤|千克|毫克|微克|公[顷頃]|毫升|分[钟鐘]|[美欧歐港]元|人民[币幣]"
    r"|英[镑鎊]|[个個位名次人种種岁歲年天日月周週场場座條条部家届屆章项項所米元倍层層艘架支只隻度本卷分吨噸集首枚款道级級步秒代期站克片戶户间間头頭股辆輛])"
)
_UNITS = frozenset(
    """second minute hour day week month year decade term semester mile kilometre kilometer metre meter foot feet inch
    acre km ft mm cm kg mg ml tonne ton degree dollar euro pound % percent million billion trillion times""".split()  # noqa: SIM905
)
_ASKED_UNIT_CHINESE = re.compile(
    r"(?:多少|几|幾)(?P<unit>[个個]?(?:工作日|学分|小时|百分|[\u3400-\u9fff]))|百分之(?P<share>几|多少)"
)
_ASKED_UNIT = re.compile(r"\bhow many (?P<unit>[a-z]{3,})")
# What the adjective behind "how" is measured in, in English and Chinese.
_MEASURES = (
    (r"\b(?:what|which) years?\b|[哪何几]一?年", r"^(?:\w+ )*\d{4}|年"),
    (r"[哪何几]一?[月日天]|\b(?:what|which) (?:date|day|month)\b", r"[月日天]|[a-z]{3}"),
    (
        r"\bhow long\b|\bhow old\b|多久|多长时间|[几多]大年|岁数",
        r"second|minute|hour|day|week|month|year|decade|[秒分时小天日周星月年岁]",
    ),
    (
        r"\bhow (?:long|far|tall|high|wide|deep|large)\b|\b(?:length|height|distance|width|depth)\b"
        r"|多[长高远深宽]|[长高深宽]度|距离",
        r"mile|kilomet|met(?:re|er)|km|m\b|ft|f[oe]+t|inch|acre|公里|千米|米|英[里尺寸]|公尺|里",
    ),
    (r"\b(?:percent|percentage|proportion|share|fraction)\b|百分|比例|[占佔].*多少", r"%|％|per ?cent|百分|成"),
    (
        r"\bhow much (?:money|did|does|was|is)\b|\b(?:cost|price|paid)\b|[价費费]|多少[钱元]|投资|资产",
        r"[$€£¥]|dollar|euro|pound|million|元|[币幣]|[镑鎊]",
    ),
)
# A question for a limit is answered by the number behind the same word, at most so many characters after it.
_LIMIT = re.compile(r"最[大高多低小少长短]|\b(?:maximum|minimum|highest|lowest|largest|smallest|at most|at least)\b")
_LIMIT_BEFORE = 30
_ANOTHER_NUMBER = re.compile(r"^一[个條条种種名位座家部场場次]$|^\d+[年月日]$|^(?:1[5-9]|20)\d\d$|^one$", re.IGNORECASE)


def focus_of(question: Question, sentence: str) -> Span | None:
    """The span of `sentence` that is the short answer; None rather than a doubtful one."""
    if question.kind not in (_KINDS_CHINESE if question.chinese else _KINDS):
        return None
    spans = answer_spans(question, sentence, at_most=_MOST_SPANS + 1)
    if len(spans) > _MOST_SPANS:
        return None
    if question.kind is AnswerKind.NUMBER:
        spans = _meant([_with_unit(question, sentence, span) for span in spans], question, sentence)
    else:
        spans = [span for span in spans if question.kind is AnswerKind.TIME or _is_name(sentence, span)]
    return max(spans, key=_pull(question, sentence), default=None)


def _meant(spans: list[Span], question: Question, sentence: str) -> list[Span]:
    """The numbers that may be the answer; none where several may be, and nothing says which.

    The dose to begin with, the usual one and the highest stand in one sentence: whoever reads the bold one alone must
    not read the wrong one.
    """
    asked = fold(question.text)
    if (limit := _LIMIT.search(asked)) is not None and _values(spans, sentence) > 1:
        spans = [span for span in spans if limit[0] in fold(sentence[max(0, span[0] - _LIMIT_BEFORE) : span[0]])]
        return spans if _values(spans, sentence) == 1 else []
    unit = _asked_unit(question)
    counted = [
        span
        for span in spans
        if (unit is not None and unit.search(fold(sentence[slice(*span)])))
        or read_terms(sentence[slice(*span)]).exact & question.focus
    ]
    if counted:
        return spans  # what is counted as it is asked pulls most
    likely = [span for span in spans if not _ANOTHER_NUMBER.search(sentence[slice(*span)])] or spans
    return likely if _values(likely, sentence) == 1 else []


def _values(spans: list[Span], sentence: str) -> int:
    return len({fold(sentence[slice(*span)]) for span in spans})


def _pull(question: Question, sentence: str) -> Callable[[Span], float]:
    """How near to a span the question's words stand, and whether the span is counted in what is asked."""
    half = _HALF_CHINESE if question.chinese else _HALF
    places = places_of(sentence, question.terms.exact)
    unit = _asked_unit(question)

    def pull(span: Span) -> float:
        start, end = span
        gaps = (max(first - end, start - last, 0) for first, last in places)
        fitting = unit is not None and unit.search(fold(sentence[start:end])) is not None
        another = question.kind is AnswerKind.NUMBER and not fitting and _ANOTHER_NUMBER.search(sentence[start:end])
        return sum(half / (half + gap) for gap in gaps) + (_FITTING if fitting else _UNLIKELY if another else 0.0)

    return pull


def _asked_unit(question: Question) -> re.Pattern[str] | None:
    folded = fold(question.text)
    if (match := _ASKED_UNIT_CHINESE.search(folded)) and match["unit"]:
        return re.compile("[天日]" if match["unit"] in "天日" else re.escape(match["unit"]))
    if match := _ASKED_UNIT.search(folded):
        return re.compile(rf"\b{re.escape(match['unit'].removesuffix('s'))}")
    return next((re.compile(unit) for asked, unit in _MEASURES if re.search(asked, folded)), None)


def _with_unit(question: Question, sentence: str, span: Span) -> Span:
    """The span of a number together with what it counts, where that is a unit or the thing asked for."""
    start, end = span
    if unit := _UNIT_CHINESE.match(sentence, end):
        return start, unit.end()
    if unit := _UNIT.match(sentence, end):
        noun = unit["noun"].lower()
        if noun in _UNITS or noun.removesuffix("s") in _UNITS or read_terms(noun).exact & question.focus:
            return start, unit.end()
    return span


def _is_name(sentence: str, span: Span) -> bool:
    """Whether the span is a name more likely than not."""
    name, before = sentence[slice(*span)], sentence[: span[0]].rstrip()
    return " " in name or before.endswith(" by")
