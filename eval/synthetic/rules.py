"""Questions from numbered rules: articles and sections that a parser marked, clauses, recommendations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from eval.synthetic.records import Candidate, Kind
from eval.synthetic.sections import sentences_of, without_number
from eval.synthetic.wording import ENGLISH, ask, within_a_sentence
from kb.records import Document, Mark, MarkKind

# Only in such documents is "15.2 The Supplier shall …" a clause that people call by its number.
_LEGAL = re.compile(
    r"agreement|contract|lease|terms|policy|\bact\b|regulation|ordinance|\brules\b|by-?laws?|statute|code of|licen[cs]e"
    r"|合同|协议|協議|契约|契約|条例|條例|章程|办法|辦法|规定|規定|规则|規則|法$|须知|須知",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"(?m)^(?P<number>\d{1,2}\.\d{1,2})\s+(?=[A-Z\u3400-\u9fff])[^\n|]{40,}")
_RECOMMENDATION = re.compile(
    r"(?m)^(?P<rule>(?:推荐|推薦|建议|建議)\s?\d+(?:\.\d+)*|(?:Recommendation|Rule|Principle)\s\d+(?:\.\d+)*)[（(:：.\s]"
)
_LONGEST_TOPIC = 6  # words of a section's heading that fit into a question
_NO_TOPIC = re.compile(r"[,;:()]|\b(?:general|miscellaneous|other|purpose)\b", re.IGNORECASE)


def rule_questions(document: Document, language: str, title: str) -> Iterator[Candidate]:
    """Asks what each numbered rule says; any of its first sentences is an answer."""
    articles = [mark for mark in document.marks if mark.kind is MarkKind.ARTICLE]
    for mark in articles:
        yield from _article(document, mark, language, title)
    if not articles and _LEGAL.search(document.title):
        yield from _clauses(document, language, title)
    yield from _recommendations(document, language, title)


def _article(document: Document, mark: Mark, language: str, title: str) -> Iterator[Candidate]:
    line_end = document.text.find("\n", mark.start, mark.end)
    body, topic = mark.start + len(mark.label), ""
    if language == ENGLISH and 0 <= line_end < mark.end:  # "Section 9. Speed", and its rules on the lines below
        topic = without_number(document.text[mark.start : line_end])
        body = line_end
    answers = sentences_of(document, body, mark.end, is_chinese=language != ENGLISH)
    if not answers:
        return
    rule = mark.label if language != ENGLISH else mark.label[:1].lower() + mark.label[1:]
    if topic and len(topic.split()) <= _LONGEST_TOPIC and not _NO_TOPIC.search(topic):
        topic = within_a_sentence(topic, document.text)
        question = ask("rule about", language, rule=rule, title=title, topic=topic)
    else:
        question = ask("rule", language, rule=rule, title=title)
    yield Candidate(Kind.RULE, question, f"{mark.label} {title}", answers)


def _clauses(document: Document, language: str, title: str) -> Iterator[Candidate]:
    for match in _CLAUSE.finditer(document.text):
        answers = sentences_of(document, match.end("number"), match.end(), is_chinese=language != ENGLISH)
        if answers:
            rule = f"clause {match['number']}" if language == ENGLISH else f"第{match['number']}条"
            question = ask("rule", language, rule=rule, title=title)
            yield Candidate(Kind.RULE, question, f"{rule} {title}", answers)


def _recommendations(document: Document, language: str, title: str) -> Iterator[Candidate]:
    for match in _RECOMMENDATION.finditer(document.text):
        end = document.text.find("\n", match.end())
        answers = sentences_of(
            document, match.end("rule"), len(document.text) if end < 0 else end, is_chinese=language != ENGLISH
        )
        if answers:
            rule = match["rule"].lower() if language == ENGLISH else f"的{match['rule']}"
            question = ask("rule", language, rule=rule, title=title)
            yield Candidate(Kind.RULE, question, f"{rule} {title}", answers)
