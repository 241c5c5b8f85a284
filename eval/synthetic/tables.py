"""Questions from tables: the amount or date in one cell, asked for by its row and column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from eval.synthetic.records import Candidate, Kind, Span
from eval.synthetic.wording import ENGLISH, ask, within_a_sentence
from kb.records import Document, MarkKind
from kb.text.folding import fold

_SEPARATOR = " | "
_DIGIT = re.compile(r"\d")
_LETTERS = re.compile(r"[^\W\d_]{2,}")
_IN_BRACKETS = re.compile(r"\s*[（(][^（()）]*[)）]\s*")
_LONGEST_CELL, _LONGEST_ROW_NAME = 40, 60  # characters: longer ones are prose
# Columns of which English can ask "What is the … for …?"; any other head may be a verb, a day, a remark.
_MEASURES = re.compile(
    r"\b(?:price|cost|charge|fee|fees|amount|total|rate|number|weight|mark|marks|penalty|fine|date|deadline|time|hours"
    r"|minutes|milliseconds|seconds|dose|speed|limit|size|length|duration|age|temperature|score|percentage|share|revenue"
    r"|sales|income|quantity|value|rent|salary|population|distance|period|term|due date|recall|precision|nDCG@10)s?$",
    re.IGNORECASE,
)
_COUNTED = re.compile(r"(?:marks|minutes|milliseconds|seconds|hours|candidates|points|credits|pages|copies|[^s]s)$")
_CHINESE_MEASURES = re.compile(  # folded, so simplified
    r"(?:价格?|费用?|金额?|总额|租金?|数量?|率|量|值|期限?|时间|日期|时长|标准|分数|成绩|得分|比例|面积|[长高宽深速温重]度|重量|年龄"
    r"|压|大小|罚款|积分|学分|收入|利润|成本|工资|保证金|押金|距离)$"
)
_WHEN, _HOW_LONG = re.compile(r"日期|时间|時間|日$"), re.compile(r"期$|期限$|时长$|時長$")
_DURATION = re.compile(r"\d\s*(?:天|日|周|週|个月|個月|月|年|小时|小時|分钟|分鐘)")
_CHINESE_HEAD = (2, 10)  # characters
_HAN = re.compile(r"[\u3400-\u9fff]")


class _Cell(NamedTuple):
    text: str
    span: Span


def table_questions(document: Document, language: str, _title: str) -> Iterator[Candidate]:
    """Asks for each amount or date of a table that has a head line and rows with names of their own."""
    for mark in document.marks:
        if mark.kind is MarkKind.TABLE:
            lines = [cells for cells in _lines(document.text, mark.start, mark.end) if len(cells) > 1]
            if len(lines) > 2:
                yield from _rows(lines, document, language)


def _lines(text: str, start: int, end: int) -> list[list[_Cell]]:
    lines: list[list[_Cell]] = []
    position = start
    for line in text[start:end].split("\n"):
        cells, offset = [], position
        for part in line.split(_SEPARATOR):
            inner = offset + len(part) - len(part.lstrip())
            cells.append(_Cell(part.strip(), (inner, inner + len(part.strip()))))
            offset += len(part) + len(_SEPARATOR)
        lines.append(cells)
        position += len(line) + 1
    return lines


def _rows(lines: list[list[_Cell]], document: Document, language: str) -> Iterator[Candidate]:
    head, body = lines[0], lines[1:]
    names = [_without_brackets(cell.text) for cell in head]
    if not all(names) or len(set(names)) != len(names) or any(_DIGIT.search(name) for name in names[:1]):
        return
    naming = _naming_column(body, len(head))
    if naming < 0:
        return
    called = [_without_brackets(row[naming].text) if len(row) == len(head) else "" for row in body]
    known = Counter(called)
    for number, row in enumerate(body):
        following = body[number + 1] if number + 1 < len(body) else None
        # An empty cell below, or too few of them, is how the second line of a cell comes out of a PDF.
        torn = following is not None and (len(following) != len(head) or not all(cell.text for cell in following))
        if torn or len(row) != len(head) or not all(cell.text for cell in row) or known[called[number]] > 1:
            continue
        for column, cell in enumerate(row):
            if column != naming and _asks_for(cell.text):
                question = _question(called[number], names[naming], names[column], cell.text, document, language)
                if question:
                    subject = f"{called[number]} {names[column]}"
                    yield Candidate(Kind.TABLE, question, subject, (cell.span,))


def _without_brackets(text: str) -> str:
    return _IN_BRACKETS.sub(" ", text).strip()


def _naming_column(body: list[list[_Cell]], columns: int) -> int:
    """The first column whose cells name things: words, all different; else a first column of different numbers."""
    whole = [row for row in body if len(row) == columns]
    for column in range(min(2, columns)):
        cells = [row[column].text for row in whole]
        if cells and len(set(cells)) == len(cells) and all(map(_LETTERS.search, cells)):
            return column
    first = [row[0].text for row in whole]
    return 0 if first and len(set(first)) == len(first) and columns > 1 and not _looks_like_ids(first) else -1


def _looks_like_ids(cells: list[str]) -> bool:
    return all(re.fullmatch(r"[A-Z]{1,3}-?\d+", cell) for cell in cells)


def _asks_for(cell: str) -> bool:
    return bool(_DIGIT.search(cell)) and 2 <= len(cell) <= _LONGEST_CELL


def _question(row: str, row_head: str, column: str, cell: str, document: Document, language: str) -> str:
    """The question for a cell; "" where its row or column cannot be put into one."""
    if not 0 < len(row) <= _LONGEST_ROW_NAME:
        return ""
    if language == ENGLISH:
        return _english(row, row_head, column, document.text)
    return _chinese(row, column, cell, language)


def _english(row: str, row_head: str, column: str, text: str) -> str:
    named = bool(_LETTERS.search(row))
    if not _MEASURES.search(column) or "," in column or not (named or _LETTERS.search(row_head)):
        return ""
    if not named:  # "2" in the column "Week" is week 2, "30" in the column "Candidates" is 30 candidates
        head = within_a_sentence(row_head, row_head.lower())
        row = f"{row} {head}" if _COUNTED.search(head) else f"{head} {row}"
    else:
        row = f"“{row}”" if "," in row else within_a_sentence(row, text)
    template = "cell count" if _COUNTED.search(column) else "cell"
    return ask(template, ENGLISH, column=within_a_sentence(column, column.lower()), row=row)


def _chinese(row: str, column: str, cell: str, language: str) -> str:
    if not _CHINESE_HEAD[0] <= len(column) <= _CHINESE_HEAD[1] or not _CHINESE_MEASURES.search(fold(column)):
        return ""
    if len(row) < 2 or not _HAN.search(row) or re.search(r"[，。；：\s]", f"{row}{column}"):
        return ""
    template = "cell"
    if _HOW_LONG.search(column) and _DURATION.search(cell):
        template = "cell how long"
    elif _WHEN.search(column):
        template = "cell when"
    return ask(template, language, row=row, column=column)
