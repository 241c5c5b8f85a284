"""Questions from headings: those that are questions, those that say how or if, and those that name a subject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from eval.synthetic.records import Candidate, Kind
from eval.synthetic.sections import headings_with_bodies, sentences_of, without_number
from eval.synthetic.wording import ENGLISH, TRADITIONAL, ask, to_first_person, within_a_sentence
from kb.records import Document

_SHORTEST_BODY = 40  # characters under a heading that are worth asking about
_TITLE_LEVEL = 1
_CLEAR_ALONE, _CLEAR_ALONE_CHINESE = 2, 4  # words, characters of a heading that needs no title to be understood
_WORDS, _CHARACTERS = (1, 8), (3, 20)  # of a heading that can be put into a question
_ASKS = re.compile(r"[?？]\s*$")
# What stands under "How long do you keep them?" answers only who has read on from the heading before.
_POINTS_BACK = re.compile(r"\b(?:it|them|they|this|these|that|those|he|she)\b|[它他她]|这|這|那", re.IGNORECASE)
_NO_SUBJECT = re.compile(
    r"(?:what|how|why|when|where|who|which|whether|if|that|after|before|since|in|on|at|for|from|with|within|during|about|by|and|or|to|not|no|yes|more|other|as)\b",
    re.IGNORECASE,
)
_SHORT_TITLE, _SHORT_CHINESE_TITLE = 6, 16  # words, characters with the brackets: longer ones nobody says
_SHORTEST_QUESTION, _SHORTEST_CHINESE_QUESTION = 4, 6  # words, characters: "Why?" asks nothing alone
_QUESTION_WORD = re.compile(
    r"(?:what|how|why|when|where|who|whom|whose|which|from what|at what|to whom|can|could|do|does|did|is|are|was|were"
    r"|may|must|should|will|would|has|have)\b",
    re.IGNORECASE,
)
_CHINESE_QUESTION_WORD = re.compile(r"如何|怎样|怎樣|怎么|怎麼|为什么|為什麼|什么是|什麼是")
_VERB = re.compile(r"\b(?:is|are|was|were|can|cannot|must|may|should|will|let[’']s)\b", re.IGNORECASE)
_SHORTEST_SUBJECT = 5  # letters of a heading of one word
_NO_HEADING = re.compile(r"[|{}<>=@#!]|\d{4,}|https?:")
_NO_ENGLISH_TOPIC = re.compile(r"[,;:()/]|[^\x00-\x7f’“”–-]")
_NO_CHINESE_TOPIC = re.compile(r"[，。；：、,;:（）()《》]")
_HAN = re.compile(r"[\u3400-\u9fff]")
# Headings that name a part of a document and no subject.
_SAYS_NOTHING = re.compile(
    r"(?:(?:table of )?contents|abstract|summary|introduction|overview|references?|bibliography|appendix|annex|schedule"
    r"|part|chapter|section|conclusions?|acknowledg\w+|notes?|figures?|tables?|questions?(?: .*)?|general|others?|index"
    r"|miscellaneous|background|discussion|results?|methods?|further reading|reading for .*|exercises?|preface|purpose"
    r"|signatures?|where we are|about|examples?|item|slide|definitions|notation)(?:\s+[\dA-Z.]+)?(?:\s*[:.–-].*)?"
    r"|(?:an? |worked )+example.*"
    r"|目[录錄]|摘要|前言|引言|序言|[总總]则|總則|附[则則]|其[他它]|一般[规規]定|[参參]考文[献獻]|小[结結]|概述|背景|[结結][论論语語]"
    r"|[说說]明|[问問][题題]|[练練][习習]|作[业業]|思考[题題]|(?:附[录錄]|例|表|[图圖])\s?[一二三四五六七八九十\d].*|附[录錄]",
    re.IGNORECASE,
)


def heading_questions(document: Document, language: str, title: str) -> Iterator[Candidate]:
    """Asks what stands under each heading that can be asked for; any of its first sentences is an answer."""
    for heading, level, start, end in headings_with_bodies(document):
        words = without_number(heading)
        question = _question(words, level, language, title, document)
        if not question or end - start < _SHORTEST_BODY:
            continue
        answers = sentences_of(document, start, end, is_chinese=language != ENGLISH)
        if answers and document.text[slice(*answers[0])] != heading:
            yield Candidate(Kind.HEADING, question, words, answers)


def _question(words: str, level: int, language: str, title: str, document: Document) -> str:
    """The question for a heading; "" where it makes none."""
    if _ASKS.search(words):
        return words if _is_a_question(words, language) else ""
    if level == _TITLE_LEVEL and words in document.title:
        return ""
    if _SAYS_NOTHING.fullmatch(words) or _NO_HEADING.search(words):
        return ""
    return _english(words, title, document.text) if language == ENGLISH else _chinese(words, language, title)


def _is_a_question(words: str, language: str) -> bool:
    if _POINTS_BACK.search(words):
        return False
    if language == ENGLISH:
        return len(words.split()) >= _SHORTEST_QUESTION and _QUESTION_WORD.match(words) is not None
    return len(words) >= _SHORTEST_CHINESE_QUESTION


def _english(words: str, title: str, text: str) -> str:
    lower = words[0].lower() + words[1:]
    count = len(words.split())
    if not _WORDS[0] <= count <= _WORDS[1] or _NO_ENGLISH_TOPIC.search(words):
        return ""
    if lower.startswith("how to "):
        return f"How do I {to_first_person(lower.removeprefix('how to '))}?"
    if lower.startswith("if you "):
        return f"What should I do {to_first_person(lower)}?"
    if _NO_SUBJECT.match(words) or _VERB.search(words) or (count == 1 and len(words) < _SHORTEST_SUBJECT):
        return ""
    topic = to_first_person(within_a_sentence(words, text))
    if count >= _CLEAR_ALONE and len(title.split()) > _SHORT_TITLE:
        return ask("topic", ENGLISH, topic=topic)
    return ask("heading", ENGLISH, title=title, topic=topic)


def _chinese(words: str, language: str, title: str) -> str:
    if not _CHARACTERS[0] <= len(words) <= _CHARACTERS[1] or _NO_CHINESE_TOPIC.search(words) or not _HAN.search(words):
        return ""
    if _CHINESE_QUESTION_WORD.match(words):
        return f"{words}？"
    topic = f"「{words}」" if language == TRADITIONAL else f"“{words}”"
    if len(words) >= _CLEAR_ALONE_CHINESE and len(title) > _SHORT_CHINESE_TITLE:
        return ask("topic", language, topic=topic)
    return ask("heading", language, title=title, topic=topic)
