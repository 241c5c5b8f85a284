"""A follow-up put together with the question before it, by rules."""

from __future__ import annotations

import re

from kb.text.folding import fold
from serving.extractive.terms import read_terms
from serving.follow_ups.kinds import put_in_place
from serving.follow_ups.leaning import asks, find_pronoun
from serving.follow_ups.subjects import subject_of
from serving.markers import without_markers

_CONTEXT_CHARACTERS = 300  # of the question before: more would drown the new one
_ANSWER_CHARACTERS = 160  # of an answer that names a person
_OPENING = re.compile(
    r"^\W*(?:(?:and|but|or|so|then|also|ok|okay|well|what about|how about|what if|the same|same)\b[\s,]*"
    r"|那么?|还有|還有|如果|要是|换成|換成)+",
    re.IGNORECASE,
)
_CLOSING = re.compile(r"[呢\s?？。.!！]+$")
# Pronouns that stand for a thing and nothing else: "this course" and 这门课 say more than that.
_THING = re.compile(
    r"\b(?P<of>its|(?P<of_several>their))\b|\b(?:it|(?P<several>they|them))\b|(?P<of_zh>(?<!尤)(?<!极)(?<!極)其(?![他它中余次实餘實]))|[它牠]们?|它們|牠們",
    re.IGNORECASE,
)
_PERSON = re.compile(r"\b(?:he|him|his|she|her|hers|they|them|their)\b|[他她妳]们?|[他她]們", re.IGNORECASE)
_ASKS_WHO = re.compile(r"\b(?:who|whom|whose)\b|谁|誰|哪位|何人", re.IGNORECASE)
_ASKING_WORDS = re.compile(
    r"请问|請問|什么时候|什麼時候|什么|什麼|为什么|為什麼|为何|為何|怎么样|怎麼樣|怎么|怎麼|如何|多少|多久|多长|多長|是否|能否|可否|有没有|有沒有"
    r"|哪些|哪里|哪裡|哪个|哪個|谁|誰|吗|嗎|呢|是不是|能不能|是(?=\W*$)"
)
_WORD = re.compile(r"[\u3400-\u9fff]+|[^\W_\u3400-\u9fff][^\s\u3400-\u9fff?？,，;；!！()（）\"“”]*")


def completed(question: str, before: str, answer: str) -> str:
    """A follow-up as it would be asked alone.

    Args:
        question: a follow-up.
        before: the question before it, standing alone.
        answer: what was answered to that, "" if nothing.
    """
    before = before[:_CONTEXT_CHARACTERS].strip()
    if not asks(fold(question)):  # "And for children?" takes the whole question before
        return _in_its_place(question, before) or f"{question.strip()} {before}"
    if _ASKS_WHO.search(before) and _PERSON.search(question):
        named = " ".join(without_markers(answer).split())[:_ANSWER_CHARACTERS]
        return f"{question.strip()} {_content_words(before, question)} {named}".strip()
    if (
        (moved := put_in_place(question, before))
        and find_pronoun(fold(question)) is None
        and _says_no_more(question, moved)
    ):
        return moved
    return _with_subject(question, before) or f"{question.strip()} {_content_words(before, question)}".strip()


def _in_its_place(question: str, before: str) -> str:
    """The question before with what is new in the place of what is of its kind; "" where nothing is."""
    said = _CLOSING.sub("", _OPENING.sub("", question.strip())).strip()
    moved = put_in_place(said, before)
    if not moved:
        return ""
    return moved if _says_no_more(said, moved) else f"{moved} {said}"


def _says_no_more(said: str, moved: str) -> bool:
    return read_terms(said).exact <= read_terms(moved).exact


def _with_subject(question: str, before: str) -> str:
    """The question with the subject of the one before in the place of its pronoun; "" where either is not found."""
    pronoun = _THING.search(question)
    if pronoun is None:
        return ""
    subject = subject_of(before, several=bool(pronoun["several"] or pronoun["of_several"]))
    if not subject or subject.lower() in question.lower():
        return ""
    ending = "'s" if pronoun["of"] else "的" if pronoun["of_zh"] else ""
    return question[: pronoun.start()] + subject + ending + question[pronoun.end() :]


def _content_words(text: str, without: str) -> str:
    known = read_terms(without).exact
    words = [match[0] for match in _WORD.finditer(_ASKING_WORDS.sub(" ", text.rstrip("?？。. ")))]
    return " ".join(word for word in words if (terms := read_terms(word).exact) and not terms <= known)
