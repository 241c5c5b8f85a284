"""Places in statutes and contracts, however they are written: Article 5(2)(a), § 12 Abs. 3, 第十二条第三款第二项.

The article's number is read as the retriever reads it when it looks an article up; its paragraphs and items are added.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from kb.text.numerals import canonical_numerals
from retriever.addresses import read_addresses

# Read in folded text.
_ENGLISH_KINDS = {
    "article": "articles?|arts?\\.?",
    "section": "sections?|secs?\\.|§{1,2}",
    "clause": "clauses?|rules?|regulations?",
    "chapter": "chapters?|chap\\.",
    "part": "parts?|titles?",
    "schedule": "schedules?|annex(?:es)?|appendix|appendices|exhibits?",
}
_CHINESE_KINDS = {"条": "article", "章": "chapter", "节": "section", "编": "part", "款": "paragraph", "项": "item"}
_SAME = (frozenset({"article", "section", "clause"}),)

_NUMBER = r"\d+[a-z]?(?:\.\d+)*(?![\d%])"
_IN_WORDS = r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[ivx]{1,6})(?![a-z])"
_LABEL = r"\(?(?:\d{1,3}[a-z]?|[a-z]|[ivx]{1,5})(?![\w%.])\)?"
_PART_WORD = (
    r"(?:abs(?:\.|atz)|para(?:graph|s?\.)?|sub-?section|sub-?paragraph|subs\.|point|item|letter|lit\.|nr\.|no\.|satz)"
)
_PARTS = rf"(?:\s?\((?:\d{{1,3}}[a-z]?|[a-z]|[ivx]{{1,5}})\))*(?:,?\s?{_PART_WORD}\s?{_LABEL})*"
_HEADS = "|".join(f"(?P<{kind}>{words})" for kind, words in _ENGLISH_KINDS.items())
_ENGLISH = re.compile(
    rf"(?:(?<![a-z])(?P<of>{_PART_WORD}s?\s?{_LABEL})\s(?:of|to|in)\s(?:the\s)?)?"
    rf"(?:(?<![a-z])(?:{_HEADS})\s?(?P<number>{_NUMBER}|{_IN_WORDS})(?P<parts>{_PARTS}))"
)
_ALONE = re.compile(
    rf"(?<![a-z])(?:abs(?:\.|atz)|para(?:graph|\.)|sub-?section|sub-?paragraph|item)\s?(?P<label>{_LABEL})"
)
_CHINESE_NUMBER = r"\s?[(]?(?:\d+|[零〇一二三四五六七八九十百千]+)[)]?\s?"
_CHINESE = re.compile(
    rf"第(?P<number>{_CHINESE_NUMBER})(?P<kind>[编章节条款项])(?P<sub>之(?:\d+|[一二三四五六七八九十]+))?"
    rf"(?P<parts>(?:[、,]?第?(?:{_CHINESE_NUMBER}|[(][a-z][)])[款项目])*)"
)
_CHINESE_PART = re.compile(r"[(]?(\d+|[零〇一二三四五六七八九十百千]+|(?<=[(])[a-z])[)]?\s?[款项目]")
_ATTACHED = re.compile(r"附(?:件|录|表)\s?(?P<number>\d+|[一二三四五六七八九十]{1,3})")
_LABELS = re.compile(r"(?<![a-z\d])(\d{1,3}[a-z]?|[a-z]|[ivx]{1,5})(?![a-z\d])")


class Article(NamedTuple):
    """A place in a folded text that names a place in a statute: `parts` are paragraph, item and so on."""

    kind: str
    number: str
    parts: tuple[str, ...]
    written: str
    start: int
    end: int


def find_articles(folded: str) -> list[Article]:
    """The articles, chapters and paragraphs that a folded text names, in order."""
    found = [_english(match) for match in _ENGLISH.finditer(folded)]
    found += [_chinese(match) for match in _CHINESE.finditer(folded)]
    found += [
        Article("schedule", _digits(match["number"]), (), match[0], *match.span())
        for match in _ATTACHED.finditer(folded)
    ]
    taken = [(article.start, article.end) for article in found]
    for match in _ALONE.finditer(folded):  # paragraph 2, of the article that is spoken of
        if not any(start < match.end() and match.start() < end for start, end in taken):
            found.append(Article("paragraph", _labels(match["label"])[0], (), match[0].strip(), *match.span()))
    return sorted(found, key=lambda article: article.start)


def same_kind(one: Article, other: Article) -> bool:
    """Whether both name a place of one kind: an article and a section are."""
    return one.kind == other.kind or any({one.kind, other.kind} <= kinds for kinds in _SAME)


def _english(match: re.Match[str]) -> Article:
    kind = next(kind for kind in _ENGLISH_KINDS if match[kind])
    addresses = read_addresses(f"section {match['number']}")
    number = addresses[0].number if addresses else _in_digits(match["number"])
    parts = (*_labels(match["parts"]), *_labels(_without_word(match["of"])))
    return Article(kind, number, parts, match[0].strip(), match.start(), match.end())


def _in_digits(number: str) -> str:
    roman = re.fullmatch("[ivx]+", number) is not None
    return canonical_numerals(f"Article {number.upper() if roman else number}").rpartition(" ")[2].lower()


def _without_word(reference: str | None) -> str:
    return re.sub(rf"^{_PART_WORD}s?", "", reference or "")


def _labels(parts: str) -> tuple[str, ...]:
    bare = re.sub(_PART_WORD, " ", parts)
    return tuple(label.lstrip("0") or "0" for label in _LABELS.findall(bare))


def _chinese(match: re.Match[str]) -> Article:
    kind = _CHINESE_KINDS[match["kind"]]
    number = _digits(match["number"])
    if match["sub"]:
        number += f".{_digits(match['sub'][1:])}"
    parts = tuple(_digits(part) for part in _CHINESE_PART.findall(match["parts"]))
    return Article(kind, number, parts, match[0].strip(), match.start(), match.end())


def _digits(written: str) -> str:
    """十二 or (十二) as 12; a letter as it is."""
    plain = written.strip("() ")
    return canonical_numerals(f"第{plain}条")[1:-1].lstrip("0") or plain
