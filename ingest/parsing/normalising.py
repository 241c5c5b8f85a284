"""One way of cleaning text, used by every parser before any offset is taken."""

from __future__ import annotations

import re
import unicodedata

_LINE_ENDS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
# Controls (but not the line feed), soft hyphens, zero-width signs, direction marks, byte order marks,
# non-characters and lone surrogates: nothing that a reader sees. The zero-width joiners stay: Arabic, Indic
# scripts and emoji need them.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\ud800-\udfff]"
)
_BLANKS = re.compile("[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f]+")
_SPACE_AT_LINE_EDGE = re.compile("[ \u3000]*\n[ \u3000]*")
_BLANK_LINES = re.compile("\n{3,}")
# Fonts put these in place of the characters that they look like: Latin ligatures, Kangxi radicals ("⼀" for "一"), CJK
# radicals, and Wingdings bullets.
_LOOKALIKES = re.compile("[\ufb00-\ufb06\u2f00-\u2fd5\u2e80-\u2ef3\uf0a7\uf0b7\uf06c\uf0d8\uf076\uf0fc]")
# Radicals for which Unicode gives no decomposition, though they only ever stand for the plain character in texts.
_RADICALS = dict(
    zip(
        "⺠⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳⺟⻄⻁",
        "民见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟母西虎",
        strict=True,
    )
)


def clean_text(text: str) -> str:
    """`text` in NFC with plain spaces and line feeds, and nothing in it that cannot be seen.

    Runs of blanks become one space, blanks at the edges of a line go, at most one blank line stays between two lines.
    Cleaning twice changes nothing.
    """
    return clean_lines(text, keep_indent=False)


def clean_lines(text: str, *, keep_indent: bool) -> str:
    """Like `clean_text`; with `keep_indent`, blanks inside and before a line stay as they are, as in program code."""
    text = _LINE_ENDS.sub("\n", text)
    text = _UNSEEN.sub("", text)
    text = unicodedata.normalize("NFC", _LOOKALIKES.sub(_plain, text))
    if keep_indent:
        text = re.sub("[ \u3000]+\n", "\n", text.replace("\t", "    ").replace("\u00a0", " "))
        return _BLANK_LINES.sub("\n\n", text).strip("\n").rstrip()
    text = _SPACE_AT_LINE_EDGE.sub("\n", _BLANKS.sub(" ", text))
    return _BLANK_LINES.sub("\n\n", text).strip("\n \u3000")


def clean_line(text: str) -> str:
    """`text` cleaned and on one line: its lines are joined as `join_wrapped` joins them."""
    lines = clean_text(text).split("\n")
    joined = lines[0]
    for line in lines[1:]:
        joined = join_wrapped(joined, line)
    return joined


def _plain(found: re.Match[str]) -> str:
    character = found.group()
    if "\ue000" <= character <= "\uf8ff":
        return "•"
    return _RADICALS.get(character) or unicodedata.normalize("NFKC", character)


# Scripts that part their words with nothing, so that a line break between two of their signs is no space.
_UNSPACED = (
    "\u2e80-\u303f\u3040-\u30ff\u3105-\u312f\u31a0-\u31bf\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
    "\ufe30-\ufe4f\uff00-\uff65"
)
UNSPACED = re.compile(f"[{_UNSPACED}\U00020000-\U0003fffd]")
_WIDE_QUOTES = "“”‘’…—·"


def join_wrapped(left: str, right: str) -> str:
    """Two lines of one paragraph as one: with a space between Latin words, with none between Chinese characters."""
    if not left or not right:
        return left or right
    return left + joint_between(left[-1], right[0]) + right


def joint_between(left: str, right: str) -> str:
    """What a line break between the characters `left` and `right` stands for: a space or nothing."""
    if left.isspace() or right.isspace():
        return ""
    left_wide, right_wide = bool(UNSPACED.match(left)), bool(UNSPACED.match(right))
    if left_wide and (right_wide or right in _WIDE_QUOTES or _is_sign(left)):
        return ""
    if right_wide and (left in _WIDE_QUOTES or _is_sign(right)):
        return ""
    return " "


def _is_sign(character: str) -> bool:
    return unicodedata.category(character)[0] in "PS"
