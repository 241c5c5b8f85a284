"""The words by which the lexical index finds a text, the same for passages and questions, English and Chinese.

Measured on fourteen question sets (docs/decisions/0003-lexical-and-fusion.md): English words are stemmed and function
words dropped; a Chinese text becomes its characters and its character pairs, which find as much as a dictionary's words
do and need no dictionary to be loaded; what only phrases a question ("what", 请问, 怎么办) is dropped from questions.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from typing import Protocol

from kb.text.folding import fold

# Raise it whenever the tokens of any text change: indexes of another version are rebuilt.
TOKENS_VERSION = 2

# Scripts written without spaces between words: Han, kana, and Hangul, whose words carry endings.
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003134f"

# Numbers (1,000, 0.5, 12:30), runs of unspaced writing, words.
_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:[.:]\d+)+"
_UNITS = re.compile(rf"{_NUMBER}|[{_UNSPACED}]+|[^\W{_UNSPACED}_]+")
_ASCII_UNITS = re.compile(rf"{_NUMBER}|[a-z0-9]+")  # the same for ASCII text, twice as fast
UNSPACED = re.compile(f"[{_UNSPACED}]")  # one character of them

_CLAUSE_ENDS = re.compile(r"(?<=[.!?])\s+|[。！？；\n]+")

# Names that hold letters and digits are found however they are joined: COVID-19, COVID19; 12(3).
_JOINED_NAME = re.compile(r"(?<![a-z\d])(?:[a-z]{1,8}[-/]\d+[a-z]?|\d+(?:\(\w{1,4}\))+)(?![a-z\d])")
_LETTERS_DIGITS = re.compile(r"([^\W\d]+)(\d+)")

# Article 12(3) is also written § 12 Abs. 3, Article 12, paragraph 3, and 第十二条第三款.
_PART_OF_RULE = re.compile(
    r"(?<![\w.])(\d+[a-z]?),?\s+(?:abs\.?|absatz|para\.?|paragraph|subs\.?|subsection|sub-?paragraph)\s*\(?(\d+)\b"
)
_PART_OF_CHINESE_RULE = re.compile(r"第([\d零〇一二两三四五六七八九十百千]+)条第([\d零〇一二两三四五六七八九十]+)款")

# 第十二条, 第12条: rules, chapters and sections are named by their number.
_ORDINAL = re.compile(r"第([\d零〇一二两三四五六七八九十百千]+)([编章节条款项])")

# Function words and the words that only phrase a question; left out of passages and questions alike.
_STOP_WORDS = frozenset(
    """a am an and any are as at be been being but by can could d did do does for from had has have he her his how i if
    in into is it its ll m may me might my no not of on or our please re s she should so such t tell that the their them
    then there these they this those to us ve was we were what when where which who whom whose why will with would you
    your""".split()  # noqa: SIM905 (a list of quoted words cannot be read)
)
# What only phrases a Chinese question. Single characters are here only where they are hardly ever part of a word that
# matters: 被, 有, 和, 就 would tear 被告, 有限公司, 和解, 就诊 apart.
_QUESTION_PHRASES = re.compile(
    "请问|请教|什么|怎么办|怎么样|怎么|怎样|如何|为何|哪些|哪个|哪里|哪儿|哪|多少|是否|能不能|可不可以|可以吗|是不是|"
    "有没有|会不会|要不要|吗|呢|吧|啊|呀|的话|这种情况|应该|应当|需要|我们|我|你|您|他们|她们|她|它|了|的|是|对于"
)


def search_tokens(text: str) -> list[str]:
    """The tokens of a passage, with repetitions, in no promised order; none where nothing but function words stands."""
    folded = fold(text)
    return [*_words(folded), *_names(folded)]


def question_tokens(question: str) -> list[str]:
    """The tokens of a question: those of `search_tokens` less what only phrases it, unless nothing else is left."""
    folded = fold(question)
    asked = _QUESTION_PHRASES.sub(" ", folded)
    return [*_words(asked), *_names(folded)] or search_tokens(question)


def word_stem(word: str) -> str:
    """The stem of one folded word, by which it is told from others; "" for a function word."""
    tokens = _word_tokens(word)
    return tokens[0] if tokens else ""


def ordered_words(text: str) -> list[str]:
    """The stems and single unspaced characters of a text in its order, function words left out; "" ends a clause."""
    found: list[str] = []
    for clause in _CLAUSE_ENDS.split(fold(text)):
        for unit in _UNITS.findall(clause):
            found += unit if UNSPACED.match(unit) else _word_tokens(unit)[:1]
        found.append("")
    return found


def asked_text(question: str) -> str:
    """The question less what only phrases it in Chinese, a line break in its place; whole if nothing else is left."""
    asked = _QUESTION_PHRASES.sub("\n", fold(question))
    return asked if _words(asked) else question


def _words(folded: str) -> list[str]:
    tokens: list[str] = []
    if folded.isascii():
        for unit in _ASCII_UNITS.findall(folded):
            tokens += _word_tokens(unit)
        return tokens
    for unit in _UNITS.findall(folded):
        if UNSPACED.match(unit):
            tokens += unit
            tokens += map("".join, pairwise(unit))
        else:
            tokens += _word_tokens(unit)
    return tokens


@lru_cache(maxsize=200_000)  # more than the words of a shelf of books, some 40 MB when full
def _word_tokens(word: str) -> tuple[str, ...]:
    """No token for a function word; a number as it is; else its stem, and its parts where letters and digits meet."""
    if word in _STOP_WORDS:
        return ()
    if word[0].isdecimal() and not word.isalnum():
        return (word.replace(",", ""),)
    stemmer: _Stemmer | None = getattr(_OF_THREAD, "stemmer", None)
    if stemmer is None:
        import Stemmer  # type: ignore[import-not-found]  # has no types

        stemmer = _OF_THREAD.stemmer = Stemmer.Stemmer("english")
    name = _LETTERS_DIGITS.fullmatch(word)
    return (stemmer.stemWord(word), *name.groups()) if name else (stemmer.stemWord(word),)


def _names(folded: str) -> Iterator[str]:
    for name in _JOINED_NAME.finditer(folded):
        yield name.group().replace("-", "").replace("/", "")
    for part in _PART_OF_RULE.finditer(folded):
        yield f"{part.group(1)}({part.group(2)})"
    for part in _PART_OF_CHINESE_RULE.finditer(folded):
        yield f"{_number(part.group(1))}({_number(part.group(2))})"
    for ordinal in _ORDINAL.finditer(folded):
        yield f"第{_number(ordinal.group(1))}{ordinal.group(2)}"


def _number(written: str) -> int:
    """第"十二"条 → 12, "一百零三" → 103, "12" → 12."""
    if written.isdecimal():
        return int(written)
    total = digit = 0
    for character in written:
        if character in _CHINESE_UNITS:
            total += (digit or 1) * _CHINESE_UNITS[character]
            digit = 0
        else:
            digit = digit * 10 + _CHINESE_DIGITS.get(character, 0)
    return total + digit


_CHINESE_DIGITS = {character: value for value, character in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_CHINESE_UNITS = {"十": 10, "百": 100, "千": 1000}


class _Stemmer(Protocol):
    def stemWord(self, word: str) -> str: ...  # noqa: N802 (PyStemmer's name)


_OF_THREAD = threading.local()  # a stemmer must not be used by two threads at once
