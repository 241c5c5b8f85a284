"""The prompt of one answer: the rules first, which never change, then the passages and the question as data."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from kb.prompting import PromptText, as_data, frame_key
from kb.records import Hit
from serving.conflicts import standing_of
from serving.passages import Reading
from serving.prompts import fill, versions_of

NO_ANSWER = "NO_ANSWER_IN_PASSAGES"  # what the prompt tells a model to say when the passages do not answer

_COPIES_NAMED = 2  # of a text that stands in many documents
_INSTRUCTIONS, _TOOLS = "answer_instructions", "answer_tools"  # only where there are some
_PROMPTS = ("answer_system", "answer_question", "passage")
_JSON_PROMPTS = ("answer_json_system", "answer_json_question", "passage")
_IN_ATTRIBUTE = re.compile(r'["<]')
_NO_ANSWER_LIKE = re.compile(r"NO[_\s]+ANSWER[_\s]+IN[_\s]+PASSAGES", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AnswerPrompt:
    """What a model is sent, and which prompts in which versions it is made of."""

    system: str
    question: str  # the passages and the question, framed
    key: str  # in which the frame's tags end; no text holds it
    versions: Mapping[str, int] = field(default_factory=dict)


def answer_prompt(
    question: str,
    readings: Sequence[Reading],
    language: str,
    seed: str = "",
    *,
    instructions: str = "",
    has_tools: bool = False,
    schema: str = "",
) -> AnswerPrompt:
    """The prompt for a question over numbered passages. The same arguments give the same prompt.

    Args:
        question: standing alone.
        readings: the first is passage 1.
        language: of the question: "en", "zh-Hans" or "zh-Hant".
        seed: another seed gives the frame another key.
        instructions: wishes for the answer's form; they are data, too.
        has_tools: whether the model may call some.
        schema: that the answer is to follow as JSON; without one it is sentences.
    """
    asked = _harmless(question)
    passages = [(_sources(reading, language), _harmless(reading.hit.passage.text)) for reading in readings]
    wished, form = _harmless(instructions), _harmless(schema)
    texts = (asked, *(part for passage in passages for part in passage), *filter(None, (wished, form)))
    key = frame_key(texts, seed)
    framed = "\n".join(
        fill("passage", language, key=key, number=str(number), source=source, text=text)
        for number, (source, text) in enumerate(passages, start=1)
    )
    before = [fill(_TOOLS, language)] if has_tools else []
    if wished:
        before.append(fill(_INSTRUCTIONS, language, key=key, instructions=wished))
    names = _JSON_PROMPTS if form else _PROMPTS
    slots = {"key": key, "passages": PromptText(framed), "question": asked, **({"schema": form} if form else {})}
    rules = {} if form else {"no_answer": PromptText(NO_ANSWER)}
    further = (*([_TOOLS] if has_tools else []), *([_INSTRUCTIONS] if wished else []))
    return AnswerPrompt(
        system=fill(names[0], language, **rules),
        question="\n\n".join((*before, fill(names[1], language, **slots))),
        key=key,
        versions=versions_of((*names, *further), language),
    )


def _harmless(text: str) -> PromptText:
    """`text` as data, without the word by which a model gives up: a document must not be able to say it for it."""
    return PromptText(_NO_ANSWER_LIKE.sub("no answer in passages", as_data(text)))


def _sources(reading: Reading, language: str) -> PromptText:
    """Where a reading stands, the copies of it elsewhere after a semicolon; fit for an attribute."""
    places = dict.fromkeys(_source(hit, language) for hit in (reading.hit, *reading.also_at[:_COPIES_NAMED]))
    return PromptText(" ".join(_IN_ATTRIBUTE.sub("'", _harmless("; also in: ".join(places))).split()))


def _source(hit: Hit, language: str) -> str:
    """Document, headings and pages, and which version the document is and when in force, where that is known."""
    parts = list(dict.fromkeys((hit.document.title or hit.document.name, *hit.passage.headings)))
    first, last = hit.passage.first_page, hit.passage.last_page
    if first:
        parts.append(f"pp. {first}-{last}" if last > first else f"p. {first}")
    standing = standing_of(hit.document, language)
    return " > ".join(parts) + (f"; {standing}" if standing else "")
