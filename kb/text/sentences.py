"""Cuts text into sentences, English and Chinese, as exact spans.

What ends a sentence:

- A line break. Only wrapped prose goes on: after ， or 、, and after a long line of English that stops in the middle of
  a phrase or before a lower-case letter. A list item, a heading and a table row (cells parted by " | ") are lines of
  their own, and a row is never cut.
- 。！？｡ and the quotes and brackets that close after them, except inside 《…》 and before a word that leans on the
  quote (“…！”的, “…？”他问).
- . ! ? before white space, except after abbreviations, initials and list numbers, and where the text goes on in lower
  case. A stop inside a number, a date, an address or a name like Node.js never does.
- …… only at the end of a quote or a line: within a line it is a pause.
- ； (and ; in a Chinese text) before the next number of an enumeration （一）, (2), ③, and after 40 characters or more:
  the items of a Chinese statute are read and cited one by one, while short pairs ("天对地；雨对风") belong together.
- Never ： ， 、 nor the ; of an English sentence.

Reference marks that touch a stop ("...text.[3]") belong to the sentence before them.
"""

from __future__ import annotations

import re

from kb.text.abbreviations import Follower, abbreviations, lettered, starters
from kb.text.wrapping import goes_on_in_next_line

_NEWLINES = frozenset("\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029")
_SEMICOLONS = frozenset("；;")
_CHINESE_STOPS = frozenset("。！？｡")

# Stops with all that closes after them. The pattern begins with one class of characters, which makes it quick to find.
_CANDIDATE = re.compile(
    r"[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029；;.。！？!?｡．…]"
    r"[.。！？!?｡．…]*"
    r"[\"'”’」』》〉）)】［\]›»＂＇﹂﹄]*"
    r"(?:\[\d{1,3}(?:[,–-] ?\d{1,3})*\])*"
)
_CELL = 200  # characters that a cell of a table has at most, as far as sentences in it are kept together
_LONG_CLAUSE = 40  # characters: below this, the two sides of a ； are mostly one thought
_LONGEST_NAME = (
    12  # characters before a Latin stop between Chinese characters: below this it is mostly a name (乔治.布什)
)
_REACH = 60  # characters looked at around a candidate: longer than any title, abbreviation or list number

_BRACKETED = re.compile(r"^[^()]*\)|\([^()]*(?:\)|$)")
_CHINESE_ENUMERATOR = re.compile(
    r"\s*(?:以及|或者|和|或|及)?"
    r"(?:[（(](?:[一二三四五六七八九十百\d]{1,4}|[a-z]{1,4})[)）]|[①-⑳⑴-⒇]|\d{1,2}[.．、)）](?!\d)|[一二三四五六七八九十]{1,3}[、.．])"
)
_LEANS_ON_QUOTE = re.compile(
    r"\s*(?:[，,、；;：:。．.！!？?)）a-z]|[的等和与與及或都也是为為之]"
    r"|[他她我你它牠]?[们們]?(?:[说說](?![明法服])|[问問](?![题題])|[答](?![案复覆])|道(?![路理德歉])|[喊叫]))"
)
_LIST_NUMBER = re.compile(
    r"[\s•·▪◦*\-–—(（#§]*"
    r"(?:\d{1,3}(?:[.．]\d{1,3}){0,4}|[A-Za-z]|[IVXLCDM]{1,6}|[ivxlc]{1,6}|[一二三四五六七八九十]{1,3}"
    r"|(?:section|article|chapter|part|rule|clause|schedule|appendix|annex|exhibit|figure|fig|table|step|question|exercise"
    r"|example|definition|theorem|lemma|lecture|unit|module|week|item)\.?\s[\dA-Z][\d.]{0,8})",
    re.IGNORECASE,
)
_NUMBER_LIKE = re.compile(r"\s+(?:[\d(\[（#§$€£¥]|[IVXLC]+\b|[A-Z]\d|[A-Z]\b)")
_NEXT_WORD = re.compile(r"\s*[\"'“‘「『(\[（]*([^\W\d_][^\W_]*)?")
_DATE_BEFORE = re.compile(r".*(?<!\d)\d{4}(?:[.．]\s?\d{1,2})?", re.DOTALL)
_DATE_AFTER = re.compile(r"\s?\d{1,2}[.．](?:\s?\d{1,2}(?!\d))?")


def split_sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of `text` as (start, end) offsets, in order, without white space around them.

    Every character that is not white space lies in exactly one of them. Takes time linear in the length of the text.
    """
    spans: list[tuple[int, int]] = []
    piece = 0
    has_rows = "|" in text
    for match in _CANDIDATE.finditer(text):
        start = match.start()
        mark = text[start]
        if mark in _NEWLINES:
            end = 0 if goes_on_in_next_line(text, piece, start) else start + 1
        elif has_rows and _is_in_row(text, piece, start):
            end = 0
        elif mark in _SEMICOLONS:
            end = start + 1 if _semicolon_ends(text, piece, start) else 0
        else:
            end = _end_after_stop(text, piece, match)
        if end:
            _append_trimmed(spans, text, piece, end)
            piece = end
    _append_trimmed(spans, text, piece, len(text))
    return spans


def _append_trimmed(spans: list[tuple[int, int]], text: str, start: int, end: int) -> None:
    piece = text[start:end].rstrip()
    if piece:
        spans.append((start + len(piece) - len(piece.lstrip()), start + len(piece)))


def _is_in_row(text: str, piece: int, start: int) -> bool:
    """Whether a cell border stands near, on the same line and not in brackets as in P(A | B)."""
    before = text[max(piece, start - _CELL) : start]
    after = text[start : start + _REACH].partition("\n")[0]
    return "|" in before + after and " |" in _BRACKETED.sub("", before + after)


def _semicolon_ends(text: str, piece: int, start: int) -> bool:
    if text[start] == ";" and not (start and _is_chinese(text[start - 1])):
        return False
    return start - piece >= _LONG_CLAUSE or _CHINESE_ENUMERATOR.match(text, start + 1) is not None


def _is_chinese(character: str) -> bool:
    return character >= "\u2e80"


def _end_after_stop(text: str, piece: int, match: re.Match[str]) -> int:
    """Where the sentence ends if it ends at these stops, otherwise 0."""
    start, end = match.span()
    if end - start > 1 and '"' in match[0]:
        end = _before_opening_quote(text, piece, start, end)
    if end >= len(text):
        return end
    following = text[end]
    stops = match[0]
    if not _CHINESE_STOPS.isdisjoint(stops):
        ends = _chinese_stop_ends(text, piece, start, end)
    elif "…" in stops or stops.startswith(("..", "．．")):
        ends = _ellipsis_ends(text, end, text[end - 1])
    elif following.isspace():
        ends = _latin_stop_before_space_ends(text, piece, start, end)
    else:
        ends = _is_chinese(following) and _latin_stop_before_chinese_ends(text, piece, start, end)
    return end if ends else 0


def _before_opening_quote(text: str, piece: int, start: int, end: int) -> int:
    """A straight quote after a stop closes only where one is open: not in (好。"然后…")."""
    is_open = text.count('"', max(piece, start - 500), start) % 2 == 1
    if is_open or end == len(text) or text[end].isspace():
        return end
    return text.index('"', start, end)


def _chinese_stop_ends(text: str, piece: int, start: int, end: int) -> bool:
    if _is_inside_title(text, piece, start):
        return False
    return text[end - 1] in _CHINESE_STOPS or _LEANS_ON_QUOTE.match(text, end) is None


def _is_inside_title(text: str, piece: int, start: int) -> bool:
    reach = max(piece, start - _REACH)
    for opening, closing in ("《》", "〈〉"):
        opened = text.rfind(opening, reach, start)
        if opened >= 0 and text.rfind(closing, opened, start) < 0 and text.find(closing, start, start + _REACH) >= 0:
            return True
    return False


def _ellipsis_ends(text: str, end: int, last: str) -> bool:
    if last not in "….．" and _is_chinese(text[end]):  # a quote or bracket closes after it
        return _LEANS_ON_QUOTE.match(text, end) is None
    return _begins_anew(text, end)


def _begins_anew(text: str, end: int) -> bool:
    if not text[end].isspace():
        return False
    following = text[end : end + _REACH].lstrip()[:1]
    return not _is_chinese(following) and not _goes_on_in_lower_case(text, end)


def _latin_stop_before_chinese_ends(text: str, piece: int, start: int, end: int) -> bool:
    """Whether a Latin stop ends a Chinese sentence (用Python.然后): not the dot of 3.总则 or Dr.王."""
    if text[end] in "，、；：。":
        return False
    if text[start] in "!?":
        leans = end - start > 1 and _LEANS_ON_QUOTE.match(text, end) is not None
        return not leans and not _is_inside_title(text, piece, start)
    before = text[max(piece, start - _REACH) : start]
    if not before or before[-1].isdigit() or "Ａ" <= before[-1] <= "ｚ" or _LIST_NUMBER.fullmatch(before):
        return False
    if _is_chinese(before[-1]):
        return start - piece >= _LONGEST_NAME
    word = re.split(r"[^A-Za-z.]", before)[-1].lower()
    return len(word) > 1 and "." not in word and abbreviations().get(word, Follower.NAME) is Follower.NAME


def _goes_on_in_lower_case(text: str, end: int) -> bool:
    """Whether the next word is in lower case, other than names written so (mRNA, p53, iPhone)."""
    if text[end + 1 : end + 2].isupper():
        return False
    word = _NEXT_WORD.match(text, end)
    if word is None or word[1] is None:
        return text[end : end + _REACH].lstrip()[:1] in tuple(".,;:!?)")
    return word[1].islower() and word[1].isalpha()


def _latin_stop_before_space_ends(text: str, piece: int, start: int, end: int) -> bool:
    if _goes_on_in_lower_case(text, end):
        return False
    if text[start] in "!?":
        return True
    before = text[max(piece, start - _REACH) : start]
    if start - piece < _REACH and _LIST_NUMBER.fullmatch(before):
        return False
    if before[-1:].isdigit():
        return not _is_cut_in_number(before, text, end)
    words = before.rsplit(None, 2)
    return not words or _word_ends(words[-1].lstrip("([{\"'“‘（—–-"), words[-2] if len(words) > 1 else "", text, end)


def _is_cut_in_number(before: str, text: str, end: int) -> bool:
    """Whether the stop stands inside a date (2024. 5. 3.) or a decimal that was torn apart (P < 0. 001)."""
    if not text[end : end + _REACH].lstrip()[:1].isdigit():
        return False
    if before[-1] == "0" and not before[-2:-1].isalnum():
        return True
    return _DATE_BEFORE.fullmatch(before) is not None and _DATE_AFTER.match(text, end) is not None


def _word_ends(word: str, previous: str, text: str, end: int) -> bool:
    """Whether the stop after `word` ends a sentence, as far as abbreviations and initials tell."""
    follower = abbreviations().get(word.lower())
    is_initial = len(word) == 1 and word.isupper()
    if follower is None and not is_initial:
        return "." not in word or re.fullmatch(r"(?:[A-Z]\.)+[A-Z]", word) is None or _sentence_begins(text, end)
    if is_initial:
        return _letter_ends(previous, text, end)
    if follower is Follower.NUMBER:
        return _NUMBER_LIKE.match(text, end) is None
    return follower is Follower.NAME and _sentence_begins(text, end)


def _letter_ends(previous: str, text: str, end: int) -> bool:
    """A capital letter with a stop is an initial after a name (John F.), but not after another word (vitamin C.)."""
    plain = previous.lower()
    is_word = plain in lettered() or (previous.islower() and previous.isalpha() and plain not in starters())
    return is_word or _sentence_begins(text, end)


def _sentence_begins(text: str, end: int) -> bool:
    following = _NEXT_WORD.match(text, end)
    return following is not None and following[1] is not None and following[1].lower() in starters()
