"""Whether a quoted sentence settles a question that asks for yes or no, and what is then said.

Said only where nothing is left to weigh: one clause has all of the question's words in the question's order, speaks of
what may, must or is in the question's sense, and names no condition. Everything else is left to the quote alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from kb.text.folding import fold
from serving.extractive.candidates import Candidate
from serving.extractive.questions import AnswerKind, Question
from serving.extractive.terms import Terms, is_weak, read_terms
from serving.languages import ENGLISH, TRADITIONAL, language_of
from serving.negation import clauses, is_negated


class _Sense(StrEnum):
    """What a clause is about: what may be done, what must be done, or what is so."""

    PERMISSION = "permission"
    DUTY = "duty"
    FACT = "fact"


_FEWEST_TERMS = 2  # of the question: one word in common proves nothing
_MOST_CLAUSES = 2  # over more of them, words meet by chance

# All read in folded text: lower case, simplified characters.
_PERMISSION = re.compile(
    r"\b(?:may|can|could|cannot|allowed|permitted|permissible|forbidden|prohibited|must not|mustn't|can't)\b"
    r"|可以?|不得|不准|不许|禁止|严禁|允许|准许|(?<!功)能(?![力源量够])|能够"
)
_DUTY = re.compile(
    r"\b(?:must|has to|have to|had to|shall|should|need|needs|required?|obliged|obligatory|mandatory|compulsory)\b"
    r"|必须|应当?(?!用)|需要?|须|不必|无须"
)
_DENIALS = re.compile(
    r"\b(?:not|never|no|cannot|neither|nor|none|forbidden|prohibited)\b|n't\b"
    r"|不得|不准|不许|禁止|严禁|不必|[无毋]须|无需|不(?![仅但同断过论管久止少只错])|没有?|未(?!来|婚|成年)|无(?![论])"
)
# Under a condition the answer is "it depends"; a report of what others think is none.
_OPEN = re.compile(
    r"\b(?:if|unless|only|except|until|provided|without|when|whether|in case|where|subject to|depend\w*|but|however"
    r"|although|or|might|sometimes|usually|often|generally|some|most|few|partly|believed?|said|claims?|claimed|alleged"
    r"|reported|aim\w*|intend\w*|investigat\w*|hypothes\w*|assess\w*|examine\w*|suggest\w*|seems?|likely|possibl[ey]|probabl[ey]|hardly|rarely|seldom|ask\w*)\b"
    r"|如果|如有|如遇|如需|若|倘|除|但|只有|只能|仅|未经|经.{0,12}(?:同意|批准|许可)|情[形况]下|的，|时，|或|部分|有些|有的|大多|通常|一般"
    r"|原则上|[欲拟想]|计划|企图|准备|打算|要求|请求|申请|指控|据说|认为|据称|可能|似乎|是否|视.{1,8}而定|[？?]"
)
_ALL = re.compile(
    r"\b(?:all|every|each|always|any|anyone|everyone|both|never|ever)\b|都|所有|全部|每|任何|一律|均|总是"
)
_ASKED_ONLY = re.compile(r"\b(?:only|or|not|n't)\b|只|仅|还是|或者?")
_ASKING_PART = re.compile(r"是否|是不是|能不能|可不可以|有没有|会不会|要不要|需不需要|可否|能否|[吗嗎么]\W*$")


def settled_by(question: Question, candidates: Sequence[Candidate]) -> tuple[int, bool] | None:
    """The first candidate that settles the question, and whether it says yes; None where none does, or two differ."""
    if question.kind is not AnswerKind.YES_NO:
        return None
    words = [settles(question, candidate.text) for candidate in candidates]
    said = {word for word in words if word is not None}
    if len(said) != 1:
        return None
    (yes,) = said
    return words.index(yes), yes


def settles(question: Question, sentence: str) -> bool | None:
    """True for yes, False for no, None where the sentence leaves it open or no such thing is asked."""
    asked = fold(question.text)
    if question.kind is not AnswerKind.YES_NO or _ASKED_ONLY.search(asked) or is_negated(_ASKING_PART.sub(" ", asked)):
        return None
    whole = fold(sentence)
    if _OPEN.search(whole) or (_ALL.search(asked) and not _ALL.search(whole)):
        return None
    statement = _wanted(read_terms(_ASKING_PART.sub(" ", asked)), chinese=question.chinese)
    saying = _shortest_saying(statement, clauses(whole))
    if saying is None or _sense_of(asked) is not _sense_of(saying):
        return None
    denials = len(_DENIALS.findall(saying)) or int(is_negated(saying))
    return None if denials > 1 else not denials


def yes_or_no(question: str, *, yes: bool) -> str:
    """The word that answers, in the question's language and, in Chinese, with the question's own verb."""
    language = language_of(question)
    if language == ENGLISH:
        return "Yes." if yes else "No."
    simplified = fold(question)
    verb = next((verb for verb, pattern in _VERBS if pattern.search(simplified)), "")
    word = (verb if yes else "没有" if verb == "有" else f"不{verb}") if verb else "是" if yes else "否"
    return f"{word}。".translate(_TO_TRADITIONAL) if language == TRADITIONAL else f"{word}。"


_VERBS = tuple(
    (verb, re.compile(pattern))
    for verb, pattern in (
        ("可以", r"可以|可不可以|可否|允许|准许"),
        ("需要", r"需要|需不需要|必须|应当|要不要"),
        ("能", r"能(?![力源量])"),
        ("会", r"会不会|(?<![机社大开议])会(?![议员])"),
        ("有", r"有没有|是否有|(?<![所没])有"),
    )
)
_TO_TRADITIONAL = str.maketrans({"会": "會", "没": "沒"})


def _sense_of(folded: str) -> _Sense:
    if _PERMISSION.search(folded):
        return _Sense.PERMISSION
    return _Sense.DUTY if _DUTY.search(folded) else _Sense.FACT


def _wanted(asked: Terms, *, chinese: bool) -> list[str]:
    return [term for term in dict.fromkeys(asked.sequence) if chinese or not is_weak(term)]


def _shortest_saying(wanted: Sequence[str], said: Sequence[str]) -> str | None:
    """The fewest neighbouring clauses with all that is wanted in the same order: roles then are the same."""
    if len(wanted) < _FEWEST_TERMS:
        return None
    for count in range(1, _MOST_CLAUSES + 1):
        for first in range(len(said) - count + 1):
            saying = ", ".join(said[first : first + count])
            rest = iter(read_terms(saying).sequence)
            if all(term in rest for term in wanted):
                return saying
    return None
