"""Terms that a text gives in two languages: 机器学习（machine learning，ML）, headings that say it twice."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from math import ceil

from retriever.questions.chinese_terms import term_before
from retriever.questions.records import Pair, PairKind

_HAN = "\u3400-\u9fff"
# No comma: what follows one is another name.
_LATIN_TERM = r"[A-Za-z][A-Za-z0-9 ’'./&+-]{1,60}"
_INTRODUCED = (
    r"(?:(?:英文|英语|英語|外文|学名|學名|拉丁|德语|德語|法语|法語|西班牙语|日语|日語)?(?:名称|名稱|全称|全稱|简称|簡稱|缩写|縮寫|名|语|語|文|即|称|稱|为|為){0,3}"
    r"\s*[:：]?\s*)"
)
# 机器学习（英语：machine learning，缩写 ML）: the Latin term may be introduced, a second name may follow.
_LATIN_IN_BRACKET = re.compile(
    rf"(?<=[{_HAN}*_\"”」』》·])\s*[(（]\s*{_INTRODUCED}(?P<first>{_LATIN_TERM})"
    rf"(?:\s*[,，、;；]\s*{_INTRODUCED}(?P<second>{_LATIN_TERM}))?\s*[)）,，;；、]"
)
_HAN_IN_BRACKET = re.compile(rf"(?P<latin>{_LATIN_TERM})\s*[(（]\s*[“\"「]?(?P<han>[{_HAN}·]{{2,12}})[”\"」]?\s*[)）]")
# A heading in both languages, its number aside: "3.2 考核方式 Assessment", "Assessment / 考核方式".
_HEADING_HAN_FIRST = re.compile(
    rf"[\W\d]*(?P<han>[{_HAN}]{{2,12}})\s*(?P<parted>[/|｜／·—–:：-]?)\s*(?P<latin>{_LATIN_TERM})\W*"
)
_HEADING_LATIN_FIRST = re.compile(
    rf"[\W\d]*(?P<latin>{_LATIN_TERM}?)\s*(?P<parted>[/|｜／·—–:：-]?)\s*(?P<han>[{_HAN}]{{2,12}})\W*"
)
_LONGEST_HEADING = 80  # characters
_LETTERS_TO_A_CHARACTER = 2  # "learning" is 学习: a Chinese character carries what two letters do at least
_CHARACTERS_TO_A_WORD = 2.5
_CHARACTERS_TO_A_CAPITAL = 2  # GDP is 国内生产总值


def find_translations(text: str) -> Iterator[Pair]:
    """Chinese terms with a Latin name in brackets, and Latin terms with a Chinese one."""
    for bracket in _LATIN_IN_BRACKET.finditer(text):
        first, second = bracket["first"].strip(" .'’/-"), (bracket["second"] or "").strip(" .'’/-")
        term = term_before(text, bracket.start(), longest_for(first))
        for latin in (first, second):
            if _is_name(latin) and len(term) >= _shortest_for(latin):
                yield Pair(latin, term, PairKind.TRANSLATION)
        if len(second) >= 2 and second.isupper() and _is_name(first):
            yield Pair(second, first, PairKind.INITIALS)
    for bracket in _HAN_IN_BRACKET.finditer(text):
        latin = bracket["latin"].strip(" .'’/-")
        before = text[: bracket.start()].rstrip()[-1:]
        # Inside English prose nothing shows where the Latin term begins.
        if _is_name(latin) and not before.isascii() and len(bracket["han"]) <= longest_for(latin):
            yield Pair(latin, bracket["han"], PairKind.TRANSLATION)


def find_parallel_headings(headings: Iterable[str]) -> Iterator[Pair]:
    """Headings (or titles) that say the same in Chinese and in English.

    Without a sign between the two, "使用 Docker" is one phrase: there the English must be of two words or more.
    """
    for heading in headings:
        if len(heading) > _LONGEST_HEADING or heading.isascii():
            continue
        found = _HEADING_HAN_FIRST.fullmatch(heading) or _HEADING_LATIN_FIRST.fullmatch(heading)
        if found is None:
            continue
        latin = found["latin"].strip(" .'’/-")
        told_apart = found["parted"] or len(latin.split()) >= 2
        if told_apart and _is_name(latin) and len(found["han"]) <= longest_for(latin):
            yield Pair(latin, found["han"], PairKind.TRANSLATION)


def longest_for(latin: str) -> int:
    """How many characters the Chinese name of a Latin term has at most."""
    letters = sum(character.isalpha() for character in latin)
    if _is_acronym(latin):
        return _CHARACTERS_TO_A_CAPITAL * letters + 1
    words = len(latin.split())
    return max(2, min(ceil(_CHARACTERS_TO_A_WORD * words) + 1, ceil(letters / _LETTERS_TO_A_CHARACTER) + 1))


def _shortest_for(latin: str) -> int:
    """A term shorter than this was cut out of a longer one."""
    return 3 if _is_acronym(latin) else max(2, len(latin.split()))


def _is_acronym(latin: str) -> bool:
    return " " not in latin and sum(character.isupper() for character in latin) >= 2


def _is_name(latin: str) -> bool:
    return sum(character.isalpha() for character in latin) >= 2
