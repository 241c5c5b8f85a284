"""Which spans of a sentence have the shape of the answer that is asked for: a date, a number, a name, a reason."""

from __future__ import annotations

import re

from serving.extractive.questions import AnswerKind, Question
from serving.extractive.terms import read_terms

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)"
)
_NUMBER_WORD = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundred|thousand|million|billion|half"
    r"|dozen|twice|third|quarter|double)"
)
_CHINESE_NUMBER = r"[〇零一二三四五六七八九十百千万亿萬億两兩半數数]"
_CAPITALS = r"[A-Z][\w’'.&-]*(?:\s+(?:(?:of|the|de|von|van|and|al|bin|da|di|la)\s+)?[A-Z][\w’'.&-]*)*"

_SHAPES: dict[AnswerKind, re.Pattern[str]] = {
    AnswerKind.TIME: re.compile(
        rf"(?:\d{{1,2}}(?:st|nd|rd|th)?\s+)?{_MONTH}\b(?:\s+\d{{1,2}}(?:st|nd|rd|th)?\b)?(?:,?\s+\d{{4}}\b)?"
        r"|\b(?:early|mid|late)?[ -]?\d{1,2}(?:st|nd|rd|th)[ -]century"
        r"|\b(?:1\d{3}|20\d\d)s?\b|\b\d{1,4}\s?(?:BC|AD|BCE|CE)\b"
        r"|\b(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day\b|\b(?:centur(?:y|ies)|decades?|spring|summer|autumn|winter)\b"
        r"|\b\d[\d,.:]*\s?(?:a\.?m|p\.?m|years?|months?|days?|weeks?|hours?|minutes?)\b"
        rf"|(?:\d+|{_CHINESE_NUMBER}+)\s?(?:多?年|世[纪紀]|月|日|[时時]|[点點])(?:\s?(?:\d+|{_CHINESE_NUMBER}+)\s?[月日])*"
        r"|[春夏秋冬][季天]|[晚早]期|[时時]期|年代|[今昨明]天|清朝|明朝|元朝|宋朝|唐朝|[汉漢]朝"
    ),
    AnswerKind.NUMBER: re.compile(
        r"[$€£¥]\s?\d[\d,.]*(?:\s?(?:million|billion|trillion))?|\d[\d,.]*\s?(?:%|％|percent|million|billion|[万亿萬億]+)?"
        rf"|\b{_NUMBER_WORD}(?:[ -]{_NUMBER_WORD})*\b|{_CHINESE_NUMBER}+"
        r"(?=[个個位名次人种種岁歲年天日月场場座条條部家届屆章项項所米公里元倍层層艘架支只隻艘度本卷万萬分])",
        re.IGNORECASE,
    ),
    AnswerKind.PERSON: re.compile(
        rf"{_CAPITALS}|[\u3400-\u9fffA-Za-z]{{1,8}}[·•‧][\u3400-\u9fffA-Za-z·•‧]{{1,12}}"
        r"|[王李张張刘劉陈陳杨楊赵趙黄黃周吴吳徐孙孫胡朱高林何郭马馬罗羅梁宋郑鄭谢謝韩韓唐冯馮于董萧蕭程曹袁邓鄧许許傅沈曾彭吕呂苏蘇卢盧蒋蔣蔡贾賈丁魏薛叶葉阎閻余潘杜戴夏钟鍾汪田任姜范方石姚谭譚廖邹鄒熊金陆陸郝孔白崔康毛邱秦江史顾顧侯邵孟龙龍万萬段雷钱錢汤湯尹黎易常武乔喬贺賀赖賴龚龔文司马諸葛诸葛][\u3400-\u9fff]{1,2}"
    ),
    AnswerKind.PLACE: re.compile(
        rf"(?:\b(?:in|at|from|to|near|of|into|across|around|on)\s+(?:the\s+)?)(?P<place>{_CAPITALS})|{_CAPITALS}"
        r"|[\u3400-\u9fff]{1,6}(?:省|市|[县縣]|[区區]|[镇鎮]|村|[国國]|州|[岛島]|山|河|湖|江|洲|城|路|街|站|港|海|[乡鄉]|大[学學]|[馆館])"
    ),
    AnswerKind.REASON: re.compile(
        r"\b(?:because|due to|owing to|as a result|since|so that|so as to|in order to|therefore|thus|caused by|led to"
        r"|thanks to|resulted? (?:in|from)|for this reason|reasons?"
        r"|to (?:avoid|prevent|ensure|allow|increase|reduce|make|protect))\b"
        r"|因|由[于於]|[为為]了|[导導]致|使得|所以|以便|从而|從而|造成|致使|以免",
        re.IGNORECASE,
    ),
    AnswerKind.MANNER: re.compile(
        r"\b(?:by(?: \w+)? \w+ing|by means of|through|using|via|with the (?:help|use) of)\b"
        r"|通[过過]|利用|使用|[采採]用|[经經][过過由]|方式|方法",
        re.IGNORECASE,
    ),
    AnswerKind.DEFINITION: re.compile(
        r"\b(?:(?:is|are|was|were) (?:an?|the|one)|refers? to|means?|defined as|known as|consists? of)\b"
        r"|是|指|即|[称稱][为為]|意[为為思]",
        re.IGNORECASE,
    ),
    AnswerKind.THING: re.compile(rf"{_CAPITALS}|[“\"「『《][^”\"」』》]{{1,40}}[”\"」』》]|\d[\d,.]*"),
}
NAMING = re.compile(
    r"\b(?:called|named|known as|termed|titled|dubbed|nicknamed|referred to as)\b"
    r"|[“\"「『《]|[称稱][为為作]|叫|名[为為]|又名|即",
    re.IGNORECASE,
)


def answer_spans(question: Question, sentence: str, *, at_most: int = 3) -> list[tuple[int, int]]:
    """Spans of `sentence` shaped like the answer and not already said in the question, in reading order."""
    pattern = _SHAPES.get(question.kind)
    if pattern is None:
        return []
    itself = question.kind.answers_itself
    found: list[tuple[int, int]] = []
    for match in pattern.finditer(sentence):
        start, end = match.span("place") if match.re.groups and match["place"] else match.span()
        if itself and _is_said(sentence[start:end], question, at_start=start == 0):
            continue
        found.append((start, end))
        if len(found) == at_most:
            break
    return found


def _is_said(span: str, question: Question, *, at_start: bool) -> bool:
    """Whether the span brings nothing new: in the question already, an empty word, or one word opening the sentence."""
    terms = read_terms(span).exact
    if not terms:
        return not span[:1].isdigit() and not "\u3400" <= span[:1] <= "\u9fff"
    if at_start and question.kind is not AnswerKind.NUMBER and len(terms) == 1 and " " not in span and span.isalpha():
        return span.isascii() and span.istitle() and question.kind is not AnswerKind.PERSON
    return terms <= question.terms.exact
