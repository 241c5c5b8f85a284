"""A small bilingual stand-in for spaCy's model of this name, which no package index carries.

`unstructured` wants the model for two things only: to count sentences, and to see whether a text holds a verb. This
pipeline answers both by rules, for English and Chinese, with no weights. It is not spaCy's model and has none of its
accuracy; its folder stands at the end of `sys.path`, so that the real one is used wherever it is installed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

__version__ = "3.8.0"

# A token and the white space after it.
_TOKEN = re.compile(r"([\u3400-\u9fff\uf900-\ufaff]|[^\W\u3400-\u9fff\uf900-\ufaff]+|[^\w\s])(\s*)")
_LOOKED_AT = 400  # characters: what has no verb and no second sentence by then has none that matters
# Words that make a short English line a sentence rather than a title. A closed list: precision before reach, since what
# is missed is still text.
_VERBS = frozenset(
    """
    am is are was were be been being have has had do does did can could shall should will would may
    might must need needs make makes made take takes took get gets got give gives gave find finds found
    show shows showed use uses used say says said see sees saw let lets apply applies provide provides
    include includes
    """.split()  # noqa: SIM905 - a list of sixty quoted words is harder to read
)
_VERB_ENDING = re.compile(r"[a-z]{3,}(?:ed|ing|ises|izes|ifies)$")
# A Chinese character from this list in a text of some length is verb enough.
_CHINESE_VERBS = frozenset("是有为应得可不能会要在由与使让给到成用将被把做说看去来")


_SENTENCE_END = frozenset(".!?。！？；…")


class Token(NamedTuple):
    """A word, a single Chinese character, or a single sign, with its part of speech."""

    text: str
    tag_: str


class Sentence(NamedTuple):
    """A sentence with the signs that end it."""

    text: str


class Reading:
    """What `unstructured` asks spaCy's `Doc` for: the tokens, and the sentences.

    Made of plain strings, since building a real `Doc` took longer than everything else that is done with a text.
    """

    def __init__(self, text: str) -> None:
        self._found = _TOKEN.findall(text[:_LOOKED_AT]) or [(text or " ", "")]

    def __iter__(self) -> Iterator[Token]:
        return (Token(word, _tag(word)) for word, _ in self._found)

    @cached_property
    def sents(self) -> tuple[Sentence, ...]:
        """The sentences, without the white space around them."""
        sentences: list[str] = []
        pieces: list[str] = []
        ended = False
        for word, space in self._found:
            if ended and word not in _SENTENCE_END:
                sentences.append("".join(pieces))
                pieces = []
            pieces += (word, space)
            ended = word in _SENTENCE_END
        return tuple(Sentence(sentence.strip()) for sentence in (*sentences, "".join(pieces)))


class Pipeline:
    """What `unstructured` asks of a loaded spaCy pipeline."""

    max_length = 1_000_000  # spaCy's own default

    def __call__(self, text: str) -> Reading:
        """Reads the beginning of a text."""
        return Reading(text)


@lru_cache(maxsize=50_000)  # the words of a book; processes that read files are short-lived
def _tag(word: str) -> str:
    lower = word.lower()
    if lower in _VERBS or word in _CHINESE_VERBS:
        return "VB"
    return "VBG" if _VERB_ENDING.fullmatch(lower) else "NN"


def load(**_overrides: Any) -> Pipeline:
    """The pipeline. spaCy calls this with settings for parts that do not exist here; they are passed over."""
    return Pipeline()
