"""Acronyms that a text explains itself: "atrial fibrillation (AF)", "AF (atrial fibrillation)".

Schwartz and Hearst, "A Simple Algorithm for Identifying Abbreviation Definitions in Biomedical Text", PSB 2003, pages
451-462: the letters of the short form are looked for from right to left in the words before the bracket; the first one
must begin a word.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from retriever.questions.records import Pair, PairKind

# Latin letters and digits; a bracket may hold more after a comma: "(AF, n = 20)".
_BRACKET = re.compile(r"[(（]\s*([A-Za-z0-9][^()（）\n]{1,80}?)\s*[)）]")
_SHORT = re.compile(r"[A-Za-z0-9][A-Za-z0-9&/.-]{1,9}")  # ten characters, as in the paper
_WORD_BEFORE = re.compile(r"([A-Za-z0-9][A-Za-z0-9/-]{1,9})\s*$")
_SENTENCE_END = re.compile(r"[.;:!?。；：！？\n]\s+|[()（）\u3400-\u9fff]")
_MORE_WORDS = 5  # a long form has at most min(letters + 5, 2 x letters) words, page 453
_MOST_BEFORE = 120  # characters looked at before a bracket: ten words
_WORD = re.compile(r"[A-Za-z0-9]+")
_SMALL_WORDS = frozenset(("of", "the", "and", "for", "in", "to", "on", "a", "an", "de", "du", "with"))
_ARTICLE = re.compile(r"(?:the|an?) ", re.IGNORECASE)
_PLURAL = re.compile(r"(?<=[A-Z0-9])s$")


def find_acronyms(text: str) -> Iterator[Pair]:
    """The acronyms that `text` gives together with what they stand for."""
    for bracket in _BRACKET.finditer(text):
        inside = re.split(r"[,;，；]", bracket[1], maxsplit=1)[0].strip()
        before = text[max(0, bracket.start() - _MOST_BEFORE) : bracket.start()].rstrip()
        if _is_acronym(inside):
            if long := long_form(inside, before):
                yield Pair(_PLURAL.sub("", inside), long, PairKind.INITIALS)
        elif (word := _WORD_BEFORE.search(before)) and _is_acronym(word[1]):
            long = long_form(word[1], inside)
            if long == inside:
                yield Pair(_PLURAL.sub("", word[1]), long, PairKind.INITIALS)


def _is_acronym(word: str) -> bool:
    """Two capitals, or a capital with a digit; "mg" and "Frankfurt" are none."""
    if not _SHORT.fullmatch(word):
        return False
    capitals = sum(character.isupper() for character in word)
    return capitals >= 2 or (capitals == 1 and any(character.isdigit() for character in word))


def _last_clause(before: str) -> str:
    ends = [match.end() for match in _SENTENCE_END.finditer(before)]
    return before[ends[-1] :] if ends else before


def long_form(short: str, before: str) -> str:
    """The words at the end of `before` that the acronym `short` abbreviates; "" where it is none or does not."""
    if not _is_acronym(short):
        return ""
    letters = [character for character in _PLURAL.sub("", short).lower() if character.isalnum()]
    clause = " ".join(_last_clause(before).split())
    long = _by_initials(letters, clause) or _by_letters(letters, clause)
    words = len(long.split())
    if words > min(len(letters) + _MORE_WORDS, 2 * len(letters)) or len(long) <= len(short) + 2:
        return ""
    return "" if short.lower() in long.lower() or ", a" in long else long


def _by_initials(letters: Sequence[str], clause: str) -> str:
    """The last words whose first letters are just these; small words between them count or do not."""
    words = [match for match in _WORD.finditer(clause) if match[0].lower() not in _SMALL_WORDS]
    last = words[-len(letters) :]
    if [match[0][0].lower() for match in last] != list(letters):
        return ""
    return _trimmed(clause[last[0].start() :])


def _by_letters(letters: Sequence[str], clause: str) -> str:
    """The last words in which these letters stand in this order, the first one beginning a word."""
    lowered = clause.lower()
    at = len(clause)
    for letter in reversed(letters[1:]):
        at = lowered.rfind(letter, 0, at)
        if at < 0:
            return ""
    at = lowered.rfind(letters[0], 0, at)
    while at > 0 and lowered[at - 1].isalnum():
        at = lowered.rfind(letters[0], 0, at)
    return _without_article(_trimmed(clause[_word_start(clause, at) :])) if at >= 0 else ""


def _word_start(clause: str, at: int) -> int:
    return max(clause.rfind(" ", 0, at), clause.rfind("-", 0, at)) + 1


def _trimmed(long: str) -> str:
    return long.strip(" \"'“”‘’*_,")


def _without_article(long: str) -> str:
    article = _ARTICLE.match(long)
    return long[article.end() :] if article else long
