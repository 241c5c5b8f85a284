"""Lists quoted whole, with their lead-in, where a question asks for several things and one of them was found."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from kb.records import Hit
from kb.text.folding import fold
from serving.extractive.candidates import Candidate
from serving.extractive.records import Quote

Span = tuple[int, int]

_MOST_ITEMS = 12  # a reader opens the document for more
_LONGEST_ITEM = 400  # characters; longer "items" are paragraphs that happen to be numbered
_LONGEST_LEAD = 240

# Read in folded text.
_ASKS_FOR_LIST = re.compile(
    r"\b(?:which|what)(?: \w+){0,2} (?!is\b|was\b|this\b|does\b|has\b)\w+s\b(?! (?:is|was|does|has)\b)"
    r"|\b(?:what|which) (?:are|were) (?!you\b)"
    r"|\b(?:list|name|enumerate|state|give) (?:all|the|some|two|three|four|five)\b"
    r"|\bwhat(?: must| should| do| does| can| may| needs?)\b.*"
    r"\b(?:contain|include|consist|bring|submit|hand in|need|have to)\b"
    r"|\bwho (?:are|may|can|must)\b|\bin (?:which|what) cases\b|\bunder (?:which|what) (?:conditions|circumstances)\b"
    r"|哪些|哪几|包括(?:什么|哪)|由(?:什么|哪).*组成|有(?:什么|何)(?:要求|条件|种类|类型|规定|内容|情形|义务|权利)|(?:列出|列举|说出)"
    r"|(?:需要?|应当?|必须|要)(?:提交|提供|准备|带|携带|具备|满足|符合)(?:什么|何种|何)|什么(?:材料|文件|条件|情形|证件|资料)"
)
_BULLET = r"[-*•–—·●▪◦‣]\s"
_NUMBER = (
    r"\(?\d{1,2}[.)]\s|\d{1,2}[、．]|[（(][一二三四五六七八九十\d]{1,3}[)）]|[①-⑳]|[一二三四五六七八九十]{1,3}、"
    r"|\(?[a-h][.)]\s|[（(][a-h][)）]"
)
_ITEM = re.compile(rf"(?:^|(?<=\n)|(?<=[；;：:。，]))[ \t]*(?P<label>{_BULLET}|{_NUMBER})(?=\S)")
_LEADS_ON = re.compile(r"[:：]\s*$")
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)|[。！？]|\n\s*\n")


def asks_for_list(question: str) -> bool:
    """Whether several things are asked for."""
    return _ASKS_FOR_LIST.search(fold(question)) is not None


def list_quotes(question: str, quoted: Sequence[Candidate], score: float) -> tuple[Quote, ...]:
    """The list in which the best of the quoted sentences stands: its lead-in and its items, each a quote.

    Empty where no list is asked for, or the best sentence stands in none.
    """
    if not asks_for_list(question):
        return ()
    best = quoted[0]
    first = best.hit.passage.start
    for lead, items in _lists(best.hit.passage.text):
        spans = [lead, *items] if lead else items
        if any(start < best.end - first and best.start - first < end for start, end in spans):
            return tuple(_quote(best.hit, span, score) for span in spans[: _MOST_ITEMS + 1])
    return ()


def _quote(hit: Hit, span: Span, score: float) -> Quote:
    start, end = span
    passage = hit.passage
    return Quote(hit, passage.start + start, passage.start + end, passage.text[start:end], score)


def _lists(text: str) -> list[tuple[Span | None, list[Span]]]:
    """The lists of a text in order: the span of the lead-in, None where nothing leads in, and the items' spans."""
    lists: list[tuple[Span | None, list[Span]]] = []
    labels = list(_ITEM.finditer(text))
    place = 0
    while place < len(labels):
        group = [labels[place]]
        while place + len(group) < len(labels) and _follows(text, group[-1], labels[place + len(group)]):
            group.append(labels[place + len(group)])
        if len(group) > 1:
            starts = [match.start("label") for match in group]
            items = [_trimmed(text, start, end) for start, end in pairwise(starts)]
            items.append(_trimmed(text, starts[-1], _end_of_item(text, starts[-1])))
            lists.append((_lead_in(text, starts[0]), items))
        place += len(group)
    return lists


def _follows(text: str, label: re.Match[str], other: re.Match[str]) -> bool:
    """Whether another label goes on with the list: of the same kind, and nothing but one item between them."""
    between = text[label.end() : other.start("label")]
    return (
        _kind(label["label"]) == _kind(other["label"])
        and len(between) <= _LONGEST_ITEM
        and re.search(r"\n\s*\n\s*\S.*\n", between) is None
    )


def _kind(label: str) -> str:
    """A label with its count taken out."""
    return re.sub(r"\d+|[一二三四五六七八九十]+|[①-⑳]|[a-h]", "1", label.strip())


def _end_of_item(text: str, start: int) -> int:
    """The last item ends with its line, inside a line with its sentence."""
    line = text.find("\n", start)
    end = len(text) if line < 0 else line
    inside = text.rfind("\n", 0, start) + 1 < start - len(text[:start]) + len(text[:start].rstrip(" \t"))
    if inside and (stop := _SENTENCE_END.search(text, start + 4, end)):
        return stop.end()
    return end


def _lead_in(text: str, start: int) -> Span | None:
    """The sentence before the first item, where it leads on to it by a colon."""
    before = text[:start]
    if _LEADS_ON.search(before) is None:
        return None
    end = len(before.rstrip())
    stops = [match.end() for match in _SENTENCE_END.finditer(before[: end - 1])]
    begin = max([*stops, before.rfind("\n", 0, end) + 1])
    begin += len(before[begin:end]) - len(before[begin:end].lstrip())
    return (begin, end) if 0 < end - begin <= _LONGEST_LEAD else None


def _trimmed(text: str, start: int, end: int) -> Span:
    return start, start + len(text[start:end].rstrip())
