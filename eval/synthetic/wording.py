"""How questions are put, in English, simplified and traditional Chinese."""

from __future__ import annotations

import re

ENGLISH, SIMPLIFIED, TRADITIONAL = "en", "zh-Hans", "zh-Hant"

_TEMPLATES = {
    "term": {
        ENGLISH: "What does “{term}” mean in {title}?",
        SIMPLIFIED: "{title}所称的“{term}”是指什么？",
        TRADITIONAL: "{title}所稱的「{term}」是指什麼？",
    },
    "what is": {
        ENGLISH: "What is {term}?",
        SIMPLIFIED: "什么是{term}？",
        TRADITIONAL: "什麼是{term}？",
    },
    "rule": {
        ENGLISH: "What does {rule} of {title} say?",
        SIMPLIFIED: "{title}{rule}规定了什么？",
        TRADITIONAL: "{title}{rule}規定了什麼？",
    },
    "rule about": {
        ENGLISH: "What does {rule} of {title} say about {topic}?",
        SIMPLIFIED: "{title}{rule}对{topic}是怎么规定的？",
        TRADITIONAL: "{title}{rule}對{topic}是怎麼規定的？",
    },
    "heading": {
        ENGLISH: "What does {title} say about {topic}?",
        SIMPLIFIED: "关于{topic}，{title}是怎么说的？",
        TRADITIONAL: "關於{topic}，{title}是怎麼說的？",
    },
    "topic": {
        ENGLISH: "What is said about {topic}?",
        SIMPLIFIED: "关于{topic}是怎么说的？",
        TRADITIONAL: "關於{topic}是怎麼說的？",
    },
    "cell count": {
        ENGLISH: "How many {column} are there for {row}?",
    },
    "cell": {
        ENGLISH: "What is the {column} for {row}?",
        SIMPLIFIED: "{row}的{column}是多少？",
        TRADITIONAL: "{row}的{column}是多少？",
    },
    "cell when": {
        ENGLISH: "What is the {column} for {row}?",
        SIMPLIFIED: "{row}的{column}是什么时候？",
        TRADITIONAL: "{row}的{column}是什麼時候？",
    },
    "cell how long": {
        ENGLISH: "What is the {column} for {row}?",
        SIMPLIFIED: "{row}的{column}是多长时间？",
        TRADITIONAL: "{row}的{column}是多長時間？",
    },
}
_LONG_TITLE = 5  # words from which an English title is put in quotation marks: without them the sentence is lost
_PERSONS = {"yourself": "myself", "your": "my", "you are": "I am", "you": "I", "us": "you", "our": "your", "we": "you"}
_PERSON = re.compile(rf"\b(?:{'|'.join(_PERSONS)})\b")
_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,5}$")


def ask(template: str, language: str, **parts: str) -> str:
    """The question, with its parts filled in."""
    return _TEMPLATES[template][language].format(**parts)


def spoken_title(title: str, name: str, language: str) -> str:
    """How a document is called within a question: 《图书馆条例》, the Harbour Ordinance, “From A to B, and back”."""
    called = " ".join((title or _SUFFIX.sub("", name.rpartition("/")[2])).split())
    if language != ENGLISH:
        return called if called.startswith("《") else f"《{called}》"
    if re.search(r"[,:;?!“”\"_/-]", called) or len(called.split()) >= _LONG_TITLE or called[:1].islower():
        return f"“{called.strip('“”')}”"
    return called if called.lower().startswith(("the ", "a ", "an ")) else f"the {called}"


def within_a_sentence(words: str, text: str) -> str:
    """An English heading or term as it stands within a sentence: its first letter small, unless it is a name.

    Args:
        words: with a capital at the beginning, as headings are.
        text: the document's; a word that it writes with a capital within sentences is a name.
    """
    first, _, rest = words.partition(" ")
    if not first[:1].isupper() or first[1:] != first[1:].lower():  # DNA, iPhone, BM25
        return words
    is_name = re.search(rf"[a-z,;] {re.escape(first)}(?![\w-])", text) or any(
        word[:1].isupper() for word in rest.split()
    )
    return words if is_name else f"{first.lower()} {rest}".strip()


def to_first_person(words: str) -> str:
    """What a document says to its reader, as the reader says it: “if you forget your tablet”, if I forget my tablet."""
    return _PERSON.sub(lambda person: _PERSONS[person[0]], words)
