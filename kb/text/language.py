"""Which of ibid's languages a text is in, told from its letters and commonest words."""

from __future__ import annotations

import re
from collections import Counter
from string import ascii_lowercase

from kb.text.folding import simplified_only, traditional_only

_SAMPLE = 6000  # characters read from the beginning, the middle and the end each: enough to tell, and quick

_LATIN = 0.75  # of the letters at least must be plain Latin ones: others are Cyrillic, Arabic, Vietnamese, …

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f]")
_KANA = re.compile(r"[\u3041-\u30ff\uff66-\uff9f]")
_WORD = re.compile(r"[^\W\d_]+")

# The commonest short words of languages in Latin letters: what tells English from its neighbours.
_COMMON_WORDS = {
    "en": "the of and to in is that for it as was with be by on not are this from or have an which you were has",
    "de": "der die und den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus",
    "fr": "de la le et les des en un du une que est pour qui dans par plus pas au sur ne se ce il sont avec",
    "es": "de la que el en y los se del las un por con no una su para es al lo como más pero sus",
    "it": "di e il la che in un a per è una sono non con del si da come le dei nel alla della gli",
    "pt": "de a o que e do da em um para é com não uma os no se na por mais as dos como mas",
    "nl": "de en van het een in is dat op te zijn met voor niet aan er om ook als dan bij door naar wordt",
    "sv": "och i att det som en på är av för med den till inte har de ett om var men",
    "id": "yang dan di untuk dengan dari ini pada adalah tidak dalam akan itu oleh ke sebagai",
    "pl": "w i na z się do nie że jest o to jak po od za przez dla są oraz",
    "tr": "ve bir bu için ile da de olarak çok daha olan gibi kadar sonra",
    "vi": "và của là có trong cho được các với không một những để người này",
}


def detect_language(text: str) -> str:
    """Returns "en", "zh-Hans", "zh-Hant", or "" for any other language and for text without letters."""
    sample = _sample(text)
    han = len(_HAN.findall(sample))
    kana = len(_KANA.findall(sample))
    words = [word for word in _WORD.findall(_KANA.sub(" ", _HAN.sub(" ", sample.casefold()))) if word]
    if kana * 10 > han + kana:
        han = 0
        if kana > len(words):
            return ""
    if han > len(words):
        return _script_of(sample)
    return "en" if _is_english(words) else ""


def _sample(text: str) -> str:
    if len(text) <= 3 * _SAMPLE:
        return text
    middle = len(text) // 2
    return " ".join((text[:_SAMPLE], text[middle : middle + _SAMPLE], text[-_SAMPLE:]))


def _script_of(sample: str) -> str:
    counts = Counter(sample)
    simplified = sum(counts[character] for character in counts.keys() & simplified_only())
    traditional = sum(counts[character] for character in counts.keys() & traditional_only())
    return "zh-Hant" if traditional > simplified else "zh-Hans"


def _is_english(words: list[str]) -> bool:
    letters = "".join(words)
    if not letters or sum(map(letters.count, ascii_lowercase)) < _LATIN * len(letters):
        return False
    counts = Counter(words)
    hits = {name: sum(counts[word] for word in common.split()) for name, common in _COMMON_WORDS.items()}
    return hits["en"] >= max(hits.values())
