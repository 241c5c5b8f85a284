"""Neighbouring passages of a document as one text, an exact span of it."""

from __future__ import annotations

import re
from dataclasses import replace

from kb.records import Hit, Passage
from serving.answer_sources import DocumentsNow

_WIDEST_GAP = 20  # characters of white space between two passages: some blank lines
_ENDS = re.compile(r"[.。！？!?;；…][\"'”’」』）)\]]*\s*$")
_LEADS_ON = re.compile(r"[:：,，、]\s*$")
_ROW = re.compile(r"[^\n]* \| ")  # the cells of a table's row are parted so
_LOWER = re.compile(r"\s*[a-z]")


def joined(first: Hit, second: Hit, snapshot: DocumentsNow) -> Hit | None:
    """Both hits as one, if the second begins where the first ends; None where the catalog does not bear it out.

    Scores are those of the better one. Both stand under the same headings.
    """
    one, two = first.passage, second.passage
    if not touches(one, two):
        return None
    text = snapshot.text_between(one.document_id, one.start, two.end)
    gap = text[len(one.text) : len(text) - len(two.text)] if text else "-"
    if gap.strip() or not text.startswith(one.text) or not text.endswith(two.text):
        return None
    best = first if first.score >= second.score else second
    return replace(best, passage=replace(one, end=two.end, text=text, last_page=two.last_page))


def touches(one: Passage, two: Passage) -> bool:
    """Whether `two` may follow on `one` under the same headings with nothing but white space between."""
    gap = two.start - one.end
    return one.document_id == two.document_id and one.headings == two.headings and 0 <= gap <= _WIDEST_GAP


def goes_on(one: Passage, two: Passage) -> bool:
    """Whether `two` is the rest of what `one` begins: a table, a list, a sentence that was cut."""
    if one.headings != two.headings:
        return False
    last_line = one.text.rstrip().rpartition("\n")[2]
    if _ROW.match(last_line) and _ROW.match(two.text):
        return True
    return bool(_LEADS_ON.search(one.text)) or (not _ENDS.search(one.text) and bool(_LOWER.match(two.text)))
