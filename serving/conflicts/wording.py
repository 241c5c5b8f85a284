"""How disagreeing documents are told apart, and that they disagree, in the answer's language."""

from __future__ import annotations

from collections.abc import Sequence

from kb.records import DocumentEntry
from serving.languages import ENGLISH, SIMPLIFIED, TRADITIONAL

_BETWEEN = {ENGLISH: "in force {start} to {end}", SIMPLIFIED: "{start}至{end}有效", TRADITIONAL: "{start}至{end}有效"}
_FROM = {ENGLISH: "in force from {start}", SIMPLIFIED: "自{start}起有效", TRADITIONAL: "自{start}起有效"}
_UNTIL = {ENGLISH: "in force until {end}", SIMPLIFIED: "有效至{end}", TRADITIONAL: "有效至{end}"}
_ADDED = {ENGLISH: "added {day}", SIMPLIFIED: "{day}加入", TRADITIONAL: "{day}加入"}
_VERSION = {ENGLISH: "version {version}", SIMPLIFIED: "第{version}版", TRADITIONAL: "第{version}版"}
_DISAGREE = {
    ENGLISH: "(The documents disagree: {values}. What came into force last stands first.)",
    SIMPLIFIED: "（文档说法不一：{values}。生效较晚的列在前面。）",
    TRADITIONAL: "（文件說法不一：{values}。生效較晚的列在前面。）",
}


def standing_of(entry: DocumentEntry, language: str) -> str:
    """Which version a document is and when it is in force: "version 2, in force from 2024-09-01".

    A single document has no version, and one that names no day no dates; of neither, "".
    """
    start, end = entry.effective_from, entry.effective_to
    form = (_BETWEEN if start and end else _FROM if start else _UNTIL if end else {}).get(language, "")
    version = _VERSION[language].format(version=entry.version) if entry.replaces or entry.replaced_by else ""
    return (", " if language == ENGLISH else "，").join(filter(None, (version, form.format(start=start, end=end))))


def label_of(entry: DocumentEntry, language: str, *, by_file: bool = False) -> str:
    """A document with its version and dates, in brackets, after a quote from it; else with the day it was added.

    Args:
        entry: the document.
        language: of the answer.
        by_file: by the name of its file, where another of the documents has the same title and dates.
    """
    name = entry.name if by_file else entry.title or entry.name
    dates = standing_of(entry, language) or _ADDED[language].format(day=entry.added_at[:10])
    if language == ENGLISH:
        return f" ({name}, {dates})"
    return f"（{name if name.startswith('《') else f'《{name}》'}，{dates}）"


def disagreement_text(values: Sequence[str], language: str) -> str:
    """That the documents disagree, with what each says."""
    return _DISAGREE[language].format(values=(" / " if language == ENGLISH else "；").join(dict.fromkeys(values)))
