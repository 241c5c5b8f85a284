"""Which of ibid's languages a text is in, told from its letters and commonest words."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from string import ascii_lowercase

from kb.text.folding import simplified_only, traditional_only

_SAMPLE = 6000  # characters read from the beginning, the middle and the end each: enough to tell, and quick

_LATIN = 0.75  # of the letters at least must be plain Latin ones: others are Cyrillic, Arabic, Vietnamese, …

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_WORD = re.compile(r"[^\W\d_]{2,}")  # single letters are mostly formulas and list numbers
_COMMAND = re.compile(r"\\[a-z]+")  # of LaTeX: formulas are in no language

_PROSE = 0.08  # of the words of English prose at least are among the commonest ones; names and code have fewer

_ENGLISH = """
    the of and to in is that for it as was with be by on not are this from or have an which you were has his her
    they their there what when where who whom why how does do did can could will would should may might must if
    about into more than then them these those its your our my we he she been being but so no any all each other
    such only also between after before during under over out up at me us some many most much one two first new
    use used using between because while per shall through within without against upon does don isn get need
    make take give cause causes
"""
# The commonest short words of other languages in Latin letters, those left out that English has too.
_OTHERS = {
    "de": "der die und den von zu das mit sich des auf für ist im dem nicht ein eine als auch es werden aus einer um",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec",
    "es": "de la que el en los se del las un por con una su para es al lo como más pero sus",
    "it": "di il la che un per una sono non con del si da come le dei nel alla della gli è",
    "pt": "de que da em um para com não uma os na por mais as dos como mas foi ao ele das tem",
    "nl": "de en van het een dat op te zijn met voor niet aan er om ook als dan bij door naar wordt",
    "sv": "och att det som en på är av för med den till inte har ett om var",
    "id": "yang dan di untuk dengan dari ini pada adalah tidak dalam akan itu oleh ke sebagai",
    "pl": "na się nie że jest od za przez dla są oraz jak po",
    "tr": "ve bir bu için ile da de olarak çok daha olan gibi kadar sonra",
    "vi": "và của là có trong cho được các với không một những để người này",
}


def detect_language(text: str) -> str:
    """Returns "en", "zh-Hans", "zh-Hant", or "" for any other language and for text without letters."""
    sample = _sample(text)
    han = len(_HAN.findall(sample))
    kana = len(_KANA.findall(sample))
    words = _WORD.findall(_COMMAND.sub(" ", _KANA.sub(" ", _HAN.sub(" ", sample.casefold()))))
    if kana * 10 > han + kana:
        han = 0
        if kana > len(words):
            return ""
    if han > len(words) or (han * 10 > len(words) and not _is_english_prose(words)):
        return _script_of(sample)
    return "en" if _is_english(words) else ""


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return " ".join((text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:]))


def _script_of(sample: str) -> str:
    counts = Counter(sample)
    simplified = sum(counts[character] for character in simplified_only().intersection(counts))
    traditional = sum(counts[character] for character in traditional_only().intersection(counts))
    return "zh-Hant" if traditional > simplified else "zh-Hans"


@cache
def _english() -> frozenset[str]:
    return frozenset(_ENGLISH.split())


def _is_english(words: list[str]) -> bool:
    letters = "".join(words)
    if not letters or sum(map(letters.count, ascii_lowercase)) < _LATIN * len(letters):
        return False
    counts = Counter(words)
    english = sum(counts[word] for word in _english())
    return all(
        sum(counts[word] for word in common.split() if word not in _english()) <= english for common in _OTHERS.values()
    )


def _is_english_prose(words: list[str]) -> bool:
    return sum(word in _english() for word in words) >= _PROSE * len(words) and _is_english(words)
