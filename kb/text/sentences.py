"""Cuts text into sentences, English and Chinese, as exact spans.

What ends a sentence:

- A line break. Only a wrapped line of English prose goes on: a long line without a stop, and the next one begins in
  lower case. A table row, a list item, a heading are lines of their own.
- 。！？｡ and the quotes and brackets that close after them, except inside 《…》 and before a word that leans on the
  quote (“…！”的, “…？”他问).
- . ! ? before white space, except after abbreviations, initials and list numbers, and where the text goes on in lower
  case. A stop inside a number, a date, an address or a name like Node.js never does.
- …… only at the end of a quote or a line: within a line it is a pause.
- ； (and ; in a Chinese text) before the next number of an enumeration （一）, (2), ③, and after 40 characters or more:
  the items of a Chinese statute are read and cited one by one, while short pairs ("天对地；雨对风") belong together.
- Never ： ， 、 nor the ; of an English sentence.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kb.text.abbreviations import BEFORE_ANYTHING, BEFORE_NAME, BEFORE_NUMBER, STARTERS

_CLOSERS = "\"'”’」』》〉）)】］\\]›»＂＇﹂﹄"
_HAN = "\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003134f"

# A place where a sentence might end: line breaks, or stops with all that closes after them.
_CANDIDATE = re.compile(
    rf"(?P<newline>[ \t\u3000]*[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]\s*)"
    rf"|(?P<stops>[.。！？!?｡．…]+)(?P<closers>[{_CLOSERS}]*(?:\[\d{{1,3}}(?:[,–-]\d{{1,3}})*\])*)"
    rf"|(?P<semicolon>[；;])"
)
_SEMICOLON_PIECE = 40  # characters: below this, the two sides of a ； are mostly one thought
_WRAPPED_LINE = 45  # characters: shorter lines are headings, addresses or list items rather than wrapped prose
_LOOK_BACK = 40  # characters read before a stop: longer than any abbreviation with its name
_LOOK_AHEAD = 60  # characters read after a stop

_ENUMERATOR = re.compile(
    r"\s*(?:(?:以及|或者|和|或|及|and|or)\s*)?"
    r"(?:[（(][一二三四五六七八九十百\d]{1,4}[)）]|[（(][a-z]{1,4}[)）]|[①-⑳⑴-⒇]|\d{1,2}[.．、)）](?!\d)|[一二三四五六七八九十]{1,3}[、.．])"
)
_TITLE_GOES_ON = re.compile(r"[^《》〈〉\n]{0,40}[》〉]")
_QUOTES_CLOSING = re.compile(r"[\"'”’」』＂﹂﹄]$")
_LEANS_ON_QUOTE = re.compile(
    r"\s*(?:[，,、；;：:。．.！!？?)）]|[的等和与與及或]|[他她我你它牠]?[们們]?[说說问問答喊叫道]|[a-z])"
)
_WORD_BEFORE = re.compile(r"(?:[^\W\d_]|(?<=[^\W\d_])\.(?=[^\W\d_]))+$")
_LIST_NUMBER = re.compile(
    r"[\s•·▪◦*\-–—(（#§]*(?:\d{1,3}(?:[.．]\d{1,3}){0,4}|[A-Za-z]|[IVXLCDMivxlcdm]{1,6}|[一二三四五六七八九十]{1,3})$"
)
_NUMBER_LIKE = re.compile(r"\s+(?:[\d(\[（#§$€£¥]|[IVXLC]+\b|[A-Z]\d|[A-Z]\b)")
_NEXT_WORD = re.compile(r"\s*[\"'“‘「『(\[（]*([^\W\d_][^\W_]*)")
_DATE_BEFORE = re.compile(r"(?<!\d)\d{4}[.．]\s?\d{1,2}$|(?<!\d)\d{4}$")
_DATE_AFTER = re.compile(r"\s?\d{1,2}[.．](?:\s?\d{1,2})?(?!\d)")


class _Stop(NamedTuple):
    """A candidate within the text: the piece began at `piece`, the stops at `start`, what closes them ends at `end`."""

    text: str
    piece: int
    start: int
    end: int
    stops: str
    closers: str


def split_sentences(text: str) -> list[tuple[int, int]]:
    """Returns the sentences of `text` as (start, end) offsets, in order, without white space around them.

    Every character that is not white space lies in exactly one of them. Takes time linear in the length of the text.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _CANDIDATE.finditer(text):
        end = _end_of_sentence(text, start, match)
        if end > start:
            _append_trimmed(spans, text, start, end)
            start = end
    _append_trimmed(spans, text, start, len(text))
    return spans


def _append_trimmed(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end]
    left = len(piece) - len(piece.lstrip())
    if left < len(piece):
        spans.append((start + left, start + len(piece.rstrip())))


def _end_of_sentence(text: str, piece: int, match: re.Match[str]) -> int:
    """Where the sentence ends if it ends at this candidate, otherwise 0."""
    start, end = match.span()
    if match["newline"] is not None:
        return 0 if _line_is_wrapped(text, piece, start, end) else end
    if match["semicolon"] is not None:
        return end if _semicolon_ends(text, piece, start, end) else 0
    stop = _Stop(text, piece, start, end, match["stops"], match["closers"])
    stop = _without_opening_quote(stop)
    return stop.end if _stop_ends(stop) else 0


def _line_is_wrapped(text: str, piece: int, start: int, end: int) -> bool:
    """Whether a line break stands in the middle of English prose."""
    if text.count("\n", start, end) > 1 or end >= len(text) or start - piece < _WRAPPED_LINE:
        return False
    before, after = text[start - 1], text[end]
    return after.islower() and after.isascii() and (before.isalnum() or before in ",-–)”\"'") and before < "\u2e80"


def _semicolon_ends(text: str, piece: int, start: int, end: int) -> bool:
    if text[start] == ";" and not _is_chinese(text[max(piece, start - 2) : start]):
        return False
    return start - piece >= _SEMICOLON_PIECE or _ENUMERATOR.match(text, end, end + _LOOK_AHEAD) is not None


def _is_chinese(text: str) -> bool:
    return any("\u2e80" <= character <= "\U0003134f" for character in text)


def _without_opening_quote(stop: _Stop) -> _Stop:
    """A straight quote after a stop closes only where one is open: (说:"好。"然后) but (好。"然后…")."""
    if '"' not in stop.closers:
        return stop
    opened = stop.text.count('"', max(stop.piece, stop.start - 400), stop.start) % 2 == 1
    if opened or (stop.end < len(stop.text) and stop.text[stop.end].isspace()):
        return stop
    cut = stop.closers.index('"')
    return stop._replace(end=stop.start + len(stop.stops) + cut, closers=stop.closers[:cut])


def _stop_ends(stop: _Stop) -> bool:
    if stop.end >= len(stop.text):
        return True
    if any(mark in "。！？｡" for mark in stop.stops):
        return _chinese_stop_ends(stop)
    if "…" in stop.stops or stop.stops.startswith(("..", "．．")):
        return _ellipsis_ends(stop)
    if _is_chinese(stop.text[stop.end]):
        return _latin_stop_before_chinese_ends(stop)
    return stop.text[stop.end].isspace() and _latin_stop_before_space_ends(stop)


def _chinese_stop_ends(stop: _Stop) -> bool:
    if "》" in stop.closers or "〉" in stop.closers:
        return False
    if _TITLE_GOES_ON.match(stop.text, stop.end, stop.end + _LOOK_AHEAD):
        return False
    return not (_QUOTES_CLOSING.search(stop.closers) and _LEANS_ON_QUOTE.match(stop.text, stop.end))


def _ellipsis_ends(stop: _Stop) -> bool:
    following = stop.text[stop.end]
    if _QUOTES_CLOSING.search(stop.closers) and not following.isspace():
        return _is_chinese(following) and not _LEANS_ON_QUOTE.match(stop.text, stop.end)
    return following.isspace() and not _goes_on_in_lower_case(stop) and not _is_chinese(_next_visible(stop))


def _next_visible(stop: _Stop) -> str:
    return stop.text[stop.end : stop.end + _LOOK_AHEAD].lstrip()[:1]


def _latin_stop_before_chinese_ends(stop: _Stop) -> bool:
    """Whether a Latin stop ends a Chinese sentence (用Python.然后): not the dot of 3.总则 or Dr.王."""
    if stop.text[stop.end] in "，、；：。":
        return False
    if stop.stops[0] in "!?":
        return not (_QUOTES_CLOSING.search(stop.closers) and _LEANS_ON_QUOTE.match(stop.text, stop.end))
    before = stop.text[max(stop.piece, stop.start - _LOOK_BACK) : stop.start]
    if not before or before[-1].isdigit() or _LIST_NUMBER.match(before):
        return False
    if _is_chinese(before[-1]):
        return stop.start - stop.piece >= 12  # shorter ones are mostly names: 乔治.布什
    word = _WORD_BEFORE.search(before)
    return word is not None and len(word[0]) > 1 and word[0].lower() not in BEFORE_ANYTHING | BEFORE_NUMBER


def _goes_on_in_lower_case(stop: _Stop) -> bool:
    """Whether the next word is in lower case, other than names written so (mRNA, p53, iPhone)."""
    word = _NEXT_WORD.match(stop.text, stop.end, stop.end + _LOOK_AHEAD)
    return word is not None and word[1][0].islower() and word[1].islower() and word[1].isalpha()


def _latin_stop_before_space_ends(stop: _Stop) -> bool:
    if stop.stops[0] in "!?":
        return not _goes_on_in_lower_case(stop)
    before = stop.text[max(stop.piece, stop.start - _LOOK_BACK) : stop.start]
    if len(before) < _LOOK_BACK and _LIST_NUMBER.fullmatch(before) and not stop.closers:
        return False
    if _goes_on_in_lower_case(stop):
        return False
    if _DATE_BEFORE.search(before) and _DATE_AFTER.match(stop.text, stop.end):
        return False
    word = _WORD_BEFORE.search(before)
    return word is None or bool(stop.closers) or _abbreviation_ends(stop, word[0])


def _abbreviation_ends(stop: _Stop, written: str) -> bool:
    word = written.lower()
    if word in BEFORE_ANYTHING:
        return False
    if word in BEFORE_NUMBER:
        return _NUMBER_LIKE.match(stop.text, stop.end, stop.end + _LOOK_AHEAD) is None
    if word in BEFORE_NAME or (len(written) == 1 and written.isupper()) or re.fullmatch(r"(?:[A-Z]\.)+[A-Z]", written):
        following = _NEXT_WORD.match(stop.text, stop.end, stop.end + _LOOK_AHEAD)
        return following is not None and following[1].lower() in STARTERS
    return True
