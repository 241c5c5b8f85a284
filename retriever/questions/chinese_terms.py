"""Where a Chinese term begins: there are no spaces, and a bracket only shows where it ends."""

from __future__ import annotations

import re

# Words after which a term begins, when enough is left: what is within them is never part of a name of a thing.
_LEADS_IN = re.compile(
    "^用(?![户戶])|所谓|所謂|称之为|稱之為|称为|稱為|称作|稱作|叫做|叫作|名为|名為|就是|即是|使用|采用|採用|利用|通过|通過|一种|一種|一个|一個|这种|這種|"
    "以及|或者|例如|比如|包括|基于|基於|进行|進行|关于|關於|被称|其中|属于|屬於|根据|根據|依据|依據|按照|对于|對於|位于|位於|"
    "[的是和与與及或为為在]"
)
_MARKED = re.compile(r"[*_\"“「『《【]{1,2}([^*_\"“”「」『』《》【】]{2,24})[*_\"”」』》】]{1,2}\s*$")
_RUN = re.compile(r"[\u3400-\u9fff·]+$")
_LEAST = 2  # characters of a term


def term_before(text: str, end: int, longest: int) -> str:
    """The Chinese term that ends at `text[:end]`; "" where none does.

    A term in quotation marks or emphasis is taken as marked. Otherwise it is the longest ending that the text says once
    more elsewhere, or else what follows the last word that leads in, `longest` characters at most.
    """
    before = text[max(0, end - 40) : end]
    if marked := _MARKED.search(before):
        return marked[1].strip() if _RUN.search(marked[1].strip()) else ""
    run = _RUN.search(before.rstrip())
    if run is None:
        return ""
    term = _after_lead_in(run[0].lstrip("·"))
    if len(term) < _LEAST:
        return ""
    return _said_again(text, term) or term[-longest:]


def _after_lead_in(run: str) -> str:
    cuts = [lead.end() for lead in _LEADS_IN.finditer(run) if len(run) - lead.end() >= _LEAST]
    return run[cuts[-1] :] if cuts else run


def _said_again(text: str, run: str) -> str:
    """The longest ending of `run`, of three characters or more, that `text` holds twice."""
    for start in range(len(run) - _LEAST):
        if text.count(run[start:]) > 1:
            return run[start:]
    return ""
