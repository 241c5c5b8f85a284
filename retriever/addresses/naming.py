"""Which documents a question names: by their titles, by their file names, in 《》, or by most words of a title."""

from __future__ import annotations

import re
from collections.abc import Sequence

from kb.records import DocumentEntry
from kb.text.folding import fold
from kb.text.tokens import search_tokens

_IN_BRACKETS = re.compile(r"《([^《》]{2,60})》")
# What a title has beside its name: years, versions, what kind of file it is.
_ASIDE = re.compile(r"\([^()]*\)|（[^（）]*）|\b(?:v|version|edition)\s?\d[\d.]*\b|\b\d{4}\b|第\d+版|\d{4}年")
_COLON = re.compile(r":\s|：|——|\s[–—]\s")
_SEPARATORS = re.compile(r"[\s_\-–—.,:;·]+")
_SHORTEST_LATIN, _SHORTEST_CHINESE = 6, 3  # characters of a title that a question may hold by chance no more
# Share of a title's words that names it where it does not stand as a whole: "the digitisation agreement" for
# "Digitisation Service Agreement". Fewer name a subject, not a document.
_MOST_WORDS = 0.6
_FEWEST_WORDS = 2


def named_documents(question: str, entries: Sequence[DocumentEntry]) -> list[DocumentEntry]:
    """The documents that `question` names, in the order of `entries`: by whole titles, else by most of a title's words.

    Where several are named by parts of their titles, only those of which the largest part is named count.
    """
    asked = _plain(question)
    quoted = [_plain(match[1]) for match in _IN_BRACKETS.finditer(question)]
    whole = [
        entry
        for entry in entries
        if any(_stands_in(name, asked, quoted) for name in (*_names_of(entry), *_sides_of(entry)))
    ]
    if whole:
        return whole
    words = frozenset(search_tokens(question))
    shares = [(max((_share(name, words) for name in _names_of(entry)), default=0.0), entry) for entry in entries]
    best = max((share for share, _ in shares), default=0.0)
    return [entry for share, entry in shares if share == best] if best >= _MOST_WORDS else []


def _names_of(entry: DocumentEntry) -> list[str]:
    stem = entry.name.rpartition("/")[2].rpartition(".")[0]
    return [name for name in dict.fromkeys((_plain(entry.title), _plain(stem))) if name]


def _sides_of(entry: DocumentEntry) -> list[str]:
    """Either side of a colon in the title: "INF 342 Information Retrieval: Course Handbook" is the course handbook."""
    sides = [_plain(side) for side in _COLON.split(entry.title)]
    return [side for side in sides if len(side.split()) >= _FEWEST_WORDS] if len(sides) > 1 else []


def _plain(text: str) -> str:
    folded = _ASIDE.sub(" ", fold(text).strip("《》 "))
    return _SEPARATORS.sub(" ", folded.replace("《", "").replace("》", "")).strip()


def _stands_in(name: str, asked: str, quoted: Sequence[str]) -> bool:
    if any(name == title or name.endswith(title) or title.endswith(name) for title in quoted):
        return True  # 《劳动合同法》 is 中华人民共和国劳动合同法
    chinese = any("\u3400" <= character <= "\u9fff" for character in name)
    if len(name) < (_SHORTEST_CHINESE if chinese else _SHORTEST_LATIN):
        return False
    return name in asked if chinese else f" {name} " in f" {asked} "


def _share(name: str, words: frozenset[str]) -> float:
    own = frozenset(search_tokens(name))
    return len(own & words) / len(own) if len(own) >= _FEWEST_WORDS and len(own & words) >= _FEWEST_WORDS else 0.0
