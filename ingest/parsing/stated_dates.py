"""From when to when a document says that it is in force, where it says so unmistakably of itself.

Looked for is a line of its own ("Effective date: 1 March 2024", "有效期至2025年12月31日"), a remark in a short line
near the beginning ("Handbook (valid until 31 August 2024)"), and a sentence about the document itself ("This policy
takes effect on …", "本法自…起施行"). Where a document states several such days for one side, none is taken.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import product

from kb.attributes import EFFECTIVE_FROM, EFFECTIVE_TO, in_force
from kb.document_warnings import warning
from kb.errors import UsageError
from kb.text.written_dates import WRITTEN_DAY, plain, read_date

_HEAD, _TAIL = 3000, 1500  # characters: a title page with what is printed on it, and the last articles
_SHORT = 120  # characters of a line that is a title or a label rather than prose

_FROM = r"(?:effective|valid|in force|applicable)(?: as)?(?: from| of| since| on)?|(?:effective|commencement) date"
_UNTIL = (
    r"(?:valid|effective|in force|applicable) (?:until|through|up to|to)|"
    r"(?:expires|expiry|expiration)(?: date)?(?: on)?"
)
_BEGINS = r"(?:comes?|came|enters?|entered) into (?:force|effect)|(?:takes?|took) effect|(?:is|are) (?:effective|valid)"
_KIND = (
    "法|法律|条例|條例|办法|辦法|规定|規定|规则|規則|细则|細則|决定|決定|章程|制度|标准|標準|规范|規範|手册|手冊|通知|"
    "合同|协议|協議|解释|解釋|规程|規程|指南|意见|意見|准则|準則|守则|守則|方案|公约|公約|要点|要點|说明书|說明書"
)
_IN_FORCE = "(?:施行|生效|实施|實施|执行|執行|试行|試行|适用|適用)"
_DAY = WRITTEN_DAY
_LINES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"(?:{_FROM})[:\s]\s*(?P<first>{_DAY})(?:\s*(?:to|until|through|-|–|—)\s*(?P<last>{_DAY}))?",
        rf"(?:{_UNTIL})[:\s]\s*(?P<last>{_DAY})",
        rf"(?:生效|施行|实施|實施|执行|執行|启用|啟用)(?:日期|时间|時間|日)\s*:?\s*(?P<first>{_DAY})",
        rf"(?:失效|废止|廢止)(?:日期|时间|時間|日)\s*:?\s*(?P<last>{_DAY})",
        rf"(?:本\w{1, 12}?)?有效期限?(?:为|為|自|从|從|:)*\s*(?P<first>{_DAY})\s*起?\s*[至到~–—-]+\s*(?P<last>{_DAY})",
        rf"(?:本\w{1, 12}?)?有效期限?(?:截止|截至)?[至到:]+\s*(?P<last>{_DAY})",
        rf"自\s*(?P<first>{_DAY})\s*起\s*{_IN_FORCE}",
    )
)
_BEFORE_REMARK = re.compile(r"(?:^|[(\[,;:·|、，；【—–-])\s*$")  # what stands between a title and a remark on it
_ITSELF = r"\b(?:this|these|the present) [\w’' -]{1,60}?"
_SENTENCES = tuple(
    re.compile(form, re.IGNORECASE)
    for form in (
        rf"{_ITSELF} (?:shall |will )?(?:{_BEGINS})(?: on| from| as of| as from)? (?P<first>{_DAY})"
        rf"(?:(?: and (?:is|are|remains?) (?:valid|effective|in force))? (?:to|until|through) (?P<last>{_DAY}))?",
        rf"{_ITSELF} (?:is|are|remains?|shall remain) (?:valid|effective|in force) until (?P<last>{_DAY})",
        rf"本\w{{0,8}}?(?:{_KIND})(?:经\S{{1,30}}[,，])?自\s*(?P<first>{_DAY})\s*起\s*(?:正式)?{_IN_FORCE}"
        rf"(?:[,，;；]?\s*有效期至\s*(?P<last>{_DAY}))?",
    )
)


def with_stated_dates(metadata: Mapping[str, str], text: str) -> tuple[dict[str, str], list[str]]:
    """A file's metadata with the days that its text states, in ISO 8601, and what a reader should know about them.

    What the file's own metadata (a head of YAML, for example) say wins over its text.
    """
    known = {**_stated(text), **metadata}
    warnings = []
    for key, kind in ((EFFECTIVE_FROM, "start_no_date"), (EFFECTIVE_TO, "end_no_date")):
        if known.get(key) and not in_force({key: known[key]})[key == EFFECTIVE_TO]:
            warnings.append(warning(kind, value=known[key]))
            del known[key]
    start, end = in_force(known)
    known |= {key: value for key, value in ((EFFECTIVE_FROM, start), (EFFECTIVE_TO, end)) if value}
    return known, warnings


def _stated(text: str) -> dict[str, str]:
    head, tail = plain(text[:_HEAD]), plain(text[_HEAD:][-_TAIL:])
    found: dict[str, set[str]] = {"first": set(), "last": set()}
    for match in (*_remarks(head), *_about_itself(head), *_about_itself(tail)):
        for side, day in match.groupdict().items():
            if day is not None:
                found[side].add(_iso(day))
    # Two different days for one side (the history of a law, a table of rates) are not unmistakable.
    keys = ((EFFECTIVE_FROM, found["first"]), (EFFECTIVE_TO, found["last"]))
    return {key: next(iter(days)) for key, days in keys if len(days) == 1 and "" not in days}


def _about_itself(part: str) -> Iterator[re.Match[str]]:
    for form in _SENTENCES:
        yield from form.finditer(part)


def _remarks(head: str) -> Iterator[re.Match[str]]:
    """Statements that are a whole line, or a remark at the end of a short one."""
    short = [line for line in head.split("\n") if len(line) <= _SHORT]
    for line, form in product(short, _LINES):
        for match in form.finditer(line):
            rest = line[match.end() :].strip(" .。;；)）]】*_|")
            if not rest and _BEFORE_REMARK.search(line[: match.start()].strip("*_#> ")):
                yield match


def _iso(day: str) -> str:
    try:
        return read_date(day).first.isoformat()
    except UsageError:
        return ""
